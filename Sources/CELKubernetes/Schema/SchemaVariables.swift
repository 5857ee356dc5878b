public import CEL
public import JSON

/// Variables whose values are read by schemas, as `self` is in the rules of custom resources.
public struct SchemaVariables: Sendable {
    private struct Variable: Sendable {
        let types: SchemaTypes
        let shapes: ShapeTable
        let shape: Int
    }

    private var variables: [String: Variable] = [:]

    /// No variables.
    public init() {}

    /// Whether a variable of that name has been declared.
    public func has(_ name: String) -> Bool { variables[name] != nil }

    /// Declares a variable; false where the schema says too little for a value to be reached. `isResource` says that
    /// values are resources, which have a type and metadata whatever their schema says.
    public mutating func declare(
        _ name: String, _ schema: Schema, isResource: Bool = false, in environment: inout Environment
    ) -> Bool {
        guard let types = SchemaTypes(schema, isResource: isResource, named: "\(name)Type") else { return false }
        let shapes = schema.shapes()
        let shape = isResource ? shapes.rootOfResource : Schema.root
        variables[name] = Variable(types: types, shapes: shapes.table, shape: shape)
        environment.declare(name, types.rootType)
        environment.add(types)
        return true
    }

    /// Gives a variable its value, which is good for as long as these variables and the document are.
    public func bind(_ name: String, _ value: JSONNode, in environment: Environment, _ evaluator: inout Evaluator) {
        guard let variable = variables[name], let slot = environment.slot(of: name) else { return }
        evaluator.bind(slot, evaluator.value(of: value, as: variable.shape, in: variable.shapes))
    }

    /// The API server's costs, with the sizes that the schemas tell.
    public var costs: KubernetesCosts {
        let types = variables.mapValues(\.types)
        return KubernetesCosts { path, _ in path.first.flatMap { types[$0]?.size(of: path) } }
    }
}
