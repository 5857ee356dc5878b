import Policies

/// Which requests a rule can be about, and what is known of them without asking it. What is said here may be too much,
/// never too little: a request that the rule would look at is never left out.
struct RuleReach: Sendable {
    /// What must be true of a request before the rule looks at it, whether the rule is asked or not.
    struct Need: Hashable, Sendable {
        let name: String
        let expression: String
    }

    let rule: ActiveRule
    let sorts: RequestSorts
    /// Whether a request is denied where the rule has no verdict: what denies nothing by its verdict denies nothing
    /// without one, and what runs after the answer has no part in it.
    let isFailClosed: Bool
    /// What namespaces' labels must be like, all of it.
    let namespaceNeeds: Set<LabelSelector.Requirement>
    /// What the labels of one and the same object must be like, all of it.
    let objectNeeds: Set<LabelSelector.Requirement>
    let needs: [Need]

    init(_ rule: ActiveRule) {
        self.rule = rule
        let settings = rule.hook.settings
        isFailClosed =
            rule.canDeny && rule.hook.phase != .after && settings.mode == .enforce
            && settings.failurePolicy != .ignore
        let sorts = Self.sorts(rule)
        self.sorts = sorts
        namespaceNeeds = Self.namespaceNeeds(rule)
        objectNeeds = Self.objectNeeds(rule)
        needs = Self.needs(rule, sorts)
    }

    /// Whether the rule names the sort's resource, rather than all resources.
    func names(_ sort: RequestSort) -> Bool { sorts.operations.keys.contains { $0.names(sort) } }
}

// MARK: what it is about

extension RuleReach {
    private static func sorts(_ rule: ActiveRule) -> RequestSorts {
        var sorts = RequestSorts(rule.match.rules.isEmpty ? [.everything] : rule.match.rules)
        sorts.remove(coveredBy: RequestSorts(rule.match.exclusions.filter { $0.names.isEmpty }))
        if let bindings = rule.bindings { sorts = limited(sorts, rule.match, bindings) }
        // What is deleted cannot be changed.
        if rule.hook.phase == .mutate { sorts = sorts.limited(to: [.create, .update, .connect]) }
        return sorts.filtered { !UnaskedRequests.covers($0) }
    }

    /// What a binding is about too. Where either counts other versions as the same resource, versions and groups do not
    /// tell requests apart.
    private static func limited(
        _ sorts: RequestSorts, _ match: MatchResources, _ bindings: [MatchResources]
    ) -> RequestSorts {
        var result = RequestSorts()
        for binding in bindings {
            guard !binding.rules.isEmpty else { return sorts }
            let bound = RequestSorts(binding.rules)
            for (sort, set) in sorts.operations {
                for (other, otherSet) in bound.operations {
                    var other = other
                    if match.isEquivalent || binding.isEquivalent { (other.group, other.version) = ("*", "*") }
                    if let common = sort.common(other) { result.insert(common, set.intersection(otherSet)) }
                }
            }
        }
        return result
    }

    private static func namespaceNeeds(_ rule: ActiveRule) -> Set<LabelSelector.Requirement> {
        var needs = Set(rule.match.namespaceSelector.requirements)
        if let bindings = rule.bindings { needs.formUnion(common(bindings.map(\.namespaceSelector))) }
        let rollout = rule.hook.settings.rollout
        if !rollout.namespaces.isEmpty {
            needs.insert(
                LabelSelector.Requirement(
                    key: LabelSelector.namespaceNameKey, operation: .isIn, values: rollout.namespaces.sorted()))
        }
        return needs
    }

    /// A selector is held against the object and against the object as it was, one by one: what a policy and its binding
    /// ask for may be true of different ones, so they are not put together.
    private static func objectNeeds(_ rule: ActiveRule) -> Set<LabelSelector.Requirement> {
        let own = Set(rule.match.objectSelector.requirements)
        return own.isEmpty ? common(rule.bindings?.map(\.objectSelector) ?? []) : own
    }

    private static func common(_ selectors: [LabelSelector]) -> Set<LabelSelector.Requirement> {
        guard let first = selectors.first else { return [] }
        return selectors.dropFirst().reduce(Set(first.requirements)) { $0.intersection($1.requirements) }
    }

    /// Conditions that cannot fail, whatever is asked: what fails is settled by the rule's own mode and failure policy, and
    /// is told, which an API server that leaves the request out does not do.
    private static func needs(_ rule: ActiveRule, _ sorts: RequestSorts) -> [Need] {
        var needs = rule.match.exclusions.filter { exclusion in
            exclusion.names.isEmpty && exclusion.sorts.contains { sorts.meets($0, exclusion.operations) }
        }.map { exclusion in
            let names = exclusion.resources.map(\.name).filter { $0 != "*" }
            return Need(
                name: "exclude-" + (names.isEmpty ? "resources" : names.joined(separator: "-")),
                expression: SortCondition.isNotAmong(RequestSorts([exclusion]).rules))
        }
        for condition in rule.conditions where TotalExpression.isTotal(condition.expression) {
            needs.append(Need(name: condition.name, expression: condition.expression))
        }
        return needs
    }
}

/// Requests that no rule is asked about, whatever it says: questions about who somebody is and what he may do, and rules
/// themselves, which an API server never asks a webhook about.
enum UnaskedRequests {
    /// Those that an API server older than 1.37 asks webhooks about.
    static let questions: [RequestSort] =
        ["selfsubjectreviews", "tokenreviews"].map { sort("authentication.k8s.io", $0) }
        + ["localsubjectaccessreviews", "selfsubjectaccessreviews", "selfsubjectrulesreviews", "subjectaccessreviews"]
        .map { sort("authorization.k8s.io", $0) }

    static let rules: [RequestSort] = [
        "mutatingadmissionpolicies", "mutatingadmissionpolicybindings", "mutatingwebhookconfigurations",
        "validatingadmissionpolicies", "validatingadmissionpolicybindings", "validatingwebhookconfigurations",
    ].map { sort("admissionregistration.k8s.io", $0) }

    static func covers(_ sort: RequestSort) -> Bool {
        questions.contains { $0.covers(sort) } || rules.contains { $0.covers(sort) }
    }

    private static func sort(_ group: String, _ resource: String) -> RequestSort {
        RequestSort(
            group: group, version: "*", resource: ResourceRule.Resource("\(resource)/*"), scope: .all)
    }
}
