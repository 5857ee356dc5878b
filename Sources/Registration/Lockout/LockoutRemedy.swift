import Policies

/// What to add so that vital requests are left out.
struct LockoutRemedy {
    private let area: VitalRequest.Area
    private let requests: [VitalRequest]

    init(_ area: VitalRequest.Area, _ requests: [VitalRequest]) { (self.area, self.requests) = (area, requests) }

    /// Where everything is in a few namespaces, these can be left out by name.
    private var namespaces: [String] {
        switch area {
        case .ownNamespace, .systemNamespace, .nodeLeases, .leaderElection: Set(requests.map(\.namespace)).sorted()
        case .nodes, .signingRequests, .podLifecycle, .accessReviews: []
        }
    }

    private func selector(_ field: String) -> String {
        let names = namespaces.joined(separator: ", ")
        return "add to \(field).namespaceSelector: {matchExpressions: [{key: \(LabelSelector.namespaceNameKey), "
            + "operator: NotIn, values: [\(names)]}]}"
    }

    /// For a rule, at which it is said who may be left out: what a rule names, it hardly wants left out altogether.
    func text(for rule: ActiveRule) -> String {
        if !namespaces.isEmpty { return selector(rule.matchField) + ", or do not include them when registering" }
        let field = rule.matchField == "spec.match" ? "spec.match.matchConditions" : "spec.matchConditions"
        return "take it out of the rule, set failurePolicy: Ignore, or add to \(field): {name: exclude-system-users, "
            + "expression: \"!request.userInfo.username.startsWith('system:')\"}"
    }

    /// For a webhook of a configuration.
    func text(forWebhook field: String) -> String {
        if !namespaces.isEmpty { return selector(field) }
        var sorts = RequestSorts()
        for request in requests {
            var sort = request.sort
            (sort.version, sort.scope) = ("*", .all)
            sorts.insert(sort, .all)
        }
        let name = "exclude-\(requests[0].resource.name)"
        return
            "add to \(field).matchConditions: {name: \(name), expression: \"\(SortCondition.isNotAmong(sorts.rules))\"}"
    }
}
