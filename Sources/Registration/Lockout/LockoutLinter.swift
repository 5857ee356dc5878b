package import Policies

/// Proves of webhooks that a cluster comes back to life when nobody answers for them, or says which rule stands in the way.
///
/// What counts is the webhook, not the rule: with nobody there an API server denies whatever a webhook that fails closed
/// is about. A request that would be held up is looked for among those that `VitalRequest` lists. Rules, selectors and
/// conditions are decided as far as they can be; what cannot be decided is taken to match, and that is said. Namespaces
/// are taken to have the label with their name and no others, unless a Namespace among the files says so. Rules and webhook
/// configurations themselves cannot be held up: an API server asks no webhook about them.
package struct LockoutLinter {
    private let requests: [VitalRequest]
    private let namespaces: [String: KnownNamespace]
    private let own: String

    /// A linter for a server in that namespace.
    package init(own namespace: String, _ namespaces: [KnownNamespace] = []) {
        own = namespace
        requests = VitalRequest.all(own: namespace)
        self.namespaces = Dictionary(namespaces.map { ($0.name, $0) }) { first, _ in first }
    }

    /// What the webhooks that rules are registered by would hold up, told at the rules.
    package func findings(_ plan: RegistrationPlan) -> [RuleProblem] {
        var problems: [RuleProblem] = []
        for webhook in plan.webhooks where webhook.isFailClosed {
            for (area, held) in held(by: webhook) { problems += blame(webhook, area, held) }
        }
        return problems
    }

    /// What the webhooks of a configuration would hold up, told at their rules.
    package func findings(_ document: WebhookDocument) -> [RuleProblem] {
        document.entries.filter(\.webhook.isFailClosed).flatMap { entry in
            held(by: entry.webhook).compactMap { area, held in finding(document, entry, area, held) }
        }
    }

    // MARK: what is held up

    private struct Held {
        let request: VitalRequest
        let doubt: String?
    }

    private func held(by webhook: Webhook) -> [(VitalRequest.Area, [Held])] {
        let proofs = webhook.conditions.map { ($0, ConditionProof($0.expression, hasParams: false)) }
        var byArea: [VitalRequest.Area: [Held]] = [:]
        for request in requests where Self.names(webhook.rules, request, isEquivalent: webhook.isEquivalent) {
            var certainty = fit(webhook.namespaceSelector, webhook.objectSelector, request)
            var doubt = certainty == .unknown ? "labels that are not known are taken to fit" : nil
            for (condition, proof) in proofs where certainty != .no {
                let holds = proof?.holds(request) ?? .unknown
                if holds == .unknown { doubt = "the condition \(RuleText.quoted(condition.name)) is taken to be true" }
                certainty = certainty.and(holds)
            }
            if certainty == .no { continue }
            byArea[request.area, default: []].append(Held(request: request, doubt: certainty == .unknown ? doubt : nil))
        }
        return VitalRequest.Area.allCases.compactMap { area in byArea[area].map { (area, $0) } }
    }

    /// Whether rules name a request. Other versions are the same resource where the webhook says so.
    private static func names(_ rules: [ResourceRule], _ request: VitalRequest, isEquivalent: Bool) -> Bool {
        rules.contains { covers($0, request, isEquivalent: isEquivalent) }
    }

    private static func covers(_ rule: ResourceRule, _ request: VitalRequest, isEquivalent: Bool) -> Bool {
        guard rule.operations.isSuperset(of: request.operation) else { return false }
        return rule.sorts.contains { sort in
            var sort = sort
            if isEquivalent { sort.version = "*" }
            return sort.covers(request.sort)
        }
    }

    private func fit(_ namespace: LabelSelector, _ object: LabelSelector, _ request: VitalRequest) -> Certainty {
        var certainty = Certainty.yes
        if !request.namespace.isEmpty { certainty = labels(ofNamespace: request.namespace).fit(namespace) }
        if request.isNamespace { return certainty.and(labels(ofNamespace: request.namespace).fit(object)) }
        let own = [WebhookRegistration.nameLabel: WebhookRegistration.product]
        let known = KnownLabels(labels: request.isOwn ? own : [:], mayHaveOthers: true)
        return certainty.and(known.fit(object))
    }

    private func labels(ofNamespace name: String) -> KnownLabels {
        var labels = namespaces[name]?.labels ?? [:]
        labels[LabelSelector.namespaceNameKey] = name
        return KnownLabels(labels: labels, mayHaveOthers: false)
    }
}

// MARK: who is to blame

extension LockoutLinter {
    private func blame(_ webhook: Webhook, _ area: VitalRequest.Area, _ held: [Held]) -> [RuleProblem] {
        let about = webhook.reasons.compactMap { rule -> (rule: ActiveRule, site: Site, held: [Held])? in
            let own = held.filter { Self.site(in: rule, of: $0.request) != nil }
            guard let first = own.first, let site = Self.site(in: rule, of: first.request) else { return nil }
            return (rule, site, own)
        }
        let guilty = about.filter { one in one.held.contains { isMeant($0.request, by: one.rule) } }
        return (guilty.isEmpty ? about : guilty).compactMap { one in
            let isMeant = !guilty.isEmpty
            let own = isMeant ? one.held.filter { self.isMeant($0.request, by: one.rule) } : one.held
            var remedy = LockoutRemedy(area, own.map(\.request)).text(for: one.rule)
            if !isMeant { remedy = advice(one.rule, own, otherwise: remedy) }
            return problem(one.rule, one.site, "\(message(area, own)); \(remedy)")
        }
    }

    /// What of a rule names a request.
    private enum Site {
        /// The resource rule of that number.
        case resourceRule(Int)
        /// That it has none, and so is about everything.
        case everything
    }

    /// Nil where the rule is not about the request.
    private static func site(in rule: ActiveRule, of request: VitalRequest) -> Site? {
        if rule.match.rules.isEmpty { return .everything }
        let index = rule.match.rules.firstIndex { covers($0, request, isEquivalent: rule.match.isEquivalent) }
        return index.map { .resourceRule($0) }
    }

    /// What to do about a webhook that holds up what its rule leaves out.
    private func advice(_ rule: ActiveRule, _ held: [Held], otherwise remedy: String) -> String {
        if held.allSatisfy({ isLeftOutForSure($0.request, by: rule) }) {
            return
                "the rule leaves that out, but the webhook that it shares with others cannot: give it one of its own "
                + "with the label portcullis.dev/group"
        }
        return "the rule's conditions leave that out, but can fail, so that no webhook can have them; \(remedy)"
    }

    /// Whether it is by what a webhook can have that the rule leaves a request out.
    private func isLeftOutForSure(_ request: VitalRequest, by rule: ActiveRule) -> Bool {
        let reach = RuleReach(rule)
        let namespace = LabelSelector(Array(reach.namespaceNeeds))
        let object = LabelSelector(Array(reach.objectNeeds))
        return fit(namespace, object, request) == .no
            || reach.needs.contains { ConditionProof($0.expression, hasParams: false)?.holds(request) == .no }
    }

    /// Whether the rule itself would look at the request, as far as that can be told.
    private func isMeant(_ request: VitalRequest, by rule: ActiveRule) -> Bool {
        let match = rule.match
        if Self.names(match.exclusions.filter { $0.names.isEmpty }, request, isEquivalent: match.isEquivalent) {
            return false
        }
        var certainty = fit(match.namespaceSelector, match.objectSelector, request)
        if let bindings = rule.bindings {
            certainty = certainty.and(
                bindings.reduce(.no) { $0.or(fit($1.namespaceSelector, $1.objectSelector, request)) })
        }
        for condition in rule.conditions where certainty != .no {
            let proof = ConditionProof(condition.expression, hasParams: rule.hasParams)
            certainty = certainty.and(proof?.holds(request) ?? .unknown)
        }
        return certainty != .no
    }

    private func message(_ area: VitalRequest.Area, _ held: [Held]) -> String {
        let first = held[0]
        let more = held.count > 1 ? " and \(held.count - 1) more" : ""
        let doubt = held.contains { $0.doubt == nil } ? "" : " (\(first.doubt ?? ""))"
        return
            "lock-out: when no server answers, this stops \(area.stake(own: own)): \(first.request.text)\(more)\(doubt)"
    }

    private func problem(_ rule: ActiveRule, _ site: Site, _ message: String) -> RuleProblem? {
        guard let place = rule.place else { return nil }
        if case .resourceRule(let index) = site, let field = rule.resourceRule(index) {
            return place.problem(message, at: field.anchor, path: field.path, severity: .warning)
        }
        let spec = Field(root: place.root)["spec"]
        let anchor = spec[rule.matchField.hasSuffix("Constraints") ? "matchConstraints" : "match"].anchor
        return place.problem(message, at: anchor, path: rule.matchField, severity: .warning)
    }

    private func finding(
        _ document: WebhookDocument, _ entry: WebhookDocument.Entry, _ area: VitalRequest.Area, _ held: [Held]
    ) -> RuleProblem? {
        let webhook = entry.webhook
        guard let first = held.first,
            let index = webhook.rules.firstIndex(where: {
                Self.covers($0, first.request, isEquivalent: webhook.isEquivalent)
            }), let field = document.rule(entry, index)
        else { return nil }
        let remedy = LockoutRemedy(area, held.map(\.request)).text(forWebhook: "webhooks[\(entry.index)]")
        return document.place.problem(
            "\(message(area, held)); \(remedy)", at: field.anchor, path: field.path, severity: .warning)
    }
}
