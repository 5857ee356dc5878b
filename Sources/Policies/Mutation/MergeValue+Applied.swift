import CEL
import JSON

extension MergeValue {
    /// What the API server's merge sees of a value that an expression made.
    ///
    /// Objects and the lists and maps directly within them are taken apart. A list or map literal inside another is
    /// something that no schema has a type for: there an expression must make an object.
    static func applied(_ value: Value, _ evaluator: inout Evaluator) throws(AppliedValueError) -> MergeValue {
        try taken(value, &evaluator, isField: true, depthLeft: depthMax)
    }

    private static let depthMax = 256

    private static func taken(
        _ value: Value, _ evaluator: inout Evaluator, isField: Bool, depthLeft: Int
    ) throws(AppliedValueError) -> MergeValue {
        guard depthLeft > 0 else { throw AppliedValueError(message: "nested too deeply") }
        if let node = value.documentPart { return .document(node) }
        switch value.kind {
        case .bool: return .bool(value.boolValue)
        case .int: return .int(value.intValue)
        case .uint: return .uint(value.uintValue)
        case .double: return .double(value.doubleValue)
        case .string, .type: return .string(value.text)
        case .null: return .foreign(nullText)
        case .optional:
            guard let wrapped = value.wrapped else { return .null }
            return try taken(wrapped, &evaluator, isField: false, depthLeft: depthLeft - 1)
        case .list:
            return isField
                ? try list(value, &evaluator, depthLeft) : .foreign(try list(value, &evaluator, depthLeft).goText)
        case .map: return try map(value, &evaluator, isField: isField, depthLeft)
        case .timestamp, .duration, .bytes, .opaque, .error, .jsonArray, .jsonObject, .shapedList, .shapedMap:
            return .foreign(value.typeName)
        }
    }

    private static func list(
        _ value: Value, _ evaluator: inout Evaluator, _ depthLeft: Int
    ) throws(AppliedValueError) -> MergeValue {
        var elements: [MergeValue] = []
        var cursor = ValueCursor(value)
        while let (_, element) = cursor.next(&evaluator) {
            elements.append(try taken(element, &evaluator, isField: false, depthLeft: depthLeft - 1))
        }
        return .list(elements)
    }

    private static func map(
        _ value: Value, _ evaluator: inout Evaluator, isField: Bool, _ depthLeft: Int
    ) throws(AppliedValueError) -> MergeValue {
        let isObject = value.objectTypeName.map { !$0.hasSameBytes(as: ByteView("JSONPatch")) } ?? false
        // Such a map is of another type in Go, and so is what is nested in it.
        let isForeign = !isObject && (!isField || value.objectTypeName != nil)
        var members: [Member] = []
        var cursor = ValueCursor(value)
        while let (key, element) = cursor.next(&evaluator) {
            guard key.kind == .string else { throw AppliedValueError(keyOf: key) }
            let member = try taken(element, &evaluator, isField: isObject, depthLeft: depthLeft - 1)
            members.append(Member(name: key.text, value: member))
        }
        return isForeign ? .foreign(MergeValue.map(members).goText) : .map(members)
    }
}

/// Why a value cannot be applied.
struct AppliedValueError: Error {
    let message: String

    init(message: String) { self.message = message }

    init(keyOf key: Value) {
        let type = "types.\(key.typeName.prefix(1).uppercased())\(key.typeName.dropFirst())"
        message = "map key is of type \(type), not string"
    }
}

/// Whether the types of objects are called by the fields that they stand in.
enum ObjectTypeCheck {
    private static let depthMax = 256

    /// What is wrong with the names, a line for each; nil where nothing is.
    static func complaint(about value: Value, _ evaluator: inout Evaluator) -> String? {
        var complaints: [String] = []
        let root = value.objectTypeName?.text ?? ""
        check(value, &evaluator, root, depthMax, &complaints)
        return complaints.isEmpty ? nil : complaints.joined(separator: "\n")
    }

    private static func check(
        _ value: Value, _ evaluator: inout Evaluator, _ path: String, _ depthLeft: Int, _ complaints: inout [String]
    ) {
        guard depthLeft > 0, value.kind == .list || value.kind == .map else { return }
        let name = value.objectTypeName?.text
        if let name, !name.utf8.elementsEqual(path.utf8) {
            complaints.append(
                "unexpected type name \(MergeValue.quoted(name)), expected \(MergeValue.quoted(path)), which matches"
                    + " field name path from root Object type")
        }
        var cursor = ValueCursor(value)
        while let (key, part) = cursor.next(&evaluator) {
            check(part, &evaluator, name == nil ? path : "\(path).\(key.text)", depthLeft - 1, &complaints)
        }
    }
}
