public import JSON

// Types: `"int"`, `{"list":T}`, `{"map":[K,V]}`, `{"type":T}`, `{"type_param":"T"}`, `{"abstract":name,"params":[…]}`,
// `{"message":name}`, `{"wrapper":T}`.

extension TypedEncoding {
    private static let simpleTypes: [(name: String, type: CELType)] = [
        ("dyn", .dyn), ("any", .any), ("null_type", .null), ("bool", .bool), ("int", .int), ("uint", .uint),
        ("double", .double), ("string", .string), ("bytes", .bytes), ("timestamp", .timestamp),
        ("duration", .duration), ("null", .null), ("google.protobuf.Timestamp", .timestamp),
        ("google.protobuf.Duration", .duration), ("google.protobuf.Any", .any), ("type", .type(nil)),
    ]

    /// Writes a type.
    public static func write(_ type: CELType, to writer: inout JSONWriter) {
        switch type {
        case .wrapper(let inner): write("wrapper", inner, to: &writer)
        case .type(let inner?): write("type", inner, to: &writer)
        case .list(let element): write("list", element, to: &writer)
        case .map(let key, let value):
            writer.beginObject()
            writer.key("map")
            write([key, value], to: &writer)
            writer.endObject()
        case .opaque(let name, let parts):
            writer.beginObject()
            writer.key("abstract")
            writer.string(name)
            if !parts.isEmpty {
                writer.key("params")
                write(parts, to: &writer)
            }
            writer.endObject()
        case .object(let name): write("message", named: name, to: &writer)
        case .parameter(let name): write("type_param", named: name, to: &writer)
        default: writer.string(simpleTypes.first { $0.type == type }?.name ?? type.erasedName)
        }
    }

    private static func write(_ kind: StaticString, _ inner: CELType, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.key(kind)
        write(inner, to: &writer)
        writer.endObject()
    }

    private static func write(_ kind: StaticString, named name: String, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.key(kind)
        writer.string(name)
        writer.endObject()
    }

    private static func write(_ types: [CELType], to writer: inout JSONWriter) {
        writer.beginArray()
        for type in types { write(type, to: &writer) }
        writer.endArray()
    }

    /// Reads a type.
    public static func readType(_ node: JSONNode) throws(TypedEncodingError) -> CELType {
        try readType(node, depth: 1)
    }

    private static func readType(_ node: JSONNode, depth: Int) throws(TypedEncodingError) -> CELType {
        guard depth <= depthMax else { throw .tooDeep }
        if let name = node.string {
            guard let type = simpleTypes.first(where: { $0.name == name })?.type else { throw .unknownKind(name) }
            return type
        }
        if let name = node["abstract"]?.string {
            return .opaque(name, try types(node["params"], depth))
        }
        if let name = node["message"]?.string { return .object(name) }
        if let name = node["type_param"]?.string { return .parameter(name) }
        if let element = node["list"] { return .list(try readType(element, depth: depth + 1)) }
        if let inner = node["wrapper"] { return .wrapper(try readType(inner, depth: depth + 1)) }
        if let inner = node["type"] { return .type(inner.isNull ? nil : try readType(inner, depth: depth + 1)) }
        let parts = try types(node["map"], depth)
        guard parts.count == 2 else { throw .malformed("type") }
        return .map(parts[0], parts[1])
    }

    private static func types(_ node: JSONNode?, _ depth: Int) throws(TypedEncodingError) -> [CELType] {
        guard let node else { return [] }
        var types: [CELType] = []
        for element in node.elements { types.append(try readType(element, depth: depth + 1)) }
        return types
    }
}
