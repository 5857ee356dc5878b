import CEL

/// Everything that can be known of rule files before a request comes: what `PolicySet.load` knows, and what rules may cost.
public struct RuleCheck: Sendable {
    /// What can be used.
    public let set: PolicySet
    /// What is wrong, or hardly meant, in the order of the files and of what is in them.
    public private(set) var problems: [RuleProblem]
    /// What each rule may cost.
    public let costs: [RuleCost]
    /// The rules that take part in answers.
    package let rules: [ActiveRule]
    /// Webhook configurations among the documents.
    package let configurations: [PlacedDocument]
    /// Documents of the server's configuration among them.
    package let servers: [PlacedDocument]
    /// Namespaces among the documents.
    package let namespaces: [KnownNamespace]

    private let fileNames: [String]

    /// Reads rules and looks at them from all sides.
    public init(_ rules: [RuleFile], context: [RuleFile] = []) {
        var loader = RuleLoader(keepsConfigurations: true)
        for file in rules { loader.read(file) }
        for file in context { loader.read(file, isContext: true) }
        loader.checkReferences()
        let schemas = CustomKinds.schemas(of: loader.objects)
        let checker = TypeChecker(kinds: KnownKinds(schemas, definedBy: loader.objects))
        loader.checkTypes(checker)
        costs = loader.checkCosts(checker)
        fileNames = (rules + context).map(\.name)
        problems = Self.ordered(loader.problems, by: fileNames)
        set = PolicySet(loader, schemas)
        configurations = loader.configurations
        servers = loader.servers
        let namespace = ParamKind(apiVersion: "v1", kind: "Namespace")
        namespaces = loader.objects.filter { $0.kind == namespace }.compactMap { KnownNamespace($0.node) }
        self.rules = ActiveRule.all(of: set, loader)
    }

    /// The same with problems that somebody else has found.
    public func adding(_ more: [RuleProblem]) -> RuleCheck {
        var check = self
        check.problems = Self.ordered(problems + more, by: fileNames)
        return check
    }

    private static func ordered(_ problems: [RuleProblem], by files: [String]) -> [RuleProblem] {
        let places = Dictionary(files.enumerated().map { ($1, $0) }) { first, _ in first }
        let keyed = problems.enumerated().map { index, problem in
            (key: (places[problem.file] ?? files.count, problem.line, problem.column, index), problem: problem)
        }
        return keyed.sorted { $0.key < $1.key }.map(\.problem)
    }
}

extension RuleLoader {
    private var checkedRules: [CheckedRule] {
        rules.policies.map { CheckedRule($0) } + rules.mutatingPolicies.map { CheckedRule($0) }
            + rules.hooks.compactMap { hook in
                hook.checks.map { CheckedRule($0, kind: "Hook") }
                    ?? hook.mutations.map { CheckedRule($0, kind: "Hook") }
            }
    }

    /// Warns of expressions that no object of the kinds that they are about fits.
    mutating func checkTypes(_ checker: TypeChecker) {
        for rule in checkedRules where !rule.patches { inspect(rule.key) { checker.warnings(rule, $0) } }
    }

    /// What each rule may cost; warns of expressions that are always stopped.
    mutating func checkCosts(_ checker: TypeChecker) -> [RuleCost] {
        var costs: [RuleCost] = []
        for rule in checkedRules { costs += checkCost(rule, checker) }
        return costs
    }

    private mutating func checkCost(_ rule: CheckedRule, _ checker: TypeChecker) -> [RuleCost] {
        guard let place = place(rule.key) else { return [] }
        let expressions = RuleExpressions(place.root)
        let (parts, sum) = CostChecker(types: checker).estimates(rule, expressions)
        inspect(rule.key) { _ in
            let warnings = FieldErrors()
            for (field, cost) in parts where cost.min > CostLimits.expression {
                warnings.warn(
                    "costs at least \(cost.min), but no expression may cost more than \(CostLimits.expression): it "
                        + "always fails", field)
            }
            return warnings
        }
        let list = parts.map { field, cost in
            RuleCost.Expression(
                path: field.path, line: place.line(field.anchor), costMin: cost.min, costMax: Self.bound(cost.max))
        }
        return [
            RuleCost(
                file: place.file, line: place.line(place.root), document: rule.key, expressions: list,
                costMax: Self.bound(sum.max))
        ]
    }

    /// Beyond this an estimate says nothing any more: sizes that are not known were multiplied.
    private static let boundMax: UInt64 = 1_000_000_000_000_000

    private static func bound(_ cost: UInt64) -> UInt64? { cost > boundMax ? nil : cost }
}
