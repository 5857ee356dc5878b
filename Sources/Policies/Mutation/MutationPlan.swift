import Admission

/// What may change objects in a sort of request, policies with their bindings that can: found once for each sort.
public final class MutationPlan {
    struct Candidate {
        let bound: BoundMutation
        let hits: RuleHits
        let bindings: [Binding]
    }

    struct Binding {
        let binding: PolicyBinding
        /// Nil where the binding is about everything that its policy is about.
        let hits: RuleHits?
    }

    let candidates: [Candidate]

    init(_ set: PolicySet, _ review: AdmissionReview, _ equivalents: EquivalentResources) {
        let others = equivalents.others(
            group: JSONText(review.resource.group), version: JSONText(review.resource.version),
            resource: JSONText(review.resource.resource), part: JSONText(review.subResource))
        candidates = set.mutating.compactMap { bound in
            let hits = RuleHits(bound.match, review, others)
            guard hits.isPossible else { return nil }
            guard case .policy(_, let own) = bound.work else {
                return Candidate(bound: bound, hits: hits, bindings: [])
            }
            let bindings = own.compactMap { binding -> Binding? in
                guard let match = binding.match else { return Binding(binding: binding, hits: nil) }
                let hits = RuleHits(match, review, others)
                return hits.isPossible ? Binding(binding: binding, hits: hits) : nil
            }
            return Candidate(bound: bound, hits: hits, bindings: bindings)
        }
    }

    /// How many there are.
    public var count: Int { candidates.count }

    /// The hook at a place.
    public func hook(_ index: Int) -> HookRule { candidates[index].bound.hook }

    /// Whether evaluating its expressions is all there is to do for the hook at a place.
    public func isEvaluated(_ index: Int) -> Bool { candidates[index].bound.hook.run == nil }
}

/// One policy that is to be carried out: by one binding, with one parameter or none.
struct MutationCall {
    /// What tells calls apart from one pass to the next.
    struct Key: Hashable {
        let policy: String
        let binding: String
        let param: String
    }

    let hook: HookRule
    let policy: MutatingPolicy
    let binding: PolicyBinding
    let param: StoredObject?
    let equivalent: VersionedResource?
    /// Why there is nothing to carry out: the parameters cannot be used, which is noted already.
    var problem: String?

    var key: Key {
        Key(
            policy: policy.name, binding: binding.name, param: param.map { "\($0.namespace)/\($0.name)" } ?? "")
    }
}

/// Which policies run again, because something changed the object after them.
struct ReinvocationRecord {
    private var invoked: Set<MutationCall.Key> = []
    private var due: Set<MutationCall.Key> = []
    /// Whether there is to be another pass at all.
    private(set) var isNeeded = false

    func isDue(_ call: MutationCall) -> Bool { due.contains(call.key) }

    /// The object changed: whatever ran before and may run again is due.
    mutating func noteChange() {
        isNeeded = true
        due.formUnion(invoked)
        invoked.removeAll()
    }

    mutating func noteInvocation(_ call: MutationCall) {
        if call.policy.isReinvoked { invoked.insert(call.key) }
    }
}

/// A failure of a policy that denies the request.
struct MutationFailure {
    let message: String
    let reason: StaticString
    let code: Int
    let field: String

    /// What goes wrong with a binding's parameters is about the configuration.
    static func configuration(_ policy: MutatingPolicy, _ binding: PolicyBinding, _ problem: String) -> MutationFailure
    {
        MutationFailure(
            message: Self.message(policy, binding, "failed to configure binding: \(problem)"), reason: "Forbidden",
            code: 403, field: "spec.paramRef")
    }

    /// A part of the policy failed.
    static func policy(_ call: MutationCall, _ problem: String, field: String) -> MutationFailure {
        MutationFailure(
            message: Self.message(call.policy, call.binding, problem), reason: "Invalid", code: 403, field: field)
    }

    private static func message(_ policy: MutatingPolicy, _ binding: PolicyBinding, _ problem: String) -> String {
        if binding.isImplied { return "hook '\(policy.name)' denied request: \(problem)" }
        return "policy '\(policy.name)' with binding '\(binding.name)' denied request: \(problem)"
    }
}
