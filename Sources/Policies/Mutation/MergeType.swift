import CELKubernetes
import JSON

/// What a schema says of one value as far as merging goes: which forms it may have, and which of its parts belong
/// together.
struct MergeType {
    /// How the parts of a list or map are taken.
    enum Relation {
        /// All or nothing.
        case atomic
        /// Each for itself: the members of a map, the elements of a set or of a list with keys.
        case separate
    }

    struct ListForm {
        let relation: Relation
        let keys: [String]
        let element: MergeType
    }

    enum ScalarForm { case number, string, bool, any }

    private enum Source {
        /// A schema of a document.
        case schema(JSONNode)
        /// Nothing is said: maps are taken apart, lists are not.
        case deduced
        /// Nothing is said, and nothing within is taken apart.
        case untyped
    }

    private let source: Source
    /// The relation that the reference to a map's schema says in place of the schema.
    private var relation: Relation?
    private var keepsUnknown = false
    private let schemas: KindSchemas?

    /// The type of a value of which nothing is known.
    static let deduced = MergeType(source: .deduced, schemas: nil)
    private static let untyped = MergeType(source: .untyped, schemas: nil)

    private init(source: Source, schemas: KindSchemas?) {
        self.source = source
        self.schemas = schemas
    }

    /// The type of a kind's objects; of an unknown kind only what can be deduced.
    init(of kind: ObjectKind, in schemas: KindSchemas) {
        guard let definition = schemas.definition(of: kind) else {
            self = .deduced
            return
        }
        self.init(source: .schema(definition), schemas: schemas)
        noteUnknownFields(definition)
    }

    private mutating func noteUnknownFields(_ schema: JSONNode) {
        if schema["x-kubernetes-preserve-unknown-fields"]?.bool == true { keepsUnknown = true }
    }

    /// The type that a schema within this one gives: by a reference, or written out.
    private func type(_ schema: JSONNode) -> MergeType {
        let name = schema["$ref"]?.string ?? schema["allOf"]?.element(0)?["$ref"]?.string
        guard let name else {
            var inner = MergeType(source: .schema(schema), schemas: schemas)
            inner.keepsUnknown = keepsUnknown
            inner.noteUnknownFields(schema)
            return inner
        }
        guard let definition = schemas?.definition(named: name) else { return .deduced }
        // A quantity is written as text or as a number; a raw extension is anything.
        if name.hasSuffix(".runtime.RawExtension") { return .untyped }
        var inner = MergeType(source: .schema(definition), schemas: schemas)
        inner.relation = Self.relation(ofMap: schema)
        inner.noteUnknownFields(definition)
        return inner
    }

    private static func relation(ofMap schema: JSONNode) -> Relation? {
        guard let word = schema["x-kubernetes-map-type"] else { return nil }
        return word.equals("atomic") ? .atomic : .separate
    }
}

extension MergeType {
    private var schemaType: String? {
        guard case .schema(let schema) = source else { return "" }
        return schema["type"]?.string ?? ""
    }

    /// What a scalar must be; nil where none may stand.
    var scalar: ScalarForm? {
        guard case .schema(let schema) = source else { return .any }
        switch schemaType {
        case "": return .any
        case "integer", "number": return .number
        case "boolean": return .bool
        case "string":
            guard let format = schema["format"] else { return .string }
            return format.equals("byte") || format.utf8Count == 0 ? .string : .any
        default: return nil
        }
    }

    /// How a list is merged; nil where none may stand.
    var list: ListForm? {
        guard case .schema(let schema) = source else {
            return ListForm(relation: .atomic, keys: [], element: .untyped)
        }
        guard schemaType == "" || schemaType == "array" else { return nil }
        let element = schema["items"].map { type($0) } ?? .untyped
        let (relation, keys) = Self.relation(ofList: schema)
        return ListForm(relation: relation, keys: keys, element: element)
    }

    private static func relation(ofList schema: JSONNode) -> (Relation, [String]) {
        if let word = schema["x-kubernetes-list-type"] {
            if word.equals("set") { return (.separate, []) }
            guard word.equals("map") else { return (.atomic, []) }
            return (.separate, schema["x-kubernetes-list-map-keys"]?.elements.compactMap(\.string) ?? [])
        }
        guard let strategy = schema["x-kubernetes-patch-strategy"],
            strategy.equals("merge") || strategy.equals("merge,retainKeys")
        else { return (.atomic, []) }
        return (.separate, schema["x-kubernetes-patch-merge-key"]?.string.map { [$0] } ?? [])
    }

    /// Whether a map may stand here.
    var allowsMap: Bool { schemaType == "" || schemaType == "object" }

    /// How a map is merged.
    var mapRelation: Relation {
        switch source {
        case .deduced: .separate
        case .untyped: .atomic
        case .schema(let schema): relation ?? Self.relation(ofMap: schema) ?? .separate
        }
    }

    /// The type of a member that the schema names.
    func namedField(_ name: String) -> MergeType? {
        guard case .schema(let schema) = source else { return nil }
        return schema["properties"]?[name].map { type($0) }
    }

    /// The type of a member that the schema does not name; nil where it allows none.
    var otherField: MergeType? {
        guard case .schema(let schema) = source else { return self }
        guard let additional = schema["additionalProperties"] else {
            let hasFields = (schema["properties"]?.count ?? 0) > 0
            return keepsUnknown || !hasFields ? .deduced : nil
        }
        if let isAllowed = additional.bool { return isAllowed ? .deduced : nil }
        return type(additional)
    }

    /// The value that a member has where it is not written.
    func defaultValue(of name: String) -> MergeValue? {
        guard case .schema(let schema) = source, let value = schema["properties"]?[name]?["default"], !value.isNull
        else { return nil }
        return .document(value)
    }
}
