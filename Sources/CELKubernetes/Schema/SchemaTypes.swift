public import CEL

/// The types of a schema as a checker asks for them: an object's type is called by the path to it.
public struct SchemaTypes: TypeProvider {
    let types: DeclaredTypes
    let root: Int
    /// What the root's type is called.
    public let rootName: String

    init(types: DeclaredTypes, root: Int, rootName: String) {
        self.types = types
        self.root = root
        self.rootName = rootName
    }

    /// The types of a structural schema; nil where it says too little to be reached. `isResource` says that it is that
    /// of a resource, which has a type and metadata whatever its schema says.
    public init?(_ schema: Schema, isResource: Bool, named rootName: String) {
        guard !schema.nodes.isEmpty,
            let declared = DeclaredTypes.declare(schema, from: Schema.root, isResource: isResource)
        else { return nil }
        self.init(types: declared.types, root: declared.root, rootName: rootName)
    }

    /// The type of the root.
    public var rootType: CELType { types.type(of: root, named: rootName) }

    /// The size of what a path leads to, whose first step is the name of a variable of the root's type.
    public func size(of path: [String]) -> Estimate? { types.size(of: path, from: root) }

    /// Whether there is an object type of that name.
    public func hasObject(_ name: String) -> Bool {
        guard let place = place(of: name), case .object = types.types[place].form else { return false }
        return true
    }

    /// The type of a field; nil where there is no such field.
    public func field(_ field: String, of object: String) -> CELType? {
        guard let place = place(of: object) else { return nil }
        if let found = types.field(field, of: place) { return types.type(of: found, named: "\(object).\(field)") }
        // A word of the language may be written as it is behind a dot.
        guard PropertyName.isWord(field) else { return nil }
        let escaped = "__\(field)__"
        return types.field(escaped, of: place).map { types.type(of: $0, named: "\(object).\(escaped)") }
    }

    private func place(of name: String) -> Int? {
        guard name.hasPrefix(rootName) else { return nil }
        var place = root
        let rest = name.dropFirst(rootName.count)
        guard rest.isEmpty || rest.first == "." else { return nil }
        for step in rest.split(separator: ".") {
            let next: Int? =
                step == "@idx" || step == "@elem" ? types.element(of: place) : types.field(String(step), of: place)
            guard let next else { return nil }
            place = next
        }
        return place
    }
}
