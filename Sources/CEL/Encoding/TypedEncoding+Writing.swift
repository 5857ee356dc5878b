public import JSON

extension TypedEncoding {
    /// Writes a value, which must not be an error.
    public static func write(
        _ value: Value, to writer: inout JSONWriter, _ evaluator: inout Evaluator
    ) throws(TypedEncodingError) {
        try write(value, to: &writer, &evaluator, depth: 1)
    }

    private static func write(
        _ value: Value, to writer: inout JSONWriter, _ evaluator: inout Evaluator, depth: Int
    ) throws(TypedEncodingError) {
        guard depth <= depthMax else { throw .tooDeep }
        writer.beginObject()
        switch value.kind {
        case .error: throw .malformed("error")
        case .null:
            writer.key("null")
            writer.null()
        case .bool:
            writer.key("bool")
            writer.bool(value.boolValue)
        case .int: text("int", String(value.intValue), to: &writer)
        case .uint: text("uint", String(value.uintValue), to: &writer)
        case .double: text("double", spelled(value.doubleValue), to: &writer)
        case .string: bytes("string", value.bytes, to: &writer)
        case .bytes: bytes("bytes", Base64.encode(&evaluator, value.bytes).bytes, to: &writer)
        case .timestamp: text("timestamp", TimeText.write(value, inUTC: true), to: &writer)
        case .duration: text("duration", TypedTime.duration(nanoseconds: value.intValue), to: &writer)
        case .type: bytes("type", value.bytes, to: &writer)
        case .list, .jsonArray, .shapedList: try list(value, to: &writer, &evaluator, depth)
        case .map, .jsonObject, .shapedMap: try map(value, to: &writer, &evaluator, depth)
        case .optional: try optional(value, to: &writer, &evaluator, depth)
        case .opaque: opaque(value, to: &writer)
        }
        writer.endObject()
    }

    private static func text(_ kind: StaticString, _ text: String, to writer: inout JSONWriter) {
        writer.key(kind)
        writer.string(text)
    }

    /// A string or a type's name; a sequence of bytes that is no UTF-8 is repaired.
    private static func bytes(_ kind: StaticString, _ bytes: ByteView, to writer: inout JSONWriter) {
        text(kind, bytes.text, to: &writer)
    }

    private static func spelled(_ number: Double) -> String {
        if number.isNaN { return "NaN" }
        if number.isInfinite { return number < 0 ? "-Infinity" : "Infinity" }
        return number.description
    }

    private static func list(
        _ value: Value, to writer: inout JSONWriter, _ evaluator: inout Evaluator, _ depth: Int
    ) throws(TypedEncodingError) {
        writer.key("list")
        writer.beginArray()
        var cursor = ValueCursor(value)
        while let (_, element) = cursor.next(&evaluator) {
            try write(element, to: &writer, &evaluator, depth: depth + 1)
        }
        writer.endArray()
    }

    private static func map(
        _ value: Value, to writer: inout JSONWriter, _ evaluator: inout Evaluator, _ depth: Int
    ) throws(TypedEncodingError) {
        writer.key("map")
        writer.beginArray()
        var cursor = ValueCursor(value)
        while let (key, member) = cursor.next(&evaluator) {
            writer.beginArray()
            try write(key, to: &writer, &evaluator, depth: depth + 1)
            try write(member, to: &writer, &evaluator, depth: depth + 1)
            writer.endArray()
        }
        writer.endArray()
    }

    private static func optional(
        _ value: Value, to writer: inout JSONWriter, _ evaluator: inout Evaluator, _ depth: Int
    ) throws(TypedEncodingError) {
        writer.key("optional")
        guard let inner = value.boxed else { return writer.null() }
        writer.beginObject()
        writer.key("value")
        try write(inner, to: &writer, &evaluator, depth: depth + 1)
        writer.endObject()
    }

    private static func opaque(_ value: Value, to writer: inout JSONWriter) {
        writer.key("object")
        writer.beginObject()
        text("type", value.typeName, to: &writer)
        if let shown = value.family?.text(value) { text("string", shown, to: &writer) }
        writer.endObject()
    }
}
