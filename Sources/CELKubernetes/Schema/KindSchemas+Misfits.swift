public import JSON

/// Something of an object that its kind's schema has no place for.
public struct SchemaMisfit: Sendable, CustomStringConvertible {
    /// Where in the object.
    public let path: FieldPath
    /// The value; the object around it where something is missing.
    public let node: JSONNode
    /// What is wrong.
    public let message: String

    /// What is wrong, and where.
    public var description: String { path.description.isEmpty ? message : "\(path): \(message)" }
}

extension KindSchemas {
    /// Objects of hostile depth are not walked further.
    private static let depthMax = 200

    /// What an API server would say of an object with strict field validation: fields that the kind does not have, values of
    /// another type or not among those that the schema names, and required fields that are not there. Nil where the kind is unknown.
    public func misfits(of object: JSONNode, as kind: ObjectKind) -> [SchemaMisfit]? {
        guard let definition = definition(of: kind) else { return nil }
        var found: [SchemaMisfit] = []
        look(at: object, definition, .root, 0, &found)
        return found
    }

    private func look(
        at value: JSONNode, _ schema: JSONNode, _ path: FieldPath, _ depth: Int, _ found: inout [SchemaMisfit]
    ) {
        guard !value.isNull, depth < Self.depthMax, let schema = resolved(schema) else { return }
        if let type = misfit(value, schema) {
            found.append(SchemaMisfit(path: path, node: value, message: type))
            return
        }
        if value.isObject {
            lookAtMembers(of: value, schema, path, depth, &found)
        } else if value.isArray, let items = schema["items"] {
            for (index, element) in value.elements.enumerated() {
                look(at: element, items, path.index(index), depth + 1, &found)
            }
        }
    }

    private func lookAtMembers(
        of object: JSONNode, _ schema: JSONNode, _ path: FieldPath, _ depth: Int, _ found: inout [SchemaMisfit]
    ) {
        for name in schema["required"]?.elements.compactMap(\.string) ?? []
        where object[name].map(\.isNull) ?? true {
            found.append(SchemaMisfit(path: path, node: object, message: "the required field '\(name)' is missing"))
        }
        let properties = schema["properties"]
        let others = schema["additionalProperties"]
        let isOpen = properties == nil && others == nil || schema["x-kubernetes-preserve-unknown-fields"]?.bool == true
        for (key, value) in object.members {
            let name = key.string ?? ""
            if let property = properties?[name] {
                look(at: value, property, path.child(name), depth + 1, &found)
            } else if let others, others.isObject {
                look(at: value, others, path.key(name), depth + 1, &found)
            } else if !isOpen, others?.bool != true {
                found.append(SchemaMisfit(path: path, node: key, message: "there is no field '\(name)'"))
            }
        }
    }

    /// The schema that is meant: references stand alone or as the only part of `allOf`.
    private func resolved(_ schema: JSONNode) -> JSONNode? {
        var schema = schema
        for _ in 0..<Self.depthMax {
            guard let reference = schema["$ref"]?.string ?? schema["allOf"]?.element(0)?["$ref"]?.string else {
                return schema
            }
            guard let definition = definition(named: reference) else { return nil }
            schema = definition
        }
        return nil
    }

    /// What is wrong with a value itself.
    private func misfit(_ value: JSONNode, _ schema: JSONNode) -> String? {
        let types = Self.types(of: schema)
        if !types.isEmpty, !types.contains(where: { Self.isOf(value, $0) }) {
            let names = types.map(Self.article).joined(separator: " or ")
            return "must be \(names), not \(Self.article(Self.name(of: value)))"
        }
        guard let names = schema["enum"]?.elements.compactMap(\.string), !names.isEmpty, let text = value.string,
            !names.contains(text)
        else { return nil }
        return "'\(text)' is none of \(names.joined(separator: ", "))"
    }

    private static func types(of schema: JSONNode) -> [String] {
        if schema["x-kubernetes-int-or-string"]?.bool == true { return ["integer", "string"] }
        if let type = schema["type"]?.string { return [type] }
        return schema["oneOf"]?.elements.compactMap { $0["type"]?.string } ?? []
    }

    private static func isOf(_ value: JSONNode, _ type: String) -> Bool {
        switch type {
        case "object": value.isObject
        case "array": value.isArray
        case "string": value.isString
        case "boolean": value.bool != nil
        case "integer": value.int != nil
        case "number": value.isNumber
        default: true
        }
    }

    private static func name(of value: JSONNode) -> String {
        ["object", "array", "string", "boolean", "integer", "number"].first { isOf(value, $0) } ?? "null"
    }

    private static func article(_ type: String) -> String {
        switch type {
        case "object", "array", "integer": "an \(type)"
        default: "a \(type)"
        }
    }
}
