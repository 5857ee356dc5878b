public import JSON

extension Schema {
    /// Reads a structural schema, such as the `openAPIV3Schema` of a custom resource's definition.
    public init(_ document: JSONNode) throws(SchemaError) {
        var reader = SchemaReader()
        _ = try reader.read(document, path: "", depth: 1)
        self.init(nodes: reader.nodes)
    }

    /// Reads a schema of OpenAPI, whose references name others. A definition that refers to itself is one node of a
    /// circle: whoever walks such a schema must expect it.
    init(
        definition name: String, in definitions: @escaping (String) -> JSONNode?
    ) throws(SchemaError) {
        var reader = SchemaReader(definitions: definitions)
        _ = try reader.read(definition: name, path: "", depth: 1)
        self.init(nodes: reader.nodes)
    }
}

/// Reads the nodes of a schema, each before those within it, so that the root is the first.
private struct SchemaReader {
    var nodes: [Schema.Node] = []
    /// What references name; nil where there may be none.
    var definitions: ((String) -> JSONNode?)?
    private var known: [String: Int] = [:]

    init(definitions: ((String) -> JSONNode?)? = nil) { self.definitions = definitions }

    /// Each definition is read once.
    mutating func read(definition name: String, path: String, depth: Int) throws(SchemaError) -> Int {
        if let place = known[name] { return place }
        guard let json = definitions?(name) else { throw SchemaError(reason: .unknownReference(name), path: path) }
        known[name] = nodes.count
        let place = try read(json, path: path, depth: depth)
        known[name] = place
        nodes[place].isDefinition = true
        return place
    }

    mutating func read(_ json: JSONNode, path: String, depth: Int) throws(SchemaError) -> Int {
        guard depth <= Schema.depthMax else { throw SchemaError(reason: .tooDeep, path: path) }
        guard nodes.count < Schema.nodesMax else { throw SchemaError(reason: .tooLarge, path: path) }
        guard json.isObject else { throw SchemaError(reason: .expected("an object"), path: path) }
        let source = Source(json: json, path: path)
        if definitions == nil {
            try source.refuseUnsupported()
        } else if let name = try source.reference() {
            return try read(definition: name, path: "\(path).$ref", depth: depth + 1)
        }
        let place = nodes.count
        nodes.append(Schema.Node())
        var node = try source.scalars()
        try readParts(source, &node, depth + 1)
        // Where nothing is known of a value no expression about it can be wrong.
        if definitions != nil, node.saysNothing { node.isIntOrString = true }
        nodes[place] = node
        return place
    }

    private mutating func readParts(_ source: Source, _ node: inout Schema.Node, _ depth: Int) throws(SchemaError) {
        if let properties = try source.object("properties") {
            for (key, value) in properties.members {
                let name = key.string ?? ""
                let path = "\(source.path).properties[\(name)]"
                node.properties.append((name, try read(value, path: path, depth: depth)))
            }
        }
        if let items = source["items"] {
            node.items = try read(items, path: "\(source.path).items", depth: depth)
        }
        if let additional = source["additionalProperties"] {
            if let isAllowed = additional.bool {
                node.additional = .allowed(isAllowed)
            } else {
                let path = "\(source.path).additionalProperties"
                node.additional = .schema(try read(additional, path: path, depth: depth))
            }
        }
        // In OpenAPI these only wrap references.
        guard definitions == nil else { return }
        for (index, part) in try source.array("allOf").enumerated() {
            node.allOf.append(try read(part, path: "\(source.path).allOf[\(index)]", depth: depth))
        }
    }
}

extension Schema.Node {
    /// Whether a published schema leaves open what a value is: built-in kinds say so by a format, quantities by having no
    /// one type, and what is kept as it comes by no properties.
    fileprivate var saysNothing: Bool {
        format == "int-or-string" || type.isEmpty
            || (type == "object" && preservesUnknownFields && properties.isEmpty && additionalSchema == nil)
    }
}

/// One schema as it is written, and where.
private struct Source {
    let json: JSONNode
    let path: String

    /// What a keyword says; nothing where that is null.
    subscript(_ keyword: StaticString) -> JSONNode? { json[keyword].flatMap { $0.isNull ? nil : $0 } }

    private func expected(_ type: String, _ keyword: StaticString) -> SchemaError {
        SchemaError(reason: .expected(type), path: "\(path).\(keyword)")
    }

    private static let unsupported: [StaticString] = [
        "$ref", "id", "$schema", "patternProperties", "dependencies", "additionalItems", "definitions",
    ]

    func refuseUnsupported() throws(SchemaError) {
        for keyword in Self.unsupported {
            guard let value = self[keyword] else { continue }
            // An empty text or object says nothing.
            if value.isString, value.utf8Count == 0 { continue }
            if value.isObject, value.count == 0, !keyword.isAdditionalItems { continue }
            throw SchemaError(reason: .unsupported, path: "\(path).\(keyword)")
        }
    }

    /// The definition that stands in place of this schema, which may be wrapped to keep a description beside it.
    func reference() throws(SchemaError) -> String? {
        if let text = try string("$ref") { return text }
        for part in try array("allOf") {
            if let text = part["$ref"]?.string { return text }
        }
        return nil
    }

    func scalars() throws(SchemaError) -> Schema.Node {
        var node = Schema.Node()
        node.type = try string("type") ?? ""
        node.format = try string("format") ?? ""
        node.isNullable = try bool("nullable") ?? false
        node.isIntOrString = try bool("x-kubernetes-int-or-string") ?? false
        node.isEmbeddedResource = try bool("x-kubernetes-embedded-resource") ?? false
        node.preservesUnknownFields = try bool("x-kubernetes-preserve-unknown-fields") ?? false
        node.hasDefault = self["default"] != nil
        node.lengthMax = try limit("maxLength")
        node.itemsMax = try limit("maxItems")
        node.propertiesMax = try limit("maxProperties")
        let values = try array("enum")
        if !values.isEmpty { node.enumBytesMax = values.reduce(0) { max($0, Int64($1.utf8Count)) } }
        node.required = Set(try strings("required"))
        node.listType = try string("x-kubernetes-list-type") ?? ""
        node.listMapKeys = try strings("x-kubernetes-list-map-keys")
        node.mapType = try string("x-kubernetes-map-type")
        for (index, rule) in try array("x-kubernetes-validations").enumerated() {
            let place = Source(json: rule, path: "\(path).x-kubernetes-validations[\(index)]")
            node.rules.append(try place.rule())
        }
        return node
    }

    private func rule() throws(SchemaError) -> SchemaRule {
        guard json.isObject else { throw SchemaError(reason: .expected("an object"), path: path) }
        var rule = SchemaRule(try string("rule") ?? "")
        rule.message = try string("message") ?? ""
        rule.messageExpression = try string("messageExpression") ?? ""
        rule.reason = try string("reason")
        rule.fieldPath = try string("fieldPath") ?? ""
        rule.optionalOldSelf = try bool("optionalOldSelf")
        return rule
    }

    private func string(_ keyword: StaticString) throws(SchemaError) -> String? {
        guard let value = self[keyword] else { return nil }
        guard let text = value.string else { throw expected("a string", keyword) }
        return text
    }

    private func bool(_ keyword: StaticString) throws(SchemaError) -> Bool? {
        guard let value = self[keyword] else { return nil }
        guard let truth = value.bool else { throw expected("true or false", keyword) }
        return truth
    }

    private func limit(_ keyword: StaticString) throws(SchemaError) -> Int64? {
        guard let value = self[keyword] else { return nil }
        if let whole = value.int { return whole }
        guard let number = value.double.flatMap({ Int64(exactly: $0) }) else {
            throw expected("a whole number of 64 bits", keyword)
        }
        return number
    }

    func object(_ keyword: StaticString) throws(SchemaError) -> JSONNode? {
        guard let value = self[keyword] else { return nil }
        guard value.isObject else { throw expected("an object", keyword) }
        return value
    }

    func array(_ keyword: StaticString) throws(SchemaError) -> [JSONNode] {
        guard let value = self[keyword] else { return [] }
        guard value.isArray else { throw expected("an array", keyword) }
        return Array(value.elements)
    }

    private func strings(_ keyword: StaticString) throws(SchemaError) -> [String] {
        var texts: [String] = []
        for element in try array(keyword) {
            guard let text = element.string else { throw expected("an array of strings", keyword) }
            texts.append(text)
        }
        return texts
    }
}

extension StaticString {
    /// This keyword says something even where its value is empty.
    fileprivate var isAdditionalItems: Bool { description == "additionalItems" }
}
