import CEL
import CELKubernetes

/// The expressions of one policy where the types of the objects that they are about are known.
struct TypedExpressions {
    private let environment: Environment
    private let types: AdmissionTypes
    /// The variables that only name a part of an object, with the paths to it.
    private let paths: [String: [String]]

    /// The largest request that an API server accepts: no value in it is larger.
    private static let requestBytesMax: UInt64 = 3 * 1024 * 1024

    /// What expressions may refer to, and the policy's variables, each of which may refer to those before it. One that is
    /// not sound can be anything, as in the API server.
    init(_ types: AdmissionTypes, hasParams: Bool, patches: Bool = false, variables: [(name: String, text: String)]) {
        self.types = types
        var environment = ExpressionCompiler.environment(
            hasParams: hasParams, hasAuthorizer: true, composes: true, patches: patches)
        environment.give(types, hasParams: hasParams)
        let table = VariableTypes(others: environment.types ?? ObjectTypes.admission)
        environment.types = table
        var paths: [String: [String]] = [:]
        for (name, text) in variables {
            let checked = try? environment.compile(text).get()
            table.fields[name] = checked.map { ExpressionCompiler.open($0.resultType) } ?? .dyn
            paths[name] = checked.flatMap { Self.path($0.tree, $0.tree.root) }.map { Self.resolved($0, paths) }
        }
        self.environment = environment
        self.paths = paths
    }

    /// Reads and checks an expression.
    func compile(_ text: String) -> Result<CheckedExpression, CompileFailure> { environment.compile(text) }

    /// What running an expression may cost, the reading of variables apart.
    func cost(_ expression: CheckedExpression) -> Estimate {
        let (types, paths) = (types, paths)
        return expression.estimatedCost(
            KubernetesCosts { path, type in
                let path = Self.resolved(path, paths)
                if let size = types.size(of: path) { return size }
                return Self.isOpen(type) && Self.isGiven(path) ? Estimate(min: 0, max: Self.requestBytesMax) : nil
            })
    }

    /// Whether a path leads to what comes with a request or belongs to the cluster.
    private static func isGiven(_ path: [String]) -> Bool {
        ["object", "oldObject", "request", "params", "namespaceObject"].contains(path.first)
    }

    /// Whether values of a type may be of any size.
    private static func isOpen(_ type: CELType) -> Bool {
        switch type {
        case .bool, .double, .duration, .int, .null, .timestamp, .uint: false
        default: true
        }
    }

    /// The path that an expression is, where it is nothing else.
    private static func path(_ tree: SyntaxTree, _ id: ExpressionID) -> [String]? {
        switch tree[id] {
        case .identifier(let name): [name]
        case .select(let operand, let field, false): path(tree, operand).map { $0 + [field] }
        default: nil
        }
    }

    /// A path without variables at its beginning.
    private static func resolved(_ path: [String], _ paths: [String: [String]]) -> [String] {
        guard path.count >= 2, path[0] == "variables", let start = paths[path[1]] else { return path }
        return start + path.dropFirst(2)
    }
}
