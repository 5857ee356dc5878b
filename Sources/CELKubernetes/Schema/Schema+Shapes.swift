import CEL

extension Schema {
    /// How the values of each node are read, by the nodes' places.
    ///
    /// Behind the nodes come a string and the metadata that every resource has, and last the root read as a resource, at
    /// `rootOfResource`.
    func shapes() -> (table: ShapeTable, rootOfResource: Int) {
        var maker = ShapeMaker(schema: self)
        let shapes = nodes.indices.map { maker.shape($0) }
        let root = nodes.count + maker.extra.count
        var resource = shapes.first ?? Shape(.preserved)
        if let node = nodes.first, node.type == "object" {
            resource.form = .object(maker.resourceProperties(node))
        }
        return (ShapeTable(shapes + maker.extra + [resource]), root)
    }
}

/// Makes shapes of schemas.
private struct ShapeMaker {
    let schema: Schema
    /// Shapes beside those of the nodes: a string, and the metadata that every resource has.
    let extra: [Shape]

    init(schema: Schema) {
        self.schema = schema
        let text = schema.nodes.count
        extra = [Shape(.string), Shape(.object([("name", text), ("generateName", text)]))]
    }

    mutating func shape(_ place: Int) -> Shape {
        let node = schema.nodes[place]
        return Shape(form(node), isNullable: node.isNullable)
    }

    private mutating func form(_ node: Schema.Node) -> Shape.Form {
        if node.isIntOrString { return .intOrString }
        switch node.type {
        case "object": return object(node)
        case "array": return list(node)
        case "string": return text(node)
        case "number": return .number
        case "integer": return .integer
        case "boolean": return .bool
        default: break
        }
        if node.preservesUnknownFields { return .preserved }
        return .unreadable(
            "invalid type, expected object, array, number, integer, boolean or string, or no type with "
                + "x-kubernetes-int-or-string or x-kubernetes-preserve-unknown-fields is true, got \(node.type)")
    }

    private mutating func object(_ node: Schema.Node) -> Shape.Form {
        if node.isEmbeddedResource { return .object(resourceProperties(node)) }
        if !node.properties.isEmpty { return .object(node.properties.map { ($0.name, $0.node) }) }
        return node.additionalSchema.map { .map(of: $0) } ?? .closed
    }

    /// An object's properties and those that every resource has, where these are not spelled out.
    func resourceProperties(_ node: Schema.Node) -> [(name: String, shape: Int)] {
        let named = node.properties.map { (name: $0.name, shape: $0.node) }
        if schema.hasTypeAndMetadata(node) { return named }
        let text = schema.nodes.count
        let known = named.filter { !Schema.resourceFields.contains($0.name) }
        return known + [("kind", text), ("apiVersion", text), ("metadata", text + 1)]
    }

    private func list(_ node: Schema.Node) -> Shape.Form {
        guard let items = node.items else {
            return .unreadable("invalid array type, expected Items with a non-empty Schema")
        }
        switch node.listType {
        case "map": return .keyedList(of: items, keys: node.listMapKeys.map { PropertyName.escaped($0) ?? $0 })
        case "set": return .set(of: items)
        case "", "atomic": return .list(of: items)
        default:
            return .unreadable(
                "invalid x-kubernetes-list-type, expected 'map', 'set' or 'atomic' but got \(node.listType)")
        }
    }

    private func text(_ node: Schema.Node) -> Shape.Form {
        switch node.format {
        case "duration": .duration
        case "date": .date
        case "date-time": .dateTime
        case "byte": .bytes
        default: .string
        }
    }
}

extension Schema {
    static let resourceFields = ["kind", "apiVersion", "metadata"]

    /// Whether a resource's schema spells out what every resource has.
    func hasTypeAndMetadata(_ node: Node) -> Bool {
        guard let metadata = node.property("metadata").map({ nodes[$0] }), metadata.type == "object" else {
            return false
        }
        return isText(node, "kind") && isText(node, "apiVersion") && isText(metadata, "name")
            && isText(metadata, "generateName")
    }

    private func isText(_ node: Node, _ property: String) -> Bool {
        node.property(property).map { nodes[$0].type == "string" } ?? false
    }
}
