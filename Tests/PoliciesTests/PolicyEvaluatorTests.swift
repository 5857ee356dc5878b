import Admission
import JSON
import Policies
import Testing

/// What policies say about reviews, where the corpora are silent.
@Suite struct PolicyEvaluatorTests {
    /// A set of one policy with a binding, and what there is beside them.
    static func set(
        _ spec: String, rule: String = #"{apiGroups: [""], apiVersions: [v1], operations: ["*"], resources: ["*"]}"#,
        binding: String = "{policyName: p, validationActions: [Deny]}", context: String = ""
    ) throws -> PolicySet {
        let text = """
            apiVersion: admissionregistration.k8s.io/v1
            kind: ValidatingAdmissionPolicy
            metadata: {name: p}
            spec:
              matchConstraints: {resourceRules: [\(rule)]}
            \(spec)
            ---
            apiVersion: admissionregistration.k8s.io/v1
            kind: ValidatingAdmissionPolicyBinding
            metadata: {name: b}
            spec: \(binding)
            """
        let (set, problems) = PolicySet.load(
            [RuleFile(name: "rules.yaml", bytes: Array(text.utf8))],
            context: [RuleFile(name: "context.yaml", bytes: Array(context.utf8))])
        try #require(problems.isEmpty, "\(problems)")
        return set
    }

    struct Answer {
        var isAllowed = true
        var message = ""
        var code = 0
    }

    static func review(
        group: String = "", version: String = "v1", resource: String = "pods", kind: String = "Pod", user: String = "me"
    ) -> String {
        """
        {"kind": "AdmissionReview", "apiVersion": "admission.k8s.io/v1", "request": {"uid": "u",
         "kind": {"group": "\(group)", "version": "\(version)", "kind": "\(kind)"},
         "resource": {"group": "\(group)", "version": "\(version)", "resource": "\(resource)"},
         "name": "x", "namespace": "team-a", "operation": "CREATE", "userInfo": {"username": "\(user)"},
         "object": {"apiVersion": "v1", "kind": "\(kind)", "metadata": {"name": "x"}}, "oldObject": null,
         "dryRun": false, "options": null}}
        """
    }

    static func ask(
        _ set: PolicySet, _ text: String = review(), isTimeUp: (@Sendable () -> Bool)? = nil
    ) throws -> Answer {
        let document = try JSONDocument(parsing: text)
        var evaluator = PolicyEvaluator(set)
        evaluator.isTimeUp = isTimeUp
        var response = ReviewResponse()
        evaluator.review(try AdmissionReview(decoding: document.root), &response)
        withExtendedLifetime(document) {}
        return Answer(isAllowed: response.isAllowed, message: response.message.text, code: response.code)
    }

    private static let endless =
        "  validations: [{expression: '[1,2,3,4,5,6,7,8,9].all(a, [1,2,3,4,5,6,7,8,9].all(b, "
        + "[1,2,3,4,5,6,7,8,9].all(c, [1,2,3,4,5,6,7,8,9].all(d, a + b + c + d > 0))))'}]"

    @Test func whatHasNoTimeLeftFails() throws {
        let answer = try Self.ask(try Self.set(Self.endless), isTimeUp: { true })
        #expect(!answer.isAllowed)
        #expect(answer.message.hasSuffix("the time for this request is up, no further validation rules will be run"))
    }

    @Test func whatHasNoTimeLeftMayBeIgnored() throws {
        let set = try Self.set("  failurePolicy: Ignore\n" + Self.endless)
        #expect(try Self.ask(set, isTimeUp: { true }).isAllowed)
    }

    @Test func namespacesOfContextAreSeen() throws {
        let set = try Self.set(
            "  validations: [{expression: \"namespaceObject.metadata.labels['team'] == 'a'\"}]",
            context: "apiVersion: v1\nkind: Namespace\nmetadata: {name: team-a, labels: {team: a}}")
        #expect(try Self.ask(set).isAllowed)
    }

    @Test(arguments: [("alice", true), ("bob", false)]) func rolesOfContextAnswer(user: String, isAllowed: Bool) throws
    {
        let set = try Self.set(
            "  validations: [{expression: \"authorizer.requestResource.check('bless').allowed()\"}]",
            context: """
                apiVersion: rbac.authorization.k8s.io/v1
                kind: Role
                metadata: {name: blesser, namespace: team-a}
                rules: [{apiGroups: [""], resources: [pods], verbs: [bless]}]
                ---
                apiVersion: rbac.authorization.k8s.io/v1
                kind: RoleBinding
                metadata: {name: blessers, namespace: team-a}
                subjects: [{kind: User, name: alice}]
                roleRef: {kind: Role, name: blesser}
                """)
        #expect(try Self.ask(set, Self.review(user: user)).isAllowed == isAllowed)
    }

    @Test func equivalentVersionsAreShownAsTheRuleNamesThem() throws {
        let rule =
            #"{apiGroups: [autoscaling], apiVersions: [v1], operations: ["*"], resources: [horizontalpodautoscalers]}"#
        let set = try Self.set(
            "  validations: [{expression: \"request.kind.version == 'v1' && request.requestKind.version == 'v2'\"}]",
            rule: rule)
        let text = Self.review(
            group: "autoscaling", version: "v2", resource: "horizontalpodautoscalers", kind: "HorizontalPodAutoscaler"
        ).replacing(
            #""name": "x", "namespace""#,
            with: #""requestKind": {"group": "autoscaling", "version": "v2", "kind": "HorizontalPodAutoscaler"}, "#
                + #""name": "x", "namespace""#)
        #expect(try Self.ask(set, text).message == "")
    }

    @Test func rulesThemselvesAreNeverStopped() throws {
        let set = try Self.set(
            "  validations: [{expression: \"false\"}]",
            rule: #"{apiGroups: ["*"], apiVersions: ["*"], operations: ["*"], resources: ["*"]}"#)
        let text = Self.review(
            group: "admissionregistration.k8s.io", resource: "validatingadmissionpolicies",
            kind: "ValidatingAdmissionPolicy")
        #expect(try Self.ask(set, text).isAllowed)
        #expect(try Self.ask(set).code == 422)
    }

    @Test func variablesInLoopsKeepTheirLoops() throws {
        let set = try Self.set(
            """
              variables:
              - {name: all, expression: "[1, 2, 3].map(x, x * 2)"}
              - {name: big, expression: "variables.all.filter(x, x > 2)"}
              validations:
              - {expression: "[1, 2].all(x, variables.big.all(y, y > x) && x < 3) && variables.big.size() == 2"}
            """)
        #expect(try Self.ask(set).message == "")
    }

    /// A name that is given twice is the later variable, also where that one reads it.
    @Test func aVariableThatReadsItselfFails() throws {
        let set = try Self.set(
            """
              variables:
              - {name: a, expression: "1"}
              - {name: a, expression: "variables.a + 1"}
              validations:
              - {expression: "variables.a == 2"}
            """)
        #expect(try Self.ask(set).message.contains("composited variable \"a\" fails to evaluate: no such overload"))
    }

    /// Each reads the one before: the stack has an end that must not be met.
    @Test func variablesOfVariablesHaveABound() throws {
        let chain = (1..<5_000).map { "  - {name: v\($0), expression: \"variables.v\($0 - 1) + 1\"}" }
        let set = try Self.set(
            "  variables:\n  - {name: v0, expression: \"0\"}\n" + chain.joined(separator: "\n")
                + "\n  validations:\n  - {expression: \"variables.v50 == 50\"}"
                + "\n  - {expression: \"variables.v4999 == 4999\"}")
        #expect(try Self.ask(set).message.hasSuffix("variables are nested too deeply"))
    }
}
