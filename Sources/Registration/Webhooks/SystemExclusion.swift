import Policies

/// Requests that keep a cluster going, which webhooks stay away from unless a rule names their resource: what a rule says
/// of all resources is hardly meant for them, and who is down cannot answer for them.
struct SystemExclusion: Sendable {
    /// The name of the condition.
    let name: String
    let sorts: [RequestSort]
    /// Whether no rule can be about them at all, so that naming them changes nothing.
    var isAlways = false

    static let all: [SystemExclusion] = [
        SystemExclusion(
            name: "exclude-leases",
            sorts: [sort("coordination.k8s.io", "leases/*"), sort("coordination.k8s.io", "leasecandidates/*")]),
        SystemExclusion(name: "exclude-nodes", sorts: [sort("", "nodes/*")]),
        SystemExclusion(
            name: "exclude-pod-lifecycle",
            sorts: [
                sort("", "bindings"), sort("", "pods/binding"), sort("", "pods/eviction"), sort("", "pods/status"),
                sort("", "serviceaccounts/token"),
            ]),
        SystemExclusion(
            name: "exclude-signing-requests", sorts: [sort("certificates.k8s.io", "certificatesigningrequests/*")]),
        SystemExclusion(name: "exclude-events", sorts: [sort("", "events/*"), sort("events.k8s.io", "events/*")]),
        SystemExclusion(name: "exclude-access-reviews", sorts: UnaskedRequests.questions, isAlways: true),
    ]

    private static func sort(_ group: String, _ resource: String) -> RequestSort {
        RequestSort(group: group, version: "*", resource: ResourceRule.Resource(resource), scope: .all)
    }

    /// Those of the sorts that a webhook for these rules must leave out: they are within its reach, and no rule names them.
    func sorts(for reaches: [RuleReach], _ reach: RequestSorts) -> [RequestSort] {
        sorts.filter { sort in
            reach.meets(sort, .all) && (isAlways || !reaches.contains { $0.names(sort) })
        }
    }

    /// The condition that leaves these out.
    func condition(for sorts: [RequestSort]) -> ActiveRule.Condition {
        var set = RequestSorts()
        for sort in sorts { set.insert(sort, .all) }
        return ActiveRule.Condition(name: name, expression: SortCondition.isNotAmong(set.rules))
    }
}
