import Admission
import HTTP
package import Policies
import Reactor

/// Derives the webhooks that a set of rules needs.
///
/// The rules of each group of the endpoints' paths (the label `portcullis.dev/group`) have webhooks of their own, for each
/// phase one that fails closed and one that fails open: what an API server does when nobody answers is for a webhook to
/// say, while a server that answers settles every rule by that rule's own failure policy.
///
/// Both webhooks of a group have the same path, and whoever is asked there asks *all* rules of the group that are about the
/// request. So a request goes to one of them only: the one that fails open leaves out what the other asks about. That way
/// a review is decided once, by its rules in their order and with all violations in one answer; what runs after the answer
/// knows the whole verdict and runs once; nothing is mutated twice; and with nobody there a request is denied if any rule
/// that fails closed may be about it, and admitted if only others are. (Two webhooks that each asked rules of one failure
/// policy would lose the order between them, and show a client the violations of whichever answers first.)
///
/// What a rule says of selectors and conditions moves into a webhook as far as leaving those requests out is certain to
/// change nothing.
package struct RegistrationPlan: Sendable {
    /// What is left out on top of what the rules leave out.
    package struct Exclusions: Sendable {
        /// Namespaces that nobody is asked about, objects that are namespaces included.
        package var namespaces: [String]

        package init(namespaces: [String]) { self.namespaces = Array(Set(namespaces)).sorted() }

        /// The namespaces that keep a cluster going.
        package static let systemNamespaces = ["kube-node-lease", "kube-system"]
    }

    package private(set) var webhooks: [Webhook] = []
    /// What somebody who registers should know.
    package private(set) var notes: [String] = []
    /// Why rules cannot be registered.
    package private(set) var problems: [RuleProblem] = []

    private let exclusions: Exclusions
    private let registration: String

    /// The webhooks for rules, under that registration's name.
    package init(_ rules: [ActiveRule], named registration: String, _ exclusions: Exclusions) {
        self.exclusions = exclusions
        self.registration = registration
        let reaches = rules.map(RuleReach.init)
        for phase in Webhook.Phase.allCases {
            add(phase, reaches.filter { ($0.rule.hook.phase == .mutate) == (phase == .mutate) && !$0.sorts.isEmpty })
        }
        for reach in reaches { note(reach) }
    }

    /// The paths of hooks that belong to no group, where others do: the plain paths ask every hook.
    package static func path(_ phase: Webhook.Phase, group: String, hasGroups: Bool) -> String {
        if !group.isEmpty { return "/\(phase.rawValue)/\(group)" }
        return hasGroups ? "/ungrouped/\(phase.rawValue)" : "/\(phase.rawValue)"
    }

    private mutating func add(_ phase: Webhook.Phase, _ reaches: [RuleReach]) {
        let groups = Dictionary(grouping: reaches) { $0.rule.hook.settings.group }
        let order = groups.keys.sorted { one, other in
            let weights = [one, other].map { groups[$0]?.map(\.rule.hook.settings.weight).min() ?? 0 }
            return (weights[0], one) < (weights[1], other)
        }
        for group in order {
            let members = groups[group] ?? []
            if !group.isEmpty, !NameRules.subdomain(group).isEmpty { refuse(group, members) }
            let path = Self.path(phase, group: group, hasGroups: groups.keys.contains { !$0.isEmpty })
            for var webhook in webhooks(phase, group, members) {
                webhook.path = path
                webhooks.append(webhook)
            }
        }
    }

    /// A webhook's path has names of DNS between its slashes, labels may be more.
    private mutating func refuse(_ group: String, _ reaches: [RuleReach]) {
        for reach in reaches {
            guard let place = reach.rule.place else { continue }
            let labels = Field(root: place.root)["metadata"]["labels"]
            problems.append(
                place.problem(
                    "the group \(RuleText.quoted(group)) cannot be in the path of a webhook: use small letters, digits, "
                        + "'-' and '.'", at: labels.anchor, path: "metadata.labels", severity: .error))
        }
    }

    private mutating func note(_ reach: RuleReach) {
        if reach.sorts.isEmpty {
            notes.append("\(reach.rule.key) is about requests only that no webhook is asked about; it is left out")
        }
        for need in reach.namespaceNeeds
        where need.key == LabelSelector.namespaceNameKey && need.operation == .isIn
            && Set(need.values).isSubset(of: exclusions.namespaces)
        {
            let names = need.values.joined(separator: ", ")
            notes.append("\(reach.rule.key) is about \(names) only, which is excluded; see --include-namespace")
        }
    }
}

// MARK: the webhooks of a group

extension RegistrationPlan {
    private func webhooks(_ phase: Webhook.Phase, _ group: String, _ reaches: [RuleReach]) -> [Webhook] {
        let closed = reaches.filter(\.isFailClosed)
        let open = reaches.filter { !$0.isFailClosed }
        let (closedSorts, openSorts) = (Self.union(closed), Self.union(open))
        guard !closed.isEmpty, !open.isEmpty, closedSorts.mayShare(openSorts) else {
            return [(closed, closedSorts, true), (open, openSorts, false)].filter { !$0.0.isEmpty }.map {
                webhook(phase, group, $0.0, sorts: $0.1, narrowedBy: $0.0, isFailClosed: $0.2)
            }
        }
        // What asks for all of them must leave out nothing that any of them wants.
        let first = webhook(phase, group, reaches, sorts: closedSorts, narrowedBy: reaches, isFailClosed: true)
        let excluded = SystemExclusion.all.flatMap { $0.sorts(for: closed, closedSorts) }
        var rest = openSorts
        rest.remove(coveredBy: closedSorts) { sort in excluded.contains { $0.common(sort) != nil } }
        if rest.isEmpty { return [first] }
        var second = webhook(phase, group, open, sorts: rest, narrowedBy: reaches, isFailClosed: false)
        second.isEquivalent = first.isEquivalent
        let shared = rest.intersection(closedSorts)
        if !shared.isEmpty {
            let own = Set(second.conditions)
            let more = first.conditions.filter { !own.contains($0) }.map { "(\($0.expression))" }
            let among = (["(\(SortCondition.isAmong(shared.rules)))"] + more).joined(separator: " && ")
            second.conditions.append(ActiveRule.Condition(name: "asked-by-the-other", expression: "!(\(among))"))
        }
        return [first, second]
    }

    private static func union(_ reaches: [RuleReach]) -> RequestSorts {
        reaches.reduce(into: RequestSorts()) { $0.formUnion($1.sorts) }
    }

    /// A webhook about `sorts`. `reaches` are the rules that are asked, of which those that fail like the webhook are the
    /// reason for it; `narrowing` are the rules whose wishes decide what may be left out.
    private func webhook(
        _ phase: Webhook.Phase, _ group: String, _ reaches: [RuleReach], sorts: RequestSorts,
        narrowedBy narrowing: [RuleReach], isFailClosed: Bool
    ) -> Webhook {
        let middle = group.isEmpty ? "" : "\(group)."
        let policy = isFailClosed ? "fail" : "ignore"
        var webhook = Webhook("\(phase.rawValue)-\(policy).\(middle)\(registration).portcullis.dev", phase)
        let reasons = reaches.filter { $0.isFailClosed == isFailClosed }
        webhook.reasons = reasons.map(\.rule)
        webhook.isFailClosed = isFailClosed
        webhook.rules = sorts.rules
        webhook.isEquivalent = narrowing.contains { $0.rule.match.isEquivalent }
        webhook.namespaceSelector = namespaceSelector(narrowing)
        webhook.objectSelector = LabelSelector(Self.ordered(Self.common(narrowing, \.objectNeeds)))
        webhook.conditions = SystemExclusion.all.compactMap { exclusion in
            let left = exclusion.sorts(for: reasons, sorts)
            return left.isEmpty ? nil : exclusion.condition(for: left)
        }
        webhook.conditions += PushedConditions(narrowing).conditions(beside: webhook.conditions)
        webhook.timeoutSeconds = WebhookTimeout.seconds(for: reaches.map(\.rule.hook))
        webhook.reachesOutside = reaches.contains { $0.rule.hook.asksOthers }
        webhook.isReinvoked = reaches.contains { $0.rule.isReinvoked }
        return webhook
    }

    private func namespaceSelector(_ reaches: [RuleReach]) -> LabelSelector {
        var needs = Self.common(reaches, \.namespaceNeeds)
        if !exclusions.namespaces.isEmpty {
            needs = needs.filter { need in
                need.key != LabelSelector.namespaceNameKey || need.operation != .isNotIn
                    || !Set(need.values).isSubset(of: exclusions.namespaces)
            }
            needs.insert(
                LabelSelector.Requirement(
                    key: LabelSelector.namespaceNameKey, operation: .isNotIn, values: exclusions.namespaces))
        }
        return LabelSelector(Self.ordered(needs))
    }

    /// What all of them ask for.
    private static func common(
        _ reaches: [RuleReach], _ needs: (RuleReach) -> Set<LabelSelector.Requirement>
    ) -> Set<LabelSelector.Requirement> {
        guard let first = reaches.first else { return [] }
        return reaches.dropFirst().reduce(needs(first)) { $0.intersection(needs($1)) }
    }

    private static func ordered(_ needs: Set<LabelSelector.Requirement>) -> [LabelSelector.Requirement] {
        needs.sorted { one, other in
            let texts = [one, other].map { [$0.key, $0.operation.name] + $0.values }
            return texts[0].lexicographicallyPrecedes(texts[1])
        }
    }
}

/// How long an API server waits for a webhook.
enum WebhookTimeout {
    /// What Kubernetes takes where nothing is said.
    private static let unsaid = 10
    private static let secondsMax = 30
    /// For a new connection, of which a packet may be lost.
    private static let headroom: Int64 = 500_000_000

    /// The least whole number of seconds in which a server that takes what the hooks may take still answers in time: it
    /// takes a second off what an API server says, which may be rounded up by almost that.
    static func seconds(for hooks: [HookRule]) -> Int {
        guard let needed = nanoseconds(hooks) else { return unsaid }
        let rule = DeadlineRule()
        return (1...secondsMax).first { seconds in
            guard let timeout = GoDuration("\(seconds)s") else { return false }
            return Int64(clamping: rule.deadline(arrival: 0, timeout: timeout)) >= needed + headroom
        } ?? secondsMax
    }

    /// What hooks may take: those that change objects, and those of the server's own process, one after the other; others
    /// at the same time. Nil where that is not said.
    private static func nanoseconds(_ hooks: [HookRule]) -> Int64? {
        let asked = hooks.filter { $0.phase != .after }
        if asked.contains(where: { $0.asksOthers && $0.settings.budget == nil }) { return nil }
        let budgets = asked.compactMap { hook in hook.settings.budget.map { (hook, $0.count) } }
        if budgets.isEmpty { return nil }
        let sequential = budgets.filter { $0.0.phase == .mutate || !$0.0.asksOthers }.map(\.1)
        let parallel = budgets.filter { $0.0.phase != .mutate && $0.0.asksOthers }.map(\.1)
        let sum = sequential.reduce(0) { $0.addingReportingOverflow($1).overflow ? .max : $0 + $1 }
        return min(sum, 60_000_000_000) + min(parallel.max() ?? 0, 60_000_000_000)
    }
}
