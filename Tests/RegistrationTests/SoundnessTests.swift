import Admission
import CEL
import CELKubernetes
import JSON
import Policies
import TestSupport
import Testing

@testable import Registration

/// Whatever rules say: a request that any of them is about reaches one webhook of its phase, and no more, and that one
/// fails closed if a rule does that is about the request. Webhooks are matched here as an API server does it.
@Suite struct SoundnessTests {
    /// What rules and requests are about.
    private struct World {
        var groups = ["", "apps", "example.com"]
        var resources = ["pods", "nodes", "things"]
        var parts = ["", "status", "scale"]
        var matchPolicy = "Exact"

        /// Where two versions are the same resource.
        static let equivalent = World(
            groups: ["autoscaling"], resources: ["horizontalpodautoscalers"], parts: ["", "status"],
            matchPolicy: "Equivalent")
    }

    private static let versions = ["v1", "v2"]
    private static let operations = ["CREATE", "UPDATE", "DELETE", "CONNECT"]
    private static let namespaces = ["", "team-a", "team-b", "kube-system"]
    private static let users = ["anna", "system:node:n1"]

    // MARK: rules by chance

    private static func some(_ values: [String], _ random: inout SeededRandom, wildcard: Bool = true) -> [String] {
        if wildcard, random.oneIn(4) { return ["*"] }
        let chosen = values.filter { _ in random.oneIn(2) }
        return chosen.isEmpty ? [random.pick(values)] : chosen
    }

    private static func list(_ values: [String]) -> String {
        "[" + values.map { "\"\($0)\"" }.joined(separator: ", ") + "]"
    }

    private static func rule(_ world: World, _ random: inout SeededRandom) -> String {
        let names = some(world.resources, &random).flatMap { name -> [String] in
            let part = random.oneIn(5) ? "*" : random.pick(world.parts)
            return [part.isEmpty ? name : "\(name)/\(part)"]
        }
        let scope = random.pick(["", "", ", scope: Cluster", ", scope: Namespaced"])
        return "{operations: \(list(some(operations, &random))), apiGroups: \(list(some(world.groups, &random))), "
            + "apiVersions: \(list(some(versions, &random))), resources: \(list(Array(Set(names)).sorted()))\(scope)}"
    }

    private static let conditions = [
        "request.operation != 'DELETE'", "request.userInfo.username == 'anna'",
        "!('system:nodes' in request.userInfo.groups)", "request.requestResource.resource != 'things'",
        "has(object.metadata) && object.metadata.name != 'x'",
    ]

    private static func rules(_ world: World, _ random: inout SeededRandom) -> String {
        (0...random.below(4)).map { number in
            var match = ", matchPolicy: \(world.matchPolicy)"
            if random.oneIn(4) { match += ", excludeResourceRules: [\(rule(world, &random))]" }
            if random.oneIn(4) {
                match +=
                    ", namespaceSelector: {matchExpressions: [{key: kubernetes.io/metadata.name, operator: "
                    + "\(random.pick(["In", "NotIn"])), values: [team-a]}]}"
            }
            let chosen = conditions.filter { _ in random.oneIn(3) }
            let listed = chosen.enumerated().map { "{name: c\($0), expression: \"\($1)\"}" }.joined(separator: ", ")
            var metadata = random.oneIn(5) ? ", annotations: {portcullis.dev/mode: audit}" : ""
            if random.oneIn(3) { metadata += ", labels: {portcullis.dev/group: g}" }
            let binding =
                random.oneIn(4)
                ? ", matchResources: {matchPolicy: \(world.matchPolicy), resourceRules: [\(rule(world, &random))]}" : ""
            return Derived.policy(
                "p\(number)", "[\(rule(world, &random))]", failurePolicy: random.pick(["Fail", "Ignore"]), match: match,
                conditions: "[\(listed)]", metadata: metadata, binding: binding)
        }.joined()
    }

    // MARK: requests by chance

    private static func review(_ world: World, _ random: inout SeededRandom) throws -> JSONDocument {
        let (group, version) = (random.pick(world.groups), random.pick(versions))
        let (resource, part, namespace) = (
            random.pick(world.resources), random.pick(world.parts), random.pick(namespaces)
        )
        let (operation, user) = (random.pick(operations), random.pick(users))
        let kind = #"{"group":"\#(group)","version":"\#(version)","kind":"K"}"#
        let place = #"{"group":"\#(group)","version":"\#(version)","resource":"\#(resource)"}"#
        let subs = part.isEmpty ? "" : #""subResource":"\#(part)","requestSubResource":"\#(part)","#
        let object = #"{"metadata":{"name":"a"}}"#
        let isGone = operation == "DELETE"
        return try JSONDocument(
            parsing:
                #"{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{"uid":"u","kind":\#(kind),"#
                + #""resource":\#(place),"requestKind":\#(kind),"requestResource":\#(place),\#(subs)"name":"a","#
                + (namespace.isEmpty ? "" : #""namespace":"\#(namespace)","#)
                + #""operation":"\#(operation)","userInfo":{"username":"\#(user)","groups":["#
                + #""\#(user == "anna" ? "people" : "system:nodes")"]},"object":\#(isGone ? "null" : object),"#
                + #""oldObject":\#(isGone ? object : "null"),"dryRun":false}}"#)
    }

    // MARK: as an API server

    private static func matches(_ webhook: Webhook, _ review: AdmissionReview) throws -> Bool {
        let namespace = review.namespace.string
        let isOfRules = webhook.rules.contains { rule in
            func has(_ list: [String], _ text: String) -> Bool { list.contains("*") || list.contains(text) }
            let isScoped =
                rule.scope == .all || (rule.scope == .cluster) == namespace.isEmpty
            let isVersion =
                has(rule.versions, review.resource.version.string)
                || webhook.isEquivalent && review.resource.group.equals("autoscaling")
            return isScoped && rule.operations.contains(OperationSet(review.operation))
                && has(rule.groups, review.resource.group.string) && isVersion
                && rule.resources.contains { resource in
                    (resource.name == "*" || resource.name == review.resource.resource.string)
                        && (resource.part == "*" || resource.part == review.subResource.string)
                }
        }
        guard isOfRules else { return false }
        let labels = try JSONDocument(parsing: #"{"kubernetes.io/metadata.name":"\#(namespace)"}"#)
        if !namespace.isEmpty, !labels.withRoot({ webhook.namespaceSelector.matches($0) }) { return false }
        return try webhook.conditions.allSatisfy { try isTrue($0.expression, review) }
    }

    private static func isTrue(_ text: String, _ review: AdmissionReview) throws -> Bool {
        let environment = Environment.admission(AdmissionVariables(hasAuthorizer: true))
        let checked = try environment.compile(text).get()
        let program = try environment.plan(checked)
        var evaluator = Evaluator()
        let values = [("request", review.request), ("object", review.object), ("oldObject", review.oldObject)]
        for (name, node) in values {
            if let slot = environment.slot(of: name) {
                evaluator.bind(slot, node.map { evaluator.value(of: $0) } ?? .null)
            }
        }
        let value = evaluator.run(program)
        try #require(!value.isError, "\(text): \(value.errorMessage)")
        return value.boolValue
    }

    /// Whether a request is among those that are left out on top of what rules say.
    private static func isExcluded(_ review: AdmissionReview, _ reaches: [RuleReach]) -> Bool {
        if review.namespace.equals("kube-system") { return true }
        let sort = RequestSort(
            group: review.resource.group.string, version: review.resource.version.string,
            resource: ResourceRule.Resource(
                [review.resource.resource.string, review.subResource.string].filter { !$0.isEmpty }
                    .joined(separator: "/")), scope: .all)
        let all = reaches.reduce(into: RequestSorts()) { $0.formUnion($1.sorts) }
        return SystemExclusion.all.contains { exclusion in
            exclusion.sorts(for: reaches, all).contains { $0.covers(sort) }
        }
    }

    @Test(arguments: 1...200) func everyRequestReachesOneWebhookThatFailsAsItMust(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        try Self.tryOut(World(), &random, seed, timesMax: 1)
    }

    /// A webhook is asked about versions that its rules do not name, and leaves out only those that conditions name: some
    /// requests come twice.
    @Test(arguments: 1...100) func otherVersionsReachAWebhookToo(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        try Self.tryOut(.equivalent, &random, seed, timesMax: 2)
    }

    private static func tryOut(_ world: World, _ random: inout SeededRandom, _ seed: UInt64, timesMax: Int) throws {
        let text = rules(world, &random)
        let derived = Derived(text, excluding: ["kube-system"])
        guard derived.check.problems.allSatisfy({ $0.severity == .warning }) else { return }
        var evaluator = PolicyEvaluator(derived.check.set)
        let reaches = derived.check.rules.map(RuleReach.init)
        for _ in 0..<40 {
            let document = try review(world, &random)
            let review = try AdmissionReview(decoding: document.root)
            let hit = try derived.plan.webhooks.filter { try matches($0, review) }
            let names = Set(about(&evaluator, review).map(\.name))
            for group in ["", "g"] {
                let mine = hit.filter { $0.path.hasSuffix("/g") == (group == "g") }
                #expect(mine.count <= timesMax, "seed \(seed): asked twice: \(document.root.text())\n\(text)")
                let members = reaches.filter { $0.rule.hook.settings.group == group }
                let about = members.filter { reach in
                    names.contains(reach.rule.hook.name)
                        && !isExcluded(review, members.filter { $0.isFailClosed == reach.isFailClosed })
                }
                if about.isEmpty { continue }
                #expect(!mine.isEmpty, "seed \(seed): nobody is asked: \(document.root.text())\n\(text)")
                let mustFail = about.contains(where: \.isFailClosed)
                #expect(!mustFail || mine.contains(where: \.isFailClosed), "seed \(seed): fails open\n\(text)")
            }
        }
        withExtendedLifetime(derived.check.set) {}
    }

    /// The rules that look at a request: their conditions are met, or fail.
    private static func about(_ evaluator: inout PolicyEvaluator, _ review: AdmissionReview) -> [HookRule] {
        guard let plan = evaluator.validations(for: review) else { return [] }
        evaluator.prepare(review)
        return (0..<plan.count).filter { index in
            guard evaluator.selects(plan, index, review) else { return false }
            if case .no = evaluator.matches(plan, index, review) { return false }
            return true
        }.map { plan.hook($0) }
    }
}
