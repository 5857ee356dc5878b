import Policies
import Testing

@testable import Registration

@Suite struct PlanTests {
    private static let pods = "[\(Derived.rule("CREATE", "", "v1", "pods"))]"

    @Test func unitesRulesWithoutWideningThem() {
        let derived = Derived(
            Derived.policy("a", "[\(Derived.rule("CREATE", "", "v1", "pods, configmaps"))]")
                + Derived.policy("b", "[\(Derived.rule("CREATE, UPDATE", "", "v1", "pods"))]")
                + Derived.policy("c", "[\(Derived.rule("CREATE", "apps", "v1", "deployments"))]")
                + Derived.policy("d", "[\(Derived.rule("CREATE", "extensions", "v1", "deployments"))]"))
        #expect(
            Derived.rules(derived.webhook("validate-fail")) == [
                "CREATE /v1 configmaps", "CREATE,UPDATE /v1 pods", "CREATE apps,extensions/v1 deployments",
            ])
        #expect(derived.plan.webhooks.count == 1)
    }

    @Test func saysNothingTwice() {
        let derived = Derived(
            Derived.policy("a", "[\(Derived.rule(#""*""#, "*", "*", #""*/*""#))]")
                + Derived.policy("b", Self.pods)
                + Derived.policy("c", "[\(Derived.rule("CREATE", "", "v1", #"pods/status, "pods/*""#))]"))
        #expect(Derived.rules(derived.webhook("validate-fail")) == ["* */* */*"])
        let parts = Derived(
            Derived.policy("c", "[\(Derived.rule("CREATE", "", "v1", #"pods/status, "pods/*", pods"#))]"))
        #expect(Derived.rules(parts.webhook("validate-fail")) == ["CREATE /v1 pods/*"])
    }

    @Test func joinsScopes() {
        let derived = Derived(
            Derived.policy("a", "[\(Derived.rule("CREATE", "x", "v1", "things", ", scope: Cluster"))]")
                + Derived.policy("b", "[\(Derived.rule("CREATE, DELETE", "x", "v1", "things", ", scope: Namespaced"))]")
        )
        #expect(
            Derived.rules(derived.webhook("validate-fail")) == [
                "CREATE x/v1 things", "DELETE x/v1 things Namespaced",
            ])
    }

    @Test func leavesOutWhatIsNotActive() {
        let unbound = Derived.policy("a", Self.pods).split(separator: "---\n").first.map { "---\n" + $0 } ?? ""
        let derived = Derived(
            unbound + Derived.policy("b", Self.pods, metadata: ", annotations: {portcullis.dev/mode: \"off\"}")
                + Derived.hook("c", "phase: validate, mode: off, \(Derived.http)"))
        #expect(derived.check.problems.allSatisfy { $0.severity == .warning })
        #expect(derived.plan.webhooks.isEmpty)
    }

    @Test func takesExclusionsAway() {
        let derived = Derived(
            Derived.policy(
                "a", "[\(Derived.rule("CREATE", "", "v1", "pods, secrets"))]",
                match: ", excludeResourceRules: [\(Derived.rule(#""*""#, "", "*", "secrets"))]"))
        #expect(Derived.rules(derived.webhook("validate-fail")) == ["CREATE /v1 pods"])
        #expect(derived.webhook("validate-fail")?.conditions.isEmpty == true)
    }

    @Test func holdsPoliciesToTheirBindings() {
        let all = "[\(Derived.rule("CREATE", "", "v1", "pods, secrets"))]"
        let narrow = ", matchResources: {resourceRules: [\(Derived.rule(#""*""#, "", "v1", "pods"))]}"
        #expect(
            Derived.rules(Derived(Derived.policy("a", all, binding: narrow)).webhook("validate-fail"))
                == ["CREATE /v1 pods"])
        // Where other versions are the same resource, the version does not tell.
        let other = narrow.replacing("[\"v1\"]", with: "[\"v2\"]")
        #expect(
            Derived.rules(Derived(Derived.policy("a", all, binding: other)).webhook("validate-fail"))
                == ["CREATE /v1 pods"])
    }

    @Test func neverAsksAboutDeletionsToBeChanged() {
        let derived = Derived(Derived.hook("m", "phase: mutate, \(Derived.http)"))
        #expect(Derived.rules(derived.webhook("mutate-fail")) == ["CREATE,UPDATE,CONNECT */* */*"])
    }

    @Test func afterHooksFailOpen() {
        let derived = Derived(
            Derived.hook("a", "phase: after, match: {resourceRules: \(Self.pods)}, run: {command: {argv: [x]}}"))
        let webhook = derived.webhook("validate-ignore")
        #expect(webhook?.path == "/validate" && webhook?.reachesOutside == true)
        #expect(derived.plan.webhooks.count == 1)
    }

    // MARK: two failure policies

    @Test func oneWebhookAsksForBothWhereTheyShareRequests() {
        let derived = Derived(
            Derived.policy("strict", Self.pods)
                + Derived.policy(
                    "lax", "[\(Derived.rule("CREATE", "", "v1", "pods, secrets"))]", failurePolicy: "Ignore"))
        #expect(Derived.rules(derived.webhook("validate-fail")) == ["CREATE /v1 pods"])
        #expect(Derived.rules(derived.webhook("validate-ignore")) == ["CREATE /v1 secrets"])
        #expect(Set(derived.plan.webhooks.map(\.path)) == ["/validate"])
    }

    @Test func onlyWhatCanDenyFailsClosed() {
        let derived = Derived(
            Derived.policy("warns", Self.pods, actions: "[Warn]")
                + Derived.policy("audits", Self.pods, metadata: ", annotations: {portcullis.dev/mode: audit}"))
        #expect(derived.plan.webhooks.map(\.isFailClosed) == [false])
        let cached = Derived(
            Derived.hook(
                "c", "phase: validate, failurePolicy: Cached, cache: {key: \"1\", staleFor: 1h}, \(Derived.http)"))
        #expect(cached.plan.webhooks.map(\.isFailClosed) == [true])
    }

    @Test func groupsHavePathsOfTheirOwn() {
        let group = ", labels: {portcullis.dev/group: strict}"
        let derived = Derived(Derived.policy("a", Self.pods) + Derived.policy("b", Self.pods, metadata: group))
        #expect(derived.plan.webhooks.map(\.path) == ["/ungrouped/validate", "/validate/strict"])
        #expect(
            derived.plan.webhooks.map(\.name) == [
                "validate-fail.portcullis.portcullis.dev", "validate-fail.strict.portcullis.portcullis.dev",
            ])
        let bad = Derived(Derived.policy("b", Self.pods, metadata: ", labels: {portcullis.dev/group: My_Group}"))
        let problem = bad.plan.problems.first
        #expect(problem?.line == 4 && problem?.severity == .error && problem?.message.contains("My_Group") == true)
    }

    @Test func mutatingWebhooksStandInTheOrderOfTheirWeights() {
        func hook(_ name: String, _ weight: Int, _ group: String) -> String {
            Derived.hook(
                name, "phase: mutate, weight: \(weight), match: {resourceRules: \(Self.pods)}, \(Derived.http)",
                metadata: ", labels: {portcullis.dev/group: \(group)}")
        }
        let derived = Derived(hook("one", 20, "aa") + hook("two", 10, "bb"))
        #expect(derived.plan.webhooks.map(\.path) == ["/mutate/bb", "/mutate/aa"])
    }

    // MARK: selectors and conditions

    @Test func selectorsMoveWhereAllRulesHaveThem() {
        let selector = ", namespaceSelector: {matchLabels: {env: prod}}, objectSelector: {matchLabels: {app: web}}"
        let one = Derived(Derived.policy("a", Self.pods, match: selector)).webhook("validate-fail")
        #expect(one?.namespaceSelector.requirements.map(\.key) == ["env", LabelSelector.namespaceNameKey])
        #expect(one?.objectSelector.requirements.map(\.key) == ["app"])
        let two = Derived(Derived.policy("a", Self.pods, match: selector) + Derived.policy("b", Self.pods))
            .webhook("validate-fail")
        #expect(two?.namespaceSelector.requirements.map(\.key) == [LabelSelector.namespaceNameKey])
        #expect(two?.objectSelector.isEmpty == true)
    }

    @Test func conditionsMoveWhereTheyCannotFail() {
        let sure = #"{name: not-nodes, expression: "!('system:nodes' in request.userInfo.groups)"}"#
        let unsure = #"{name: has-app, expression: "object.metadata.labels['app'] == 'x'"}"#
        let webhook = Derived(Derived.policy("a", Self.pods, conditions: "[\(sure), \(unsure)]")).webhook(
            "validate-fail")
        #expect(
            webhook?.conditions == [
                ActiveRule.Condition(name: "not-nodes", expression: "!('system:nodes' in request.userInfo.groups)")
            ])
    }

    @Test func aConditionOfOneRuleLeavesOthersAlone() {
        let sure = #"[{name: c, expression: "request.userInfo.username != 'a'"}]"#
        let apart = Derived(
            Derived.policy("a", Self.pods, conditions: sure)
                + Derived.policy("b", "[\(Derived.rule("CREATE", "", "v1", "secrets"))]")
        ).webhook("validate-fail")
        #expect(
            apart?.conditions.map(\.expression) == [
                "!(request.operation == 'CREATE' && request.requestResource.group == '' && "
                    + "request.requestResource.version == 'v1' && request.requestResource.resource == 'pods' && "
                    + "(has(request.requestSubResource) ? request.requestSubResource : '') == '') || "
                    + "(request.userInfo.username != 'a')"
            ])
        // A rule about the same resource in another version may want what the condition leaves out.
        let together = Derived(
            Derived.policy("a", Self.pods, conditions: sure)
                + Derived.policy("b", "[\(Derived.rule("CREATE", "", "v2", "pods"))]")
        ).webhook("validate-fail")
        #expect(together?.conditions.isEmpty == true)
    }

    @Test(arguments: [
        ("request.operation == 'CREATE'", true), ("request.userInfo.username.startsWith('system:')", true),
        ("has(request.namespace)", true), ("request.namespace == 'a'", false), ("object.kind == 'Pod'", false),
        ("request.resource.resource == 'pods'", false), ("size(request.userInfo.groups) > 1", false),
        ("request.userInfo.username in ['a', 'b'] || !(request.operation != 'DELETE')", true),
        ("request.userInfo.username.matches('a+')", false),
        ("authorizer.group('').resource('pods').check('get').allowed()", false),
    ]) func knowsWhatCannotFail(text: String, isTotal: Bool) {
        #expect(TotalExpression.isTotal(text) == isTotal)
    }

    @Test func staysAwayFromWhatKeepsAClusterGoing() {
        let derived = Derived(Derived.hook("all", "phase: validate, \(Derived.http)"))
        let names = derived.webhook("validate-fail")?.conditions.map(\.name)
        #expect(
            names == [
                "exclude-leases", "exclude-nodes", "exclude-pod-lifecycle", "exclude-signing-requests",
                "exclude-events",
                "exclude-access-reviews",
            ])
        // What a rule names is what it is about.
        let named = Derived(
            Derived.hook("all", "phase: validate, \(Derived.http)")
                + Derived.policy("named", "[\(Derived.rule("UPDATE", "", "v1", "nodes, pods/status"))]"))
        let conditions = named.webhook("validate-fail")?.conditions ?? []
        #expect(!conditions.contains { $0.name == "exclude-nodes" })
        let lifecycle = conditions.first { $0.name == "exclude-pod-lifecycle" }?.expression ?? ""
        #expect(lifecycle.contains("'eviction'") && !lifecycle.contains("'status'"), "\(lifecycle)")
    }

    @Test func saysWhatIsAboutNothing() {
        let derived = Derived(
            Derived.policy("t", "[\(Derived.rule("CREATE", "authentication.k8s.io", "v1", "tokenreviews"))]")
                + Derived.policy(
                    "k", Self.pods,
                    match: ", namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: kube-system}}"))
        #expect(derived.plan.notes.count == 2)
        #expect(derived.plan.notes[0].contains("ValidatingAdmissionPolicy t is about requests only"))
        #expect(derived.plan.notes[1].contains("--include-namespace"))
    }

    // MARK: time and effects

    @Test(arguments: [
        ("phase: validate, budget: 50ms, \(Derived.http)", 2), ("phase: validate, budget: 3s, \(Derived.http)", 5),
        ("phase: validate, \(Derived.http)", 10), ("phase: validate, budget: 60s, \(Derived.http)", 30),
        ("phase: mutate, budget: 400ms, \(Derived.http)", 2), ("phase: mutate, budget: 460ms, \(Derived.http)", 3),
    ]) func waitsAsLongAsHooksMayTake(spec: String, seconds: Int) {
        let derived = Derived(Derived.hook("h", spec))
        #expect(derived.plan.webhooks.map(\.timeoutSeconds) == [seconds])
    }

    @Test func addsUpWhatIsAskedInTurn() {
        func hooks(_ phase: String) -> String {
            ["a", "b", "c"].map { Derived.hook($0, "phase: \(phase), budget: 2s, \(Derived.http)") }.joined()
        }
        #expect(Derived(hooks("validate")).plan.webhooks.map(\.timeoutSeconds) == [4])
        #expect(Derived(hooks("mutate")).plan.webhooks.map(\.timeoutSeconds) == [8])
    }

    @Test func askingAgainIsUpToThePolicies() {
        func policy(_ reinvocation: String) -> String {
            """
            apiVersion: admissionregistration.k8s.io/v1
            kind: MutatingAdmissionPolicy
            metadata: {name: m}
            spec:
              reinvocationPolicy: \(reinvocation)
              matchConstraints: {resourceRules: \(Self.pods)}
              mutations:
              - {patchType: JSONPatch, jsonPatch: {expression: "[JSONPatch{op: 'add', path: '/metadata/labels/a', value: 'b'}]"}}
            ---
            apiVersion: admissionregistration.k8s.io/v1
            kind: MutatingAdmissionPolicyBinding
            metadata: {name: m}
            spec: {policyName: m}
            """
        }
        #expect(Derived(policy("IfNeeded")).plan.webhooks.map(\.isReinvoked) == [true])
        #expect(Derived(policy("Never")).plan.webhooks.map(\.isReinvoked) == [false])
        #expect(Derived(policy("Never")).plan.webhooks.map(\.reachesOutside) == [false])
    }
}
