import JSON

/// A rule that takes part in answers, as those see it who ask which requests it is about: a policy with bindings, or a hook.
package struct ActiveRule: Sendable {
    /// A condition that requests must fulfil, as it was written.
    package struct Condition: Hashable, Sendable {
        package let name: String
        package let expression: String

        package init(name: String, expression: String) { (self.name, self.expression) = (name, expression) }
    }

    package let hook: HookRule
    /// The document's kind and name.
    package let key: String
    package let match: MatchResources
    /// What the bindings add: a request must be that of any of them; nil where one is about all that its policy is about.
    package let bindings: [MatchResources]?
    package let conditions: [Condition]
    package let hasParams: Bool
    /// Whether what it says can deny a request.
    package let canDeny: Bool
    /// Whether it runs again where a later rule changed the object.
    package let isReinvoked: Bool
    /// Where it stands; nil where that is not known.
    package let place: PlacedDocument?
    /// The fields in which it says what it is about: `spec.matchConstraints` or `spec.match`.
    package let matchField: String

    /// The resource rule of that number, as it was written.
    package func resourceRule(_ index: Int) -> Field? {
        guard let root = place?.root else { return nil }
        let part = matchField.hasSuffix("Constraints") ? "matchConstraints" : "match"
        let list = Field(root: root)["spec"][part]["resourceRules"].elements(FieldErrors())
        return list.indices.contains(index) ? list[index] : nil
    }
}

extension ActiveRule {
    fileprivate init(
        _ hook: HookRule, _ policy: ValidatingPolicy, _ bindings: [PolicyBinding], _ loader: RuleLoader
    ) {
        self.hook = hook
        (key, matchField) = Self.place(hook, policy.name, "ValidatingAdmissionPolicy")
        match = policy.match
        self.bindings = Self.matches(bindings)
        conditions = policy.conditions.map { Condition(name: $0.name, expression: $0.expression) }
        hasParams = policy.paramKind != nil
        canDeny = bindings.contains { $0.actions.contains(.deny) } || hook.run != nil
        isReinvoked = false
        place = loader.document(key)
    }

    fileprivate init(_ hook: HookRule, _ policy: MutatingPolicy, _ bindings: [PolicyBinding], _ loader: RuleLoader) {
        self.hook = hook
        (key, matchField) = Self.place(hook, policy.name, "MutatingAdmissionPolicy")
        match = policy.match
        self.bindings = Self.matches(bindings)
        conditions = policy.conditions.map { Condition(name: $0.name, expression: $0.expression) }
        hasParams = policy.paramKind != nil
        canDeny = true
        isReinvoked = policy.isReinvoked
        place = loader.document(key)
    }

    private static func place(_ hook: HookRule, _ name: String, _ kind: String) -> (String, String) {
        hook.origin == .hook ? ("Hook \(name)", "spec.match") : ("\(kind) \(name)", "spec.matchConstraints")
    }

    private static func matches(_ bindings: [PolicyBinding]) -> [MatchResources]? {
        let matches = bindings.compactMap(\.match)
        return matches.count == bindings.count && !matches.isEmpty ? matches : nil
    }

    /// The rules of a set that are asked: those that are switched off, and policies that nothing binds, are not.
    static func all(of set: PolicySet, _ loader: RuleLoader) -> [ActiveRule] {
        var rules: [ActiveRule] = []
        for bound in set.validating + set.after where !bound.bindings.isEmpty || !bound.isEvaluated {
            rules.append(ActiveRule(bound.hook, bound.policy, bound.bindings, loader))
        }
        for bound in set.mutating {
            switch bound.work {
            case .policy(let policy, let bindings):
                if !bindings.isEmpty { rules.append(ActiveRule(bound.hook, policy, bindings, loader)) }
            case .other(let other): rules.append(ActiveRule(bound.hook, other.policy, other.bindings, loader))
            }
        }
        return rules.filter { $0.hook.settings.mode != .off }
    }
}

/// What rule files say of a namespace.
package struct KnownNamespace: Sendable {
    package let name: String
    package let labels: [String: String]

    init?(_ node: JSONNode) {
        guard let name = node["metadata"]?["name"]?.string else { return nil }
        self.name = name
        var labels: [String: String] = [:]
        if let list = node["metadata"]?["labels"] {
            for member in list.members { labels[member.key.string ?? ""] = member.value.string ?? "" }
        }
        self.labels = labels
    }
}
