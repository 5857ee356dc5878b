public import CEL

/// A rule of a schema that has been compiled, or what is wrong with it.
public struct CompiledSchemaRule: Sendable {
    /// The rule.
    public let source: SchemaRule
    /// What runs; nil for a rule that is empty or unsound.
    public internal(set) var program: Program?
    /// Why the rule cannot be used; nil where it can.
    public internal(set) var problem: String?
    /// Whether the rule looks at the value that was there before.
    public internal(set) var usesOldSelf = false
    /// The most that running the rule once may cost.
    public internal(set) var costMax: UInt64 = 0
    /// How many values one object may have that the rule is run for, where no list or map around them has a bound.
    public internal(set) var cardinalityMax: UInt64 = 0
    /// What makes the message; nil where nothing does or it cannot be used.
    public internal(set) var messageProgram: Program?
    /// Why the expression for the message cannot be used; nil where it can.
    public internal(set) var messageProblem: String?
    /// The most that making the message may cost.
    public internal(set) var messageCostMax: UInt64 = 0
    /// The field that an error is about, from the value on.
    public internal(set) var fieldPath: FieldPath?

    init(_ source: SchemaRule) { self.source = source }
}

/// Compiles the rules of one node of a schema.
struct SchemaRuleCompiler {
    static let selfName = "self"
    static let oldSelfName = "oldSelf"
    /// What the type of `self` is called; an API server invents a name whenever it compiles a rule.
    private static let typeName = "selfType"

    private let types: DeclaredTypes
    private let root: Int
    private let withOldSelf: Environment
    private let withOptionalOldSelf: Environment

    /// Rules about values of a type, in an environment that has everything but `self` and `oldSelf`.
    init(_ types: DeclaredTypes, _ root: Int, in base: Environment) {
        self.types = types
        self.root = root
        var environment = base
        environment.types = SchemaTypes(types: types, root: root, rootName: Self.typeName)
        let type = types.type(of: root, named: Self.typeName)
        environment.declare(Self.selfName, type)
        var optional = environment
        environment.declare(Self.oldSelfName, type)
        optional.declare(Self.oldSelfName, .optional(type))
        withOldSelf = environment
        withOptionalOldSelf = optional
    }

    /// The slots of `self` and `oldSelf` in every program that is compiled in `base`.
    static func slots(in base: Environment) -> (current: Int, old: Int) {
        var environment = base
        environment.declare(selfName, .dyn)
        environment.declare(oldSelfName, .dyn)
        return (environment.slot(of: selfName) ?? 0, environment.slot(of: oldSelfName) ?? 1)
    }

    /// Compiles a rule of the schema's node at `place`.
    func compile(_ rule: SchemaRule, _ schema: Schema, at place: Int) -> CompiledSchemaRule {
        var result = CompiledSchemaRule(rule)
        guard !rule.rule.trimmingSpace().isEmpty else { return result }
        let environment = rule.optionalOldSelf == true ? withOptionalOldSelf : withOldSelf
        switch compile(rule.rule, as: .bool, environment) {
        case .failure(let problem):
            result.problem = problem.sentence(.rule)
            result.usesOldSelf = problem.usesOldSelf
            return result
        case .success(let compiled):
            result.program = compiled.program
            result.usesOldSelf = compiled.usesOldSelf
            result.costMax = compiled.costMax
            result.cardinalityMax = types.cardinalityMax(root)
        }
        if !rule.messageExpression.isEmpty {
            switch compile(rule.messageExpression, as: .string, environment) {
            case .failure(let problem):
                result.messageProblem = problem.sentence(.message)
                return result
            case .success(let compiled):
                result.messageProgram = compiled.program
                result.messageCostMax = compiled.costMax
            }
        }
        if !rule.fieldPath.isEmpty { result.fieldPath = try? FieldPathText.read(rule.fieldPath, schema, from: place) }
        return result
    }

    private struct Compiled {
        let program: Program
        let usesOldSelf: Bool
        let costMax: UInt64
    }

    private enum Subject {
        case rule, message
    }

    private enum Problem: Error {
        case compilation(String)
        case type
        case instantiation(String, usesOldSelf: Bool)

        var usesOldSelf: Bool {
            if case .instantiation(_, let usesOldSelf) = self { return usesOldSelf }
            return false
        }

        func sentence(_ subject: Subject) -> String {
            switch (self, subject) {
            case (.compilation(let reason), .rule): "compilation failed: \(reason)"
            case (.compilation(let reason), .message): "messageExpression compilation failed: \(reason)"
            case (.type, .rule): "cel expression must evaluate to a bool"
            case (.type, .message): "messageExpression must evaluate to a string"
            case (.instantiation(let reason, _), .rule): "program instantiation failed: \(reason)"
            case (.instantiation(let reason, _), .message): "messageExpression instantiation failed: \(reason)"
            }
        }
    }

    private func compile(_ text: String, as type: CELType, _ environment: Environment) -> Result<Compiled, Problem> {
        let checked: CheckedExpression
        switch environment.compile(text) {
        case .failure(let failure): return .failure(.compilation(failure.description))
        case .success(let expression): checked = expression
        }
        guard checked.resultType == type else { return .failure(.type) }
        let usesOldSelf = checked.refers(toVariable: Self.oldSelfName)
        let (types, root) = (types, root)
        let costs = KubernetesCosts { path, _ in types.size(of: path, from: root) }
        do throws(PlanFailure) {
            let program = try environment.plan(checked)
            return .success(
                Compiled(program: program, usesOldSelf: usesOldSelf, costMax: checked.estimatedCost(costs).max))
        } catch {
            return .failure(.instantiation(error.description, usesOldSelf: usesOldSelf))
        }
    }
}

extension String {
    /// The text without space and line ends around it.
    func trimmingSpace() -> String {
        func isSpace(_ scalar: Unicode.Scalar) -> Bool { scalar.properties.isWhitespace }
        let scalars = unicodeScalars
        guard let first = scalars.firstIndex(where: { !isSpace($0) }),
            let last = scalars.lastIndex(where: { !isSpace($0) })
        else { return "" }
        return String(scalars[first...last])
    }
}
