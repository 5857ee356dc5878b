import CEL
import CELKubernetes

/// Knows a policy's own variables beside the types that all policies have.
///
/// One for each policy: it learns of variables while the policy is compiled, on one thread, and environments share it.
final class VariableTypes: TypeProvider, @unchecked Sendable {
    static let name = "kubernetes.variables"

    private let others: any TypeProvider
    var fields: [String: CELType] = [:]

    init(others: any TypeProvider) { self.others = others }

    func hasObject(_ name: String) -> Bool { name == Self.name || others.hasObject(name) }

    func field(_ field: String, of object: String) -> CELType? {
        object == Self.name ? fields[field] : others.field(field, of: object)
    }
}

/// The slots that the variables of all expressions have.
struct VariableSlots: Sendable {
    let object: Int
    let oldObject: Int
    let namespaceObject: Int
    let request: Int
    let params: Int?
    let authorizer: Int
    let requestResource: Int
    let variables: Int?
    /// Whether any expression asks an authorizer.
    let asksAuthorizer: Bool

    init(_ environment: Environment, asksAuthorizer: Bool) {
        self.asksAuthorizer = asksAuthorizer
        object = environment.slot(of: "object") ?? 0
        oldObject = environment.slot(of: "oldObject") ?? 0
        namespaceObject = environment.slot(of: "namespaceObject") ?? 0
        request = environment.slot(of: "request") ?? 0
        params = environment.slot(of: "params")
        authorizer = environment.slot(of: "authorizer") ?? 0
        requestResource = environment.slot(of: "authorizer.requestResource") ?? 0
        variables = environment.slot(of: "variables")
    }
}

/// Compiles the expressions of one policy, in the order in which they may refer to each other.
struct ExpressionCompiler: Sendable {
    /// What an expression may ask beside the objects.
    enum Scope {
        /// An authorizer, and the policy's variables.
        case full
        /// The policy's variables.
        case message
        /// An authorizer.
        case matchCondition
    }

    /// What an expression must give.
    enum Result {
        case anything
        case one(of: [CELType])
    }

    private let hasParams: Bool
    private let composes: Bool
    private let patches: Bool
    private let types: VariableTypes
    /// The environment that all programs are planned in, so that variables have the same slots in all of them.
    private var plan: Environment
    private var asksAuthorizer = false
    /// The policy's variables, as far as they were compiled.
    private(set) var fields: [LazyFields.Field] = []
    /// What computes the variables, as it was written.
    private(set) var variableTexts: [(name: String, text: String)] = []

    init(hasParams: Bool, composes: Bool, patches: Bool = false) {
        self.hasParams = hasParams
        self.composes = composes
        self.patches = patches
        types = VariableTypes(others: patches ? MutationTypes() : ObjectTypes.admission)
        plan = Self.environment(hasParams: hasParams, hasAuthorizer: true, composes: composes, patches: patches)
    }

    var slots: VariableSlots { VariableSlots(plan, asksAuthorizer: asksAuthorizer) }

    /// The environments before any variables: there are only so many, and making one takes a while.
    private static let environments: [Environment] = (0..<16).map { bits in
        Environment.admission(
            AdmissionVariables(
                hasParams: bits & 1 != 0, hasAuthorizer: bits & 2 != 0, hasPatchTypes: bits & 8 != 0,
                composition: bits & 4 != 0 ? VariableTypes.name : nil))
    }

    /// An environment before any variables.
    static func environment(
        hasParams: Bool, hasAuthorizer: Bool, composes: Bool, patches: Bool
    ) -> Environment {
        let bits = (hasParams ? 1 : 0) | (hasAuthorizer ? 2 : 0) | (composes ? 4 : 0) | (patches ? 8 : 0)
        return environments[bits]
    }

    private func environment(_ scope: Scope) -> Environment {
        let sees = composes && scope != .matchCondition
        var environment = Self.environment(
            hasParams: hasParams, hasAuthorizer: scope != .message, composes: sees,
            patches: patches && scope != .matchCondition)
        if sees { environment.types = types }
        return environment
    }

    /// The program of an expression; nil where it is refused, and `errors` says why. `shown` is the text as errors show
    /// it, where it is not as it is compiled.
    mutating func compile(
        _ text: String, _ scope: Scope, _ result: Result, _ field: Field, _ errors: FieldErrors, shown: String? = nil
    ) -> Program? {
        switch check(text, scope, result) {
        case .success(let program): return program
        case .failure(let refusal):
            readsUnknown = true
            errors.invalid(field, shown ?? text, refusal.message)
            return nil
        }
    }

    /// Whether an expression could not be read, so that nobody knows what it would have.
    private var readsUnknown = false
    /// Whether any expression reads the parameters.
    private var readsParams = false
    /// The variables that expressions read.
    private var variablesRead: Set<String> = []

    /// Notes what an expression reads.
    private mutating func note(_ expression: CheckedExpression) {
        if hasParams, expression.refers(toVariable: "params") { readsParams = true }
        guard composes else { return }
        let tree = expression.tree
        for node in tree.nodes {
            switch node {
            case .select(let operand, let name, _) where isVariables(tree[operand]): variablesRead.insert(name)
            case .call("_?._", nil, let arguments) where arguments.count == 2 && isVariables(tree[arguments[0]]):
                if case .literal(.string(let name)) = tree[arguments[1]] { variablesRead.insert(name) }
            default: break
            }
        }
    }

    private func isVariables(_ node: Expression) -> Bool {
        if case .identifier("variables") = node { return true }
        return false
    }

    /// Notes variables that nothing reads, and parameters that nothing asks for; to be called once, at the end.
    mutating func warnOfUnused(_ spec: Field, _ variables: [Field], _ errors: FieldErrors) {
        defer { variablesRead = [] }
        if readsUnknown { return }
        for field in variables {
            let name = field["name"].text(FieldErrors())
            if variablesRead.contains(name) { continue }
            errors.warn("no expression reads the variable \"\(name)\"", field["name"])
        }
        if hasParams, !readsParams { errors.warn("no expression reads params", spec["paramKind"]) }
    }

    /// The parts of an expression that was compiled before, each ready to run, for explanations. Behind a loop comes what
    /// its test says of each element; what is given and not computed is left out.
    func parts(_ text: String, _ scope: Scope) -> [(text: String, depth: Int, program: Program)] {
        let environment = environment(scope)
        guard case .success(let checked) = environment.compile(text) else { return [] }
        var plan = plan
        if composes { plan.types = types }
        var parts: [(text: String, depth: Int, program: Program)] = []
        for (id, depth) in checked.parts {
            if case .identifier = checked.tree[id], depth > 0 { continue }
            guard let program = try? plan.plan(checked, part: id) else { continue }
            parts.append((checked.tree.text(of: id), depth, program))
            guard let text = checked.tree.textOfTests(id), case .success(let tests) = environment.compile(text),
                let program = try? plan.plan(tests)
            else { continue }
            parts.append((text, depth + 1, program))
        }
        return parts
    }

    struct Refusal: Error { let message: String }

    private mutating func check(
        _ text: String, _ scope: Scope, _ result: Result
    ) -> Swift.Result<Program, Refusal> {
        let environment = environment(scope)
        switch environment.compile(text) {
        case .failure(let failure): return .failure(Refusal(message: "compilation failed: \(failure)"))
        case .success(let checked):
            note(checked)
            if let complaint = result.complaint(checked.resultType) { return .failure(Refusal(message: complaint)) }
            if checked.refers(toVariable: "authorizer") || checked.refers(toVariable: "authorizer.requestResource") {
                asksAuthorizer = true
            }
            var plan = plan
            if composes { plan.types = types }
            do throws(PlanFailure) {
                return .success(try plan.plan(checked))
            } catch {
                return .failure(Refusal(message: "program instantiation failed: \(error)"))
            }
        }
    }

    /// Compiles a variable, which later expressions may refer to.
    mutating func add(variable name: String, _ text: String, _ field: Field, _ errors: FieldErrors) {
        let program = compile(text, .full, .anything, field, errors)
        let isKnown = types.fields.updateValue(program.map { Self.open($0.resultType) } ?? .dyn, forKey: name) != nil
        guard let program else { return }
        variableTexts.append((name, text))
        // Variables are evaluated inside of other expressions: each has slots that nobody else uses.
        let slot = program.slotCount
        plan.reservedSlotCount = slot + 1
        if isKnown {
            fields.removeAll { $0.name == name }
            variableTexts.removeAll { $0.name == name && $0.text != text }
        }
        fields.append(LazyFields.Field(name: name, slot: slot, program: program))
    }

    /// The type of a variable as others see it: what is no plain value, list or map could be anything.
    static func open(_ type: CELType) -> CELType {
        switch type {
        case .any, .bool, .bytes, .double, .duration, .int, .null, .string, .timestamp, .uint: type
        case .list(let element): .list(open(element))
        case .map(let key, let value): .map(open(key), open(value))
        default: .dyn
        }
    }
}

extension ExpressionCompiler.Result {
    func complaint(_ type: CELType) -> String? {
        guard case .one(let types) = self, !types.contains(type) else { return nil }
        if types.count == 1 {
            return "must evaluate to \(types[0].runtimeDescription) but got \(type.runtimeDescription)"
        }
        let list = types.map(\.runtimeDescription).joined(separator: " ")
        return "must evaluate to one of [\(list)] but got \(type.runtimeDescription)"
    }
}
