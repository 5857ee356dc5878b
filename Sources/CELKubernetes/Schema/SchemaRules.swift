public import CEL

/// The rules of a schema, compiled: one of these can validate any number of objects.
///
/// It parallels the schema, but for branches that have no rules in them.
public struct SchemaRules: Sendable {
    /// The rules at one node of the schema, and those beneath it.
    struct Node: Sendable {
        /// The node of the schema that values are read by.
        let place: Int
        /// Whether a value here is a resource, which has a type and metadata whatever its schema says.
        let isResource: Bool
        var rules: [CompiledSchemaRule] = []
        /// Why none of the rules could be compiled.
        var problem: String?
        var items: Int?
        var additional: Int?
        var properties: [String: Int] = [:]
        var allOf: [Int] = []
    }

    /// The most that one expression may cost an API server.
    public static let costPerCallMax: UInt64 = 1_000_000
    /// The most that all rules of a schema may cost for one object.
    public static let costPerObjectMax: Int64 = 10_000_000

    /// The schema.
    public let schema: Schema
    let shapes: ShapeTable
    let rootShape: Int
    let nodes: [Node]
    let slots: (current: Int, old: Int)

    /// Compiles the rules of a schema, in an environment that has everything but `self` and `oldSelf`; nil where there
    /// are none. `isResource` says that the root is that of a resource.
    ///
    /// An API server looks for rules outside of `allOf` first, and where there are none it runs none; `countsAllOf` finds
    /// those within it all the same.
    public init?(
        _ schema: Schema, isResource: Bool, countsAllOf: Bool = false, in base: Environment = .kubernetes()
    ) {
        guard !schema.nodes.isEmpty, countsAllOf || schema.hasRules(Schema.root) else { return nil }
        var builder = Builder(schema: schema, base: base)
        guard builder.build(from: isResource) != nil else { return nil }
        self.schema = schema
        let shapes = schema.shapes()
        self.shapes = shapes.table
        rootShape = isResource ? shapes.rootOfResource : Schema.root
        nodes = builder.nodes
        slots = SchemaRuleCompiler.slots(in: base)
    }

    /// What became of the rules of the schema's root.
    public var rulesOfRoot: [CompiledSchemaRule] { nodes.first?.rules ?? [] }
}

/// Compiles rules from the root down.
private struct Builder {
    let schema: Schema
    let base: Environment
    var nodes: [SchemaRules.Node] = []

    mutating func build(from isResource: Bool) -> Int? {
        build(Schema.root, Schema.root, isResource, TypedPlace(schema, Schema.root, isResource: isResource))
    }

    /// The rules of `source`, about values of `place`: these are two where `source` is a part of an `allOf`.
    private mutating func build(_ source: Int, _ place: Int, _ isResource: Bool, _ type: TypedPlace?) -> Int? {
        let index = nodes.count
        nodes.append(SchemaRules.Node(place: place, isResource: isResource))
        var node = compile(source, place, isResource, type)
        let (rules, values) = (schema.nodes[source], schema.nodes[place])
        if let items = rules.items, let itemValues = values.items {
            node.items = build(items, itemValues, schema.nodes[itemValues].isEmbeddedResource, type?.element)
        }
        for (name, property) in rules.properties {
            guard let value = values.property(name) else { continue }
            let isEmbedded = schema.nodes[value].isEmbeddedResource
            let fieldType =
                PropertyName.escaped(name).map { type?.field($0) } ?? TypedPlace(schema, value, isResource: isEmbedded)
            guard let fieldType else { continue }
            node.properties[name] = build(property, value, isEmbedded, fieldType)
        }
        if let additional = rules.additionalSchema, let value = values.additionalSchema {
            node.additional = build(additional, value, schema.nodes[value].isEmbeddedResource, type?.element)
        }
        node.allOf = rules.allOf.compactMap { build($0, place, isResource, type) }
        let isEmpty =
            node.rules.isEmpty && node.problem == nil && node.items == nil && node.additional == nil
            && node.properties.isEmpty && node.allOf.isEmpty
        if isEmpty {
            nodes.removeSubrange(index...)
            return nil
        }
        nodes[index] = node
        return index
    }

    private func compile(_ source: Int, _ place: Int, _ isResource: Bool, _ type: TypedPlace?) -> SchemaRules.Node {
        var node = SchemaRules.Node(place: place, isResource: isResource)
        let rules = schema.nodes[source].rules
        guard !rules.isEmpty else { return node }
        guard let type else {
            node.problem = "failed to convert to declType for CEL validation rules"
            return node
        }
        let compiler = SchemaRuleCompiler(type.types, type.place, in: base)
        node.rules = rules.map { compiler.compile($0, schema, at: place) }
        return node
    }
}
