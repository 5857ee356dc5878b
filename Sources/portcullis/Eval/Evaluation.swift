import CEL
import CELKubernetes
import JSON

/// What an expression is evaluated with: its environment, and the values of its variables.
struct Evaluation {
    /// As much as an API server lets one expression cost.
    private static let kubernetesCostMax: UInt64 = 1_000_000
    /// Elsewhere a program that has gone astray is what must end.
    private static let costMax: UInt64 = 1_000_000_000

    var environment: Environment
    let isKubernetes: Bool
    var isChecked = true
    /// The variables that are read by schemas.
    var schemas = SchemaVariables()
    /// What keeps the values of variables alive.
    var documents: [JSONDocument] = []

    init(isKubernetes: Bool) {
        self.isKubernetes = isKubernetes
        environment = isKubernetes ? Self.kubernetes : Self.everything
    }

    private static let kubernetes = Environment.kubernetes()
    private static let everything = Environment.everything

    var evaluator: Evaluator {
        Evaluator(limits: .init(cost: isKubernetes ? Self.kubernetesCostMax : Self.costMax))
    }

    /// Reads and checks an expression, as far as checking was not turned off.
    func compile(_ expression: String) -> Result<CheckedExpression, CompileFailure> {
        isChecked ? environment.compile(expression) : environment.compileUnchecked(expression)
    }

    func estimatedCost(of expression: CheckedExpression) -> Estimate {
        expression.estimatedCost(schemas.costs)
    }

    /// Why a run gave no value.
    static func failure(of value: Value, _ evaluator: borrowing Evaluator) -> String {
        switch evaluator.stop {
        case .cost: "operation cancelled: actual cost limit exceeded"
        case .memory: "operation cancelled: memory limit exceeded"
        case .deadline, nil: value.errorMessage
        }
    }
}

extension Environment {
    /// The language with all its libraries, as its specification tests it.
    fileprivate static var everything: Environment {
        var environment = Environment()
        environment.foldsConstants = false
        environment.allowsEscapedIdentifiers = true
        let libraries: [Library] = [
            .standard, .strings(), .lists, .sets, .math, .encoders, .optionals, .twoVariableLoops, .bindings, .blocks,
            .network,
        ]
        for library in libraries { environment.add(library) }
        return environment
    }
}
