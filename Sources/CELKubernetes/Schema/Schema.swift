/// What a custom resource's definition says of its objects: an OpenAPI schema, as far as expressions can tell.
///
/// A schema is a table of nodes that refer to each other by their places; the first is the root.
public struct Schema: Sendable {
    /// What an object may have beside its named properties.
    enum Additional: Sendable, Equatable {
        /// Nothing is said.
        case unsaid
        /// Anything, or nothing.
        case allowed(Bool)
        /// Values of a schema.
        case schema(Int)
    }

    /// What the schema says of one value.
    struct Node: Sendable {
        var type = ""
        var format = ""
        /// In the order of the document; each name comes once.
        var properties: [(name: String, node: Int)] = []
        var items: Int?
        var additional = Additional.unsaid
        var isNullable = false
        var isIntOrString = false
        var isEmbeddedResource = false
        var preservesUnknownFields = false
        var hasDefault = false
        var lengthMax: Int64?
        var itemsMax: Int64?
        var propertiesMax: Int64?
        /// The bytes of the longest string among the values that are allowed; nil where any value is.
        var enumBytesMax: Int64?
        var required: Set<String> = []
        var listType = ""
        var listMapKeys: [String] = []
        var mapType: String?
        var rules: [SchemaRule] = []
        /// More validations of the same value.
        var allOf: [Int] = []
        /// Whether others refer to this node by a name, which may be from within it.
        var isDefinition = false

        func property(_ name: String) -> Int? { properties.first { $0.name == name }?.node }

        var additionalSchema: Int? {
            if case .schema(let node) = additional { return node }
            return nil
        }

        /// Only where the map's type says otherwise can an entry not be told from the one it was before.
        var isCorrelatableMap: Bool { mapType == nil || mapType == "granular" || mapType == "atomic" }
    }

    /// A schema of more nodes is refused.
    static let nodesMax = 200_000
    /// A schema that is nested deeper is refused.
    static let depthMax = 200

    /// As many types may come of it: references make more of them than there are nodes.
    static let typesMax = 500_000

    let nodes: [Node]
    static let root = 0

    init(nodes: [Node]) { self.nodes = nodes }

    /// Whether there are rules at a node or beneath it. Rules of `allOf` are not looked for.
    func hasRules(_ place: Int) -> Bool {
        let node = nodes[place]
        if !node.rules.isEmpty { return true }
        if let items = node.items, hasRules(items) { return true }
        if let additional = node.additionalSchema, hasRules(additional) { return true }
        return node.properties.contains { hasRules($0.node) }
    }
}

/// A rule of `x-kubernetes-validations`.
public struct SchemaRule: Sendable, Hashable {
    /// The expression that must be true.
    public var rule = ""
    /// What is said where it is not.
    public var message = ""
    /// An expression that makes what is said.
    public var messageExpression = ""
    /// The kind of error, by its name in the API.
    public var reason: String?
    /// The field that the error is about, from the value on.
    public var fieldPath = ""
    /// Whether `oldSelf` is an optional, so that the rule also holds for new values.
    public var optionalOldSelf: Bool?

    /// A rule.
    public init(_ rule: String) { self.rule = rule }
}

/// Why a schema cannot be used.
public struct SchemaError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What is wrong.
    public enum Reason: Equatable, Sendable {
        /// A value is not of the type that its keyword has.
        case expected(String)
        /// The keyword has no place in a structural schema.
        case unsupported
        /// There is no schema of the name that is referred to.
        case unknownReference(String)
        /// There are too many schemas in it.
        case tooLarge
        /// Schemas are nested too deeply.
        case tooDeep
    }

    /// What is wrong.
    public let reason: Reason
    /// Where in the schema.
    public let path: String

    /// What is wrong, where, and what to do about it.
    public var description: String {
        let place = path.isEmpty ? "schema" : "schema at \(path)"
        return switch reason {
        case .expected(let type): "\(place): must be \(type)"
        case .unsupported: "\(place): is not supported in a structural schema; write it out"
        case .unknownReference(let name): "\(place): there is no \(name)"
        case .tooLarge: "\(place): there are more than \(Schema.nodesMax) schemas in it"
        case .tooDeep: "\(place): schemas are nested more than \(Schema.depthMax) deep"
        }
    }
}
