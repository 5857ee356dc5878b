import CEL
import JSON

/// Why a mutation could not be carried out.
public struct MutationError: Error, Sendable, Equatable {
    /// What is wrong, as the API server words it.
    public let message: String
    /// Whether the request fails whatever the policy's failurePolicy says: the API server's own internal errors do.
    public let isInternal: Bool

    /// An error in those words.
    public init(_ message: String, isInternal: Bool = false) {
        self.message = message
        self.isInternal = isInternal
    }
}

/// Makes a JSON Patch of the operations that an expression gives.
enum PatchOperations {
    private static let depthMax = 256
    /// Whole numbers beyond this are not the same for everyone who reads JSON.
    private static let exactIntegerMax: UInt64 = 1 << 53 - 1

    static func patch(of operations: Value, _ evaluator: inout Evaluator) throws(MutationError) -> JSONDocument {
        var builder = JSONBuilder()
        builder.beginArray()
        var cursor = ValueCursor(operations)
        while let (_, operation) = cursor.next(&evaluator) {
            try write(operation, &evaluator, to: &builder)
        }
        builder.endArray()
        do throws(JSONError) {
            return try builder.finish()
        } catch {
            throw MutationError("JSON Patch: \(error)")
        }
    }

    private static func write(
        _ operation: Value, _ evaluator: inout Evaluator, to builder: inout JSONBuilder
    ) throws(MutationError) {
        guard operation.objectTypeName?.hasSameBytes(as: ByteView("JSONPatch")) == true else {
            throw MutationError(
                "type mismatch: JSONPatchType.expression should evaluate to array of JSONPatch: "
                    + "type conversion error from '\(operation.typeName)' to '*mutation.JSONPatchVal'")
        }
        builder.beginObject()
        for name: StaticString in ["op", "path"] {
            builder.key(name)
            builder.string(evaluator.find(Value(.string, ByteView(name)), in: operation)?.text ?? "")
        }
        if let from = evaluator.find(Value(.string, ByteView("from")), in: operation)?.text, !from.isEmpty {
            builder.key("from")
            builder.string(from)
        }
        if let value = evaluator.find(Value(.string, ByteView("value")), in: operation) {
            if value.objectTypeName != nil, let complaint = ObjectTypeCheck.complaint(about: value, &evaluator) {
                throw MutationError("type mismatch: \(complaint)")
            }
            builder.key("value")
            try write(value: value, &evaluator, to: &builder, depthMax)
        }
        builder.endObject()
    }

    private static func unwritable(_ reason: String) -> MutationError {
        MutationError("JSONPath valueExpression evaluated to a type that could not marshal to JSON: \(reason)")
    }

    /// Writes a value as the API server's conversion to JSON does.
    private static func write(
        value: Value, _ evaluator: inout Evaluator, to builder: inout JSONBuilder, _ depthLeft: Int
    ) throws(MutationError) {
        guard depthLeft > 0 else { throw unwritable("nested too deeply") }
        if let node = value.documentPart { return builder.copy(node) }
        switch value.kind {
        case .null: builder.null()
        case .bool: builder.bool(value.boolValue)
        case .int where value.intValue.magnitude > exactIntegerMax: builder.string(String(value.intValue))
        case .int: builder.int(value.intValue)
        case .uint where value.uintValue > exactIntegerMax: builder.string(String(value.uintValue))
        case .uint: builder.uint(value.uintValue)
        case .double: try write(number: value.doubleValue, to: &builder)
        case .string: builder.string(value.text)
        case .list: try write(list: value, &evaluator, to: &builder, depthLeft)
        case .map: try write(map: value, &evaluator, to: &builder, depthLeft)
        case .optional:
            guard let wrapped = value.wrapped else { throw unwritable("optional.none() dereference") }
            try write(value: wrapped, &evaluator, to: &builder, depthLeft - 1)
        case .bytes, .timestamp, .duration: try write(text: value, &evaluator, to: &builder)
        case .type, .opaque, .error, .jsonArray, .jsonObject, .shapedList, .shapedMap:
            throw unwritable("type conversion error from '\(value.typeName)' to 'google.protobuf.Value'")
        }
    }

    private static func write(number: Double, to builder: inout JSONBuilder) throws(MutationError) {
        guard number.isFinite else { throw unwritable("google.protobuf.Value cannot have NaN or Infinity") }
        if let whole = Int64(exactly: number) { builder.int(whole) } else { builder.double(number) }
    }

    /// Bytes, times and durations are written as text.
    private static func write(
        text value: Value, _ evaluator: inout Evaluator, to builder: inout JSONBuilder
    ) throws(MutationError) {
        guard let text = value.jsonText(&evaluator) else { throw unwritable("operation interrupted") }
        builder.string(text)
    }

    private static func write(
        list: Value, _ evaluator: inout Evaluator, to builder: inout JSONBuilder, _ depthLeft: Int
    ) throws(MutationError) {
        builder.beginArray()
        var cursor = ValueCursor(list)
        while let (_, element) = cursor.next(&evaluator) {
            try write(value: element, &evaluator, to: &builder, depthLeft - 1)
        }
        builder.endArray()
    }

    private static func write(
        map: Value, _ evaluator: inout Evaluator, to builder: inout JSONBuilder, _ depthLeft: Int
    ) throws(MutationError) {
        builder.beginObject()
        var cursor = ValueCursor(map)
        while let (key, value) = cursor.next(&evaluator) {
            guard key.kind == .string else {
                throw unwritable("unsupported type conversion from '\(key.typeName)' to string")
            }
            builder.key(key.text)
            try write(value: value, &evaluator, to: &builder, depthLeft - 1)
        }
        builder.endObject()
    }
}
