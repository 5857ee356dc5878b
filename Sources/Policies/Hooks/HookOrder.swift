/// Puts the hooks of a set into the order in which they are asked.
struct HookOrder {
    private var numbering = HookNumbering()
    private(set) var validating: [BoundPolicy] = []
    private(set) var mutating: [BoundMutation] = []
    private(set) var after: [BoundPolicy] = []

    var rules: [HookRule] { numbering.rules }

    init(_ documents: RuleDocuments) {
        let bindings = Dictionary(grouping: documents.bindings, by: \.policyName)
        for policy in documents.policies {
            validating.append(BoundPolicy(numbering.add(policy), policy, bindings[policy.name] ?? []))
        }
        let mutatingBindings = Dictionary(grouping: documents.mutatingBindings, by: \.policyName)
        for policy in documents.mutatingPolicies {
            let work = BoundMutation.Work.policy(policy, mutatingBindings[policy.name] ?? [])
            mutating.append(BoundMutation(numbering.add(policy), work))
        }
        for hook in documents.hooks.sorted(by: { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }) { add(hook) }
        validating = Self.byWeight(validating, \.hook)
        mutating = Self.byWeight(mutating, \.hook)
        after = Self.byWeight(after, \.hook)
    }

    private mutating func add(_ hook: HookDocument) {
        let rule = numbering.add(hook)
        if let mutations = hook.mutations {
            mutating.append(BoundMutation(rule, .policy(mutations, [PolicyBinding(impliedFor: hook.name)])))
        }
        guard let checks = hook.checks else { return }
        let bindings = hook.run == nil ? [PolicyBinding(impliedFor: hook.name)] : []
        let bound = BoundPolicy(rule, checks, bindings, cacheKey: hook.cacheKey)
        switch hook.phase {
        case .mutate: mutating.append(BoundMutation(rule, .other(bound)))
        case .validate: validating.append(bound)
        case .after: after.append(bound)
        }
    }

    /// By weight; what weighs the same stays in its order.
    private static func byWeight<Bound>(_ list: [Bound], _ hook: (Bound) -> HookRule) -> [Bound] {
        list.enumerated().sorted { one, other in
            (hook(one.element).settings.weight, one.offset) < (hook(other.element).settings.weight, other.offset)
        }.map(\.element)
    }
}
