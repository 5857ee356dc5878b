public import JSON

extension TypedEncoding {
    /// Reads a value; it lies in the evaluator's arena, or in the document, which must outlive it.
    public static func read(_ node: JSONNode, _ evaluator: inout Evaluator) throws(TypedEncodingError) -> Value {
        let value = try read(node, &evaluator, depth: 1)
        if evaluator.stop != nil { throw .tooLarge }
        return value
    }

    private static func read(
        _ node: JSONNode, _ evaluator: inout Evaluator, depth: Int
    ) throws(TypedEncodingError) -> Value {
        guard depth <= depthMax else { throw .tooDeep }
        var members = node.members
        guard node.count == 1, let (key, content) = members.next(), let kind = key.string else {
            throw .malformed("value")
        }
        switch kind {
        case "null": return .null
        case "list": return try list(content, &evaluator, depth)
        case "map": return try map(content, &evaluator, depth)
        case "optional": return try optional(content, &evaluator, depth)
        case "bool":
            guard let value = content.bool else { throw .malformed(kind) }
            return Value(value)
        default:
            guard isScalar(kind) else { throw .unknownKind(kind) }
            guard let text = content.string, let value = scalar(kind, text, &evaluator) else { throw .malformed(kind) }
            return value
        }
    }

    private static func isScalar(_ kind: String) -> Bool {
        ["int", "uint", "double", "string", "bytes", "type", "timestamp", "duration"].contains(kind)
    }

    private static func scalar(_ kind: String, _ text: String, _ evaluator: inout Evaluator) -> Value? {
        switch kind {
        case "int": Int64(text).map { Value($0) }
        case "uint": UInt64(text).map { Value($0) }
        case "double": number(text).map { Value($0) }
        case "string": evaluator.string(text)
        case "bytes": decoded(evaluator.string(text), &evaluator)
        case "type": evaluator.copy(.type, text.utf8)
        case "timestamp": time(TimeText.timestamp(evaluator.string(text).bytes))
        case "duration": TimeText.duration(evaluator.string(text).bytes).map { Value(durationNanoseconds: $0) }
        default: nil
        }
    }

    private static func decoded(_ text: Value, _ evaluator: inout Evaluator) -> Value? {
        let bytes = Base64.decode(&evaluator, text.bytes)
        return bytes.isError ? nil : bytes
    }

    private static func time(_ value: Value?) -> Value? { value?.isError ?? true ? nil : value }

    private static func number(_ text: String) -> Double? {
        switch text {
        case "NaN": .nan
        case "Infinity": .infinity
        case "-Infinity": -.infinity
        default: Double(text)
        }
    }

    private static func list(
        _ node: JSONNode, _ evaluator: inout Evaluator, _ depth: Int
    ) throws(TypedEncodingError) -> Value {
        guard node.isArray else { throw .malformed("list") }
        var values: [Value] = []
        values.reserveCapacity(node.count)
        for element in node.elements { values.append(try read(element, &evaluator, depth: depth + 1)) }
        return evaluator.list(values)
    }

    private static func map(
        _ node: JSONNode, _ evaluator: inout Evaluator, _ depth: Int
    ) throws(TypedEncodingError) -> Value {
        guard node.isArray else { throw .malformed("map") }
        var map = evaluator.makeMap(capacity: node.count)
        for entry in node.elements {
            guard !map.isError else { throw .tooLarge }
            guard entry.count == 2, let key = entry.element(0), let member = entry.element(1) else {
                throw .malformed("map")
            }
            let name = try read(key, &evaluator, depth: depth + 1)
            guard [.bool, .int, .uint, .string].contains(name.kind), evaluator.indexOf(name, in: map) == nil else {
                throw .malformed("map")
            }
            map = evaluator.insert(name, try read(member, &evaluator, depth: depth + 1), into: map)
        }
        return map
    }

    private static func optional(
        _ node: JSONNode, _ evaluator: inout Evaluator, _ depth: Int
    ) throws(TypedEncodingError) -> Value {
        if node.isNull { return .none }
        guard node.isObject, node.count == 1, let inner = node["value"] else { throw .malformed("optional") }
        return evaluator.optional(try read(inner, &evaluator, depth: depth + 1))
    }
}
