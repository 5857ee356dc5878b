import CEL
import JSON

/// What the expressions of one rule may cost, in the API server's units, if everything about a request is as large as it
/// can be.
public struct RuleCost: Sendable {
    /// The most that something may cost; nil where that has no bound.
    public typealias Bound = UInt64?

    /// One expression.
    public struct Expression: Sendable {
        /// The field that it stands in.
        public let path: String
        /// The line of the file that it begins in.
        public let line: Int
        /// What it costs at the least.
        public let costMin: UInt64
        /// What it costs at the most, the reading of variables apart.
        public let costMax: Bound

        /// Whether it may be stopped before it is done.
        public var mayBeStopped: Bool { costMax.map { $0 > CostLimits.expression } ?? true }
    }

    /// The most that one expression may cost before it is stopped.
    public static let expressionMax = CostLimits.expression
    /// The file that the rule stands in.
    public let file: String
    /// The line of the file.
    public let line: Int
    /// The kind and the name of the rule.
    public let document: String
    /// The rule's expressions, the variables first.
    public let expressions: [Expression]
    /// What asking the rule once costs at the most: by one binding, with one parameter.
    public let costMax: Bound
}

/// Estimates what the expressions of rules may cost.
struct CostChecker {
    let types: TypeChecker

    /// The estimates for one rule, in the order of its expressions, and their sum.
    func estimates(
        _ rule: CheckedRule, _ expressions: RuleExpressions
    ) -> (parts: [(field: Field, cost: Estimate)], sum: Estimate) {
        let known = types.kinds.kinds(of: rule.match).compactMap { types.kinds.types(of: $0) }
        let texts = expressions.variableTexts
        let typed = known.map { types.typed($0, rule.paramKind, patches: rule.patches, variables: texts) }
        let untyped = types.typed(nil, rule.paramKind, patches: rule.patches, variables: texts)
        func estimate(_ field: Field) -> Estimate { Self.estimate(field.text(FieldErrors()), typed, untyped) }
        let variables = expressions.variables.map { (field: $0.field, cost: estimate($0.field)) }
        let parts = expressions.parts.map { (field: $0.field, cost: estimate($0.field)) }
        // Variables are computed once for all validations, once more for their messages and for the annotations, and for
        // each mutation anew.
        let roles = expressions.parts.map(\.role)
        let once: [RuleExpressions.Role] = [.validation, .message, .annotation]
        let rounds = once.count { roles.contains($0) } + roles.count { $0 == .mutation }
        let each = Self.sum(variables.map(\.cost))
        return (variables + parts, Self.sum(parts.map(\.cost) + Array(repeating: each, count: rounds)))
    }

    private static func sum(_ costs: [Estimate]) -> Estimate { costs.reduce(Estimate(exactly: 0), +) }

    /// By the kind of objects for which it is most; without types where it is not sound with any.
    private static func estimate(
        _ text: String, _ typed: [TypedExpressions], _ untyped: TypedExpressions
    ) -> Estimate {
        let costs = typed.compactMap { cost(text, $0) }
        guard let first = costs.first else { return cost(text, untyped) ?? .unknown }
        return costs.dropFirst().reduce(first) { $0.union($1) }
    }

    private static func cost(_ text: String, _ expressions: TypedExpressions) -> Estimate? {
        (try? expressions.compile(text).get()).map { expressions.cost($0) }
    }
}
