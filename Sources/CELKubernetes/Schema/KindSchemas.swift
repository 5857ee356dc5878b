public import JSON

/// A kind of object by its names in the API.
public struct ObjectKind: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// The API group; empty for the first one.
    public let group: String
    /// The version of the group.
    public let version: String
    /// The kind.
    public let kind: String

    /// A kind.
    public init(group: String, version: String, kind: String) {
        self.group = group
        self.version = version
        self.kind = kind
    }

    /// The kind as the API server writes it: `apps/v1, Kind=Deployment`.
    public var description: String { "\(group.isEmpty ? version : "\(group)/\(version)"), Kind=\(kind)" }

    /// By group, version and kind, byte for byte.
    public static func < (one: ObjectKind, other: ObjectKind) -> Bool {
        for (mine, theirs) in [(one.group, other.group), (one.version, other.version)] where mine != theirs {
            return mine.utf8.lexicographicallyPrecedes(theirs.utf8)
        }
        return one.kind.utf8.lexicographicallyPrecedes(other.kind.utf8)
    }
}

/// The schemas of kinds that an API server publishes as OpenAPI version 3.
public struct KindSchemas: Sendable {
    private let documents: [JSONDocument]
    /// The definitions, by what references call them.
    private let definitions: [String: JSONNode]
    private let names: [ObjectKind: String]

    private static let prefix = "#/components/schemas/"

    /// The schemas of documents, each with its `components`. Where several have a definition of one name, the first
    /// counts.
    public init(_ documents: [JSONDocument]) {
        self.documents = documents
        var definitions: [String: JSONNode] = [:]
        var names: [ObjectKind: String] = [:]
        for document in documents {
            guard let schemas = document.root["components"]?["schemas"] else { continue }
            for (key, schema) in schemas.members {
                let name = Self.prefix + (key.string ?? "")
                guard definitions[name] == nil else { continue }
                definitions[name] = schema
                // A definition that many kinds share, as that of options does, is that of none.
                guard let kinds = schema["x-kubernetes-group-version-kind"] else { continue }
                for kind in kinds.elements { Self.kind(kind).map { names[$0] = names[$0] ?? name } }
            }
        }
        self.definitions = definitions
        self.names = names
    }

    private static func kind(_ json: JSONNode) -> ObjectKind? {
        guard let group = json["group"]?.string, let version = json["version"]?.string,
            let kind = json["kind"]?.string
        else { return nil }
        return ObjectKind(group: group, version: version, kind: kind)
    }

    /// The kinds, in order.
    public var kinds: [ObjectKind] { names.keys.sorted() }

    /// The schema of a kind's objects, which is good for as long as these schemas are; nil where the kind is unknown.
    public func definition(of kind: ObjectKind) -> JSONNode? { names[kind].flatMap { definitions[$0] } }

    /// The schema that a reference names, which is good for as long as these schemas are.
    public func definition(named reference: String) -> JSONNode? { definitions[reference] }

    /// The types of a kind's objects, the root's being called `name`; nil where the kind is unknown.
    public func types(of kind: ObjectKind, named name: String? = nil) throws(SchemaError) -> SchemaTypes? {
        guard let definition = names[kind] else { return nil }
        defer { withExtendedLifetime(documents) {} }
        let schema = try Schema(definition: definition) { definitions[$0] }
        return SchemaTypes(schema, isResource: true, named: name ?? kind.kind)
    }
}
