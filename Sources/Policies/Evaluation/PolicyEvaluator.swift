public import Admission
import CEL
public import CELKubernetes
import HTTP
import JSON

/// Answers reviews by the policies of a set.
///
/// One loop owns an evaluator. It keeps its memory from one review to the next.
public struct PolicyEvaluator: ~Copyable {
    /// The rules.
    public let set: PolicySet
    /// What was found out about the last review; nil unless it is asked for before.
    public var trace: PolicyTrace?
    /// What answers expressions that ask who may do what.
    let session: AuthorizerSession
    let roleAuthorizer: RoleAuthorizer?
    let equivalents: EquivalentResources
    private var plans = MatchPlans<MatchPlan>()
    private var afterPlans = MatchPlans<MatchPlan>()
    var mutationPlans = MatchPlans<MutationPlan>()
    /// What carries out the mutations.
    public var mutator: Mutator
    /// What is done where mutating an object that was mutated would change it again.
    public var preflight = MutationPreflight.off
    /// The mutating policies that would change the last object that was answered once more; empty unless somebody looks.
    public internal(set) var unstablePolicies: [String] = []
    /// The last namespace that was not among the set's.
    private var lastNamespace: NamespaceEntry?

    var evaluator: Evaluator
    var decisions = DecisionList()
    /// The audit annotations of the policy that is being asked, of all its bindings.
    var annotations = AnnotationList()
    /// The namespace of the review; nil for what belongs to none.
    var namespace: NamespaceEntry?
    /// What came of the policy that is being asked.
    var outcome = PolicyOutcome()
    /// Whether the last expression that ended early did so because the time was up.
    var isOutOfTime = false

    /// The memory that the values of one evaluation may take.
    private static let arenaBytesMax = 64 << 20

    /// An evaluator. Without an authorizer the set's roles answer.
    public init(
        _ set: PolicySet, authorizer: (any Authorizer)? = nil, equivalents: EquivalentResources = .builtin
    ) {
        self.set = set
        mutator = Mutator(schemas: set.schemas)
        self.equivalents = equivalents
        let roles = authorizer == nil ? RoleAuthorizer(set.roles) : nil
        roleAuthorizer = roles
        session = AuthorizerSession(authorizer ?? roles ?? RoleAuthorizer(set.roles))
        evaluator = Evaluator(
            limits: Evaluator.Limits(cost: CostLimits.expression, arenaBytes: Self.arenaBytesMax))
    }

    /// Says whether the time for the answer is up; asked while expressions run.
    public var isTimeUp: (@Sendable () -> Bool)? {
        get { evaluator.isTimeUp }
        set { evaluator.isTimeUp = newValue }
    }

    /// Whether any policy is to be asked about requests of this sort.
    public mutating func concerns(_ review: AdmissionReview) -> Bool {
        !ExemptRequests.isExempt(review)
            && validationPlan(review).candidates.contains { !$0.bindings.isEmpty || !$0.bound.isEvaluated }
    }

    private mutating func validationPlan(_ review: AdmissionReview) -> MatchPlan {
        plans.plan(for: review) { MatchPlan(set.validating, review, equivalents) }
    }

    /// Adds to the answer what the policies say.
    public mutating func review(_ review: AdmissionReview, _ response: inout ReviewResponse) {
        if ExemptRequests.isExempt(review) { return }
        let plan = validationPlan(review)
        if plan.candidates.isEmpty, trace == nil { return }
        prepare(review)
        for index in plan.candidates.indices where plan.candidates[index].bound.isEvaluated {
            ask(plan.candidates[index], review, &response)
        }
        if trace?.explains == true { noteOthers(plan.candidates.map(\.bound.policy.name), review) }
    }

    /// Finds out what policies may want to know about a request; to be called before they are asked one by one.
    public mutating func prepare(_ review: AdmissionReview) {
        findNamespace(review)
        if let roleAuthorizer { unsafe roleAuthorizer.user = review.userInfo }
    }

    mutating func findNamespace(_ review: AdmissionReview) {
        namespace = nil
        guard let name = review.namespace.node, !review.namespace.isEmpty else { return }
        if let known = set.objects.namespace(name) {
            namespace = known
            return
        }
        let isLast = lastNamespace.map { name.equals($0.name.utf8.span) } ?? false
        if !isLast { lastNamespace = NamespaceEntry(named: name.string ?? "") }
        namespace = lastNamespace
    }

    // MARK: policies and bindings

    mutating func ask(
        _ candidate: MatchPlan.Candidate, _ review: AdmissionReview, _ response: inout ReviewResponse
    ) {
        // Without a binding that is about such requests only a trace has use for the policy.
        if candidate.bindings.isEmpty, trace == nil { return }
        let facts = NamespaceFacts(labels: namespace?.labels)
        let policy = candidate.bound.policy
        guard case .something(let equivalent) = candidate.hits.match(review, facts) else {
            return note(policy.name, isMatched: false, candidate.hits, review)
        }
        note(policy.name, isMatched: true, candidate.hits, review)
        annotations.removeAll()
        for index in candidate.bindings.indices {
            let binding = candidate.bindings[index]
            if let hits = binding.hits, case .nothing = hits.match(review, facts) {
                note(binding.binding, isMatched: false, hits, review)
                continue
            }
            note(binding.binding, isMatched: true, binding.hits, review)
            let question = PolicyQuestion(
                policy: policy, binding: binding.binding, review: review, equivalent: equivalent)
            ask(question, &response)
        }
        annotations.publish(policy.name, &response)
    }

    private mutating func ask(_ question: PolicyQuestion, _ response: inout ReviewResponse) {
        switch ParamSelection(question, set.objects) {
        case .none: evaluate(question, nil, &response)
        case .failure(let problem):
            trace?.fail(problem)
            outcome.fail(.error, "failed to configure binding: \(problem)", question.policy.failurePolicy)
            guard question.policy.failurePolicy == .fail else { return }
            question.deny("failed to configure binding: \(problem)", .invalid, field: "spec.paramRef", &response)
        case .objects(let objects):
            for index in objects.indices { evaluate(question, objects[index], &response) }
        }
    }
}

// MARK: for those who ask policy by policy

extension PolicyEvaluator {
    /// What may validate requests of this sort, in the order in which it is asked; nil where nothing does.
    public mutating func validations(for review: AdmissionReview) -> MatchPlan? {
        if set.validating.isEmpty || ExemptRequests.isExempt(review) { return nil }
        let plan = validationPlan(review)
        return plan.candidates.isEmpty ? nil : plan
    }

    /// What may run after the answer to requests of this sort; nil where nothing does.
    public mutating func aftermath(of review: AdmissionReview) -> MatchPlan? {
        if set.after.isEmpty || ExemptRequests.isExempt(review) { return nil }
        let plan = afterPlans.plan(for: review) { MatchPlan(set.after, review, equivalents) }
        return plan.candidates.isEmpty ? nil : plan
    }

    /// Asks the policy at a place of the plan, and adds to the answer what it says.
    public mutating func ask(
        _ plan: MatchPlan, _ index: Int, _ review: AdmissionReview, _ response: inout ReviewResponse
    ) -> PolicyOutcome {
        outcome = PolicyOutcome()
        ask(plan.candidates[index], review, &response)
        return outcome
    }

    /// Whether the constraints of the policy at a place of the plan let a request through to its expressions.
    public func selects(_ plan: MatchPlan, _ index: Int, _ review: AdmissionReview) -> Bool {
        let candidate = plan.candidates[index]
        let facts = NamespaceFacts(labels: namespace?.labels)
        guard case .something = candidate.hits.match(review, facts) else { return false }
        return candidate.bindings.contains { binding in
            guard let hits = binding.hits else { return true }
            if case .something = hits.match(review, facts) { return true }
            return false
        }
    }

    /// Whether the hook at a place of the plan, which asks somebody else, is about the request.
    public mutating func matches(_ plan: MatchPlan, _ index: Int, _ review: AdmissionReview) -> HookMatch {
        matches(plan.candidates[index], review)
    }

    /// What tells a request apart for the cache of the hook at a place of the plan; nil where it has none, or where the
    /// expression fails.
    public mutating func cacheKey(_ plan: MatchPlan, _ index: Int, _ review: AdmissionReview) -> [UInt8]? {
        cacheKey(plan.candidates[index].bound, review)
    }

    private mutating func matches(_ candidate: MatchPlan.Candidate, _ review: AdmissionReview) -> HookMatch {
        guard case .something(let equivalent) = candidate.hits.match(review, NamespaceFacts(labels: namespace?.labels))
        else { return .no }
        return matches(candidate.bound, equivalent, review)
    }

    mutating func matches(_ bound: BoundPolicy, _ hits: RuleHits, _ review: AdmissionReview) -> HookMatch {
        guard case .something(let equivalent) = hits.match(review, NamespaceFacts(labels: namespace?.labels)) else {
            return .no
        }
        return matches(bound, equivalent, review)
    }

    /// Whether the conditions of a policy that a request has hit are met.
    private mutating func matches(
        _ bound: BoundPolicy, _ equivalent: VersionedResource?, _ review: AdmissionReview
    ) -> HookMatch {
        if bound.policy.conditions.isEmpty { return .yes }
        evaluator.reset()
        bind(bound.policy.slots, review, equivalent, nil, bound.policy.variables)
        bindNamespace(bound.policy.slots, review, isHidden: true)
        isOutOfTime = false
        switch checkConditions(bound.policy.conditions, .fail) {
        case .met: return .yes
        case .notMet, .ignored: return .no
        case .failed(let problem): return .failed(isOutOfTime ? .time : .error, problem)
        }
    }

    mutating func cacheKey(_ bound: BoundPolicy, _ review: AdmissionReview) -> [UInt8]? {
        guard let program = bound.cacheKey else { return nil }
        evaluator.reset()
        bind(bound.policy.slots, review, nil, nil, bound.policy.variables)
        bindNamespace(bound.policy.slots, review, isHidden: false)
        var budget = CostLimits.expression
        guard case .value(let value) = run(program, &budget) else { return nil }
        let text = ValueText.text(of: value, &evaluator, bytesMax: Self.cacheKeyBytesMax)
        // A longer text is cut: two requests that differ behind the cut would be one.
        return text.utf8.count < Self.cacheKeyBytesMax ? Array(text.utf8) : nil
    }

    private static var cacheKeyBytesMax: Int { 64 << 10 }
}

/// What expressions may cost, as the API server limits it.
enum CostLimits {
    /// One expression.
    static let expression: UInt64 = 1_000_000
    /// All validations of a policy, and with them their messages, for one binding and one parameter.
    static let evaluation: UInt64 = 10_000_000
    /// All match conditions.
    static let matchConditions: UInt64 = 2_500_000
}

/// A policy that matched, by a binding that matched.
struct PolicyQuestion {
    let policy: ValidatingPolicy
    let binding: PolicyBinding
    let review: AdmissionReview
    /// The version that the policy's rule names, where the request names another.
    let equivalent: VersionedResource?

    /// Denies in the API server's words.
    func deny(
        _ message: String, _ reason: DenialReason, field: String, _ response: inout ReviewResponse
    ) {
        let text =
            binding.isImplied
            ? "hook '\(policy.name)' denied request: \(message)"
            : "ValidatingAdmissionPolicy '\(policy.name)' with binding '\(binding.name)' denied request: \(message)"
        if response.isAllowed {
            response.deny(code: reason.code, reason: reason.bytes)
            response.message.removeAll()
            response.message.append(text)
        }
        response.addCause(reason: reason.rawValue.utf8.span, message: text.utf8.span, field: field.utf8.span)
    }
}

/// The parameters that a binding gives to its policy.
enum ParamSelection {
    /// The policy has no parameters, or the binding gives none.
    case none
    case objects([StoredObject])
    case failure(String)

    init(_ question: PolicyQuestion, _ store: ObjectStore) {
        self.init(question.policy.paramKind, question.binding.reference, question.review.namespace, store)
    }

    init(_ kind: ParamKind?, _ reference: ParamReference?, _ requestNamespace: ReviewText, _ store: ObjectStore) {
        guard let kind, let reference else {
            self = .none
            return
        }
        let table = store.table(kind)
        var namespace = ""
        if let table, table.isClusterScoped {
            guard reference.namespace.isEmpty else {
                self = .failure("paramRef.namespace must not be provided for a cluster-scoped `paramKind`")
                return
            }
        } else {
            namespace = reference.namespace.isEmpty ? requestNamespace.string : reference.namespace
            if namespace.isEmpty, KindScopes.isClusterScoped(kind) != true {
                self = .failure(
                    "cannot use namespaced paramRef in policy binding that matches cluster-scoped resources")
                return
            }
        }
        let found = (table?.objects ?? []).filter { object in
            guard object.namespace == namespace else { return false }
            if let selector = reference.selector { return selector.matches(object.labels) }
            return object.name == reference.name
        }
        if found.isEmpty, reference.deniesWhenMissing {
            self = .failure("no params found for policy binding with `Deny` parameterNotFoundAction")
        } else {
            self = .objects(found)
        }
    }
}
