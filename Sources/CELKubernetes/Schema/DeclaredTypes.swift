import CEL

/// The types that a schema gives to expressions, with the sizes that their values may have.
///
/// A value whose schema says too little has no type, and no expression can reach it.
struct DeclaredTypes: Sendable {
    enum Form: Sendable {
        case simple(CELType)
        case list(Int)
        case map(Int)
        /// By the names that expressions use.
        case object([String: Int])
    }

    struct Declared: Sendable {
        var form: Form
        /// The most elements, properties or bytes that a value may have; zero for what has no size.
        var elementsMax: Int64 = 0
        /// The fewest bytes that a value takes as JSON.
        var bytesMin: Int64
    }

    private(set) var types: [Declared] = []

    /// The largest request that an API server accepts.
    static let requestBytesMax: Int64 = 3 * 1024 * 1024

    /// The types of a node and of everything beneath it; nil where the node has none.
    static func declare(_ schema: Schema, from place: Int, isResource: Bool) -> (types: DeclaredTypes, root: Int)? {
        var maker = TypeMaker(schema: schema)
        guard let root = maker.declare(place, isResource: isResource) else { return nil }
        return (DeclaredTypes(types: maker.types), root)
    }

    private init(types: [Declared]) { self.types = types }

    /// How many values of a type fit into one request.
    func cardinalityMax(_ place: Int) -> UInt64 { UInt64(max(0, Self.requestBytesMax / (types[place].bytesMin + 1))) }

    func element(of place: Int) -> Int? {
        switch types[place].form {
        case .list(let element), .map(let element): element
        case .simple, .object: nil
        }
    }

    func field(_ name: String, of place: Int) -> Int? {
        guard case .object(let fields) = types[place].form else { return nil }
        return fields[name]
    }

    /// The type of a place; an object's type is called by the path to it.
    func type(of place: Int, named name: String) -> CELType {
        switch types[place].form {
        case .simple(let type): type
        case .list(let element): .list(type(of: element, named: "\(name).@idx"))
        case .map(let value): .map(.string, type(of: value, named: "\(name).@elem"))
        case .object: .object(name)
        }
    }

    /// The size of what a path leads to, whose first step is the name of a variable that holds a value of `root`.
    func size(of path: [String], from root: Int) -> Estimate? {
        guard !path.isEmpty else { return nil }
        var place = root
        for step in path.dropFirst() {
            switch step {
            case "@items", "@values":
                guard let element = element(of: place) else { return nil }
                place = element
            case "@keys":
                // Keys are strings of which nothing is known.
                guard case .map = types[place].form, step == path.last else { return nil }
                return Estimate(exactly: 0)
            default:
                guard let field = field(step, of: place) else { return nil }
                place = field
            }
        }
        return Estimate(min: 0, max: UInt64(bitPattern: types[place].elementsMax))
    }
}

/// The type of a value, in the table of types that it belongs to.
struct TypedPlace {
    let types: DeclaredTypes
    let place: Int

    /// The type of a schema's node; nil where it has none.
    init?(_ schema: Schema, _ place: Int, isResource: Bool) {
        guard let declared = DeclaredTypes.declare(schema, from: place, isResource: isResource) else { return nil }
        self.init(declared.types, declared.root)
    }

    private init(_ types: DeclaredTypes, _ place: Int) {
        self.types = types
        self.place = place
    }

    var element: TypedPlace? { types.element(of: place).map { TypedPlace(types, $0) } }

    func field(_ name: String) -> TypedPlace? { types.field(name, of: place).map { TypedPlace(types, $0) } }
}

/// Makes types of schemas.
private struct TypeMaker {
    let schema: Schema
    var types: [DeclaredTypes.Declared] = []
    /// The definitions that are being declared: one within itself is an object of which nothing is known.
    private var open: Set<Int> = []

    init(schema: Schema) { self.schema = schema }

    private static let stringBytesMax = DeclaredTypes.requestBytesMax - 2

    private mutating func add(_ type: DeclaredTypes.Declared) -> Int {
        types.append(type)
        return types.count - 1
    }

    private mutating func simple(_ type: CELType, _ elementsMax: Int64, _ bytesMin: Int64) -> Int {
        add(DeclaredTypes.Declared(form: .simple(type), elementsMax: elementsMax, bytesMin: bytesMin))
    }

    mutating func declare(_ place: Int, isResource: Bool? = nil) -> Int? {
        let node = schema.nodes[place]
        if node.isDefinition, !open.insert(place).inserted {
            return add(DeclaredTypes.Declared(form: .object([:]), bytesMin: 2))
        }
        defer { if node.isDefinition { open.remove(place) } }
        guard types.count < Schema.typesMax else { return nil }
        if node.isIntOrString { return simple(.dyn, bytes(node.lengthMax) ?? Self.stringBytesMax, 1) }
        switch node.type {
        case "array": return list(node)
        case "object": return object(node, isResource: isResource ?? node.isEmbeddedResource)
        case "string": return text(node)
        case "boolean": return simple(.bool, 0, 4)
        case "number": return simple(.double, 0, 1)
        case "integer": return simple(.int, 0, 1)
        default: return nil
        }
    }

    /// The bytes of that many characters; as in the API server the number wraps around.
    private func bytes(_ length: Int64?) -> Int64? { length.map { max(0, $0) &* 4 } }

    private mutating func list(_ node: Schema.Node) -> Int? {
        guard let items = node.items.flatMap({ declare($0) }) else { return nil }
        let fitting = (DeclaredTypes.requestBytesMax - 2) / (types[items].bytesMin + 1)
        let most = node.itemsMax.map { max(0, $0) } ?? fitting
        return add(DeclaredTypes.Declared(form: .list(items), elementsMax: most, bytesMin: 2))
    }

    private mutating func text(_ node: Schema.Node) -> Int {
        switch node.format {
        case "byte": return simple(.bytes, node.lengthMax.map { max(0, $0) } ?? Self.stringBytesMax, 2)
        case "duration": return simple(.duration, 32, 3)
        case "date": return simple(.timestamp, 12, 12)
        case "date-time": return simple(.timestamp, 32, 21)
        default: return simple(.string, bytes(node.lengthMax) ?? node.enumBytesMax ?? Self.stringBytesMax, 2)
        }
    }

    private mutating func object(_ node: Schema.Node, isResource: Bool) -> Int? {
        if let additional = node.additionalSchema {
            guard let values = declare(additional) else { return nil }
            // A key and its quotes, colon and comma.
            let fitting = (DeclaredTypes.requestBytesMax - 2) / (types[values].bytesMin + 6)
            let most = node.propertiesMax.map { max(0, $0) } ?? fitting
            return add(DeclaredTypes.Declared(form: .map(values), elementsMax: most, bytesMin: 2))
        }
        var fields: [String: Int] = [:]
        var bytesMin: Int64 = 2
        let addsMetadata = isResource && !schema.hasTypeAndMetadata(node)
        for (name, place) in node.properties where !addsMetadata || !Schema.resourceFields.contains(name) {
            guard let type = declare(place) else { continue }
            if let escaped = PropertyName.escaped(name) { fields[escaped] = type }
            if node.required.contains(name), !schema.nodes[place].hasDefault {
                bytesMin += Int64(name.utf8.count) + types[type].bytesMin + 4
            }
        }
        if addsMetadata { bytesMin += addMetadata(to: &fields, required: node.required) }
        return add(DeclaredTypes.Declared(form: .object(fields), bytesMin: bytesMin))
    }

    /// Adds what every resource has; gives the bytes that this takes at the least.
    private mutating func addMetadata(to fields: inout [String: Int], required: Set<String>) -> Int64 {
        let text = simple(.string, Self.stringBytesMax, 2)
        fields["kind"] = text
        fields["apiVersion"] = text
        fields["metadata"] = add(
            DeclaredTypes.Declared(form: .object(["name": text, "generateName": text]), bytesMin: 2))
        return Schema.resourceFields.filter(required.contains).reduce(0) { $0 + Int64($1.utf8.count) + 2 + 4 }
    }
}
