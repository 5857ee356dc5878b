import Policies
import Testing

/// What becomes of rule files.
@Suite struct RuleLoaderTests {
    static func policy(_ name: String = "p", _ more: String = "") -> String {
        """
        apiVersion: admissionregistration.k8s.io/v1
        kind: ValidatingAdmissionPolicy
        metadata: {name: \(name)}
        spec:
          matchConstraints:
            resourceRules:
            - {apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods]}
          validations:
          - expression: "true"
        \(more)
        """
    }

    static func problems(_ text: String) -> [String] {
        PolicySet.load([RuleFile(name: "rules.yaml", bytes: Array(text.utf8))]).problems.map(\.description)
    }

    @Test func tellsWhereAFieldIsUnknown() {
        let problems = Self.problems(Self.policy("p", "  failurPolicy: Ignore"))
        #expect(
            problems == [
                "rules.yaml:10:3: error: unknown field \"spec.failurPolicy\" (spec.failurPolicy)"
            ])
    }

    @Test func tellsWhereAnExpressionIsWrong() {
        let problems = Self.problems(Self.policy().replacing("\"true\"", with: "object.spec +"))
        #expect(problems.count == 1)
        #expect(problems[0].hasPrefix("rules.yaml:9:17: error: Invalid value: \"object.spec +\": compilation failed"))
        #expect(problems[0].hasSuffix("(spec.validations[0].expression)"))
    }

    @Test func warnsOfPoliciesThatNothingBinds() {
        #expect(
            Self.problems(Self.policy()) == [
                "rules.yaml:3:18: warning: no binding refers to this policy: it is inactive (metadata.name)"
            ])
    }

    @Test func refusesTheSecondOfOneName() {
        let problems = Self.problems(Self.policy() + "\n---\n" + Self.policy())
        #expect(problems.contains { $0.contains("duplicate: ValidatingAdmissionPolicy p is already defined") })
    }

    @Test func refusesKindsThatAreNotServed() {
        let text = Self.policy().replacing("kind: ValidatingAdmissionPolicy", with: "kind: ValidatingAdmissionPolice")
        #expect(Self.problems(text).first?.contains("no matches for kind \"ValidatingAdmissionPolice\"") == true)
    }

    @Test func anErrorInOneDocumentLeavesTheOthers() {
        let text = "a: [\n---\n" + Self.policy()
        let (set, problems) = PolicySet.load([RuleFile(name: "rules.yaml", bytes: Array(text.utf8))])
        #expect(set.counts.first?.count == 1)
        #expect(problems.first?.line == 1 || problems.first?.line == 2)
    }

    @Test func takesListsApart() {
        let item = Self.policy().split(separator: "\n", omittingEmptySubsequences: false)
            .enumerated().map { ($0 == 0 ? "- " : "  ") + $1 }.joined(separator: "\n")
        let text = "apiVersion: v1\nkind: List\nitems:\n" + item
        let (set, _) = PolicySet.load([RuleFile(name: "rules.yaml", bytes: Array(text.utf8))])
        #expect(set.counts.first?.count == 1)
    }

    @Test func warnsOfWhatNothingReads() {
        let text = Self.policy(
            "p", "  paramKind: {apiVersion: v1, kind: ConfigMap}\n  variables: [{name: a, expression: '1'}]")
        let problems = Self.problems(text)
        #expect(
            problems.contains {
                $0.contains("warning: no expression reads the variable \"a\" (spec.variables[0].name)")
            })
        #expect(problems.contains { $0.contains("warning: no expression reads params (spec.paramKind)") })
    }

    /// However an expression spells it, and wherever it stands, a variable is read; its name in a text is no reading.
    @Test(arguments: [
        ("variables.a == 1", true), ("variables . a == 1", true), ("variables.?a.orValue(1) == 1", true),
        ("[1].all(x, has(variables.a))", true), ("'variables.a' == 'x'", false), ("variables.ab == 1", false),
    ])
    func knowsWhatIsRead(_ expression: String, _ isRead: Bool) {
        let text = Self.policy(
            "p",
            "  variables: [{name: a, expression: '1'}, {name: ab, expression: '1'}]\n"
                + "  auditAnnotations: [{key: k, valueExpression: \"string(variables.ab == 1 && \(expression))\"}]")
        let unread = Self.problems(text).filter { $0.contains("no expression reads the variable \"a\"") }
        #expect(unread.isEmpty == isRead)
    }

    /// What an expression that is wrong would have read nobody knows.
    @Test func saysNothingOfReadingsWhereAnExpressionIsWrong() {
        let text = Self.policy(
            "p",
            "  variables: [{name: a, expression: '1'}]\n  auditAnnotations: [{key: k, valueExpression: 'variables.b'}]")
        #expect(!Self.problems(text).contains { $0.contains("no expression reads") })
    }

    @Test func refusesRulesOfAnotherGroup() {
        let problems = Self.problems(Self.policy().replacing("k8s.io/v1", with: "k8s.oi/v1"))
        #expect(problems.count == 1)
        #expect(problems[0].contains("error: no matches for kind \"ValidatingAdmissionPolicy\" in version"))
    }

    @Test(arguments: [
        ("v1", "Pod", true), ("v1", "Namespace", false), ("rbac.authorization.k8s.io/v1", "RoleBinding", true),
        ("rbac.authorization.k8s.io/v1", "ClusterRole", false), ("example.com/v1", "Widget", false),
    ])
    func knowsWhichKindsAreInNamespaces(apiVersion: String, kind: String, isNamespaced: Bool) {
        #expect(ResourceNames.isNamespaced(apiVersion: apiVersion, kind: kind) == isNamespaced)
    }

    @Test(arguments: [
        ("Pod", "pods"), ("Ingress", "ingresses"), ("NetworkPolicy", "networkpolicies"), ("Endpoints", "endpoints"),
        ("Gateway", "gateways"), ("StorageClass", "storageclasses"),
    ])
    func namesResourcesAsTheAPIServerDoes(kind: String, plural: String) {
        #expect(ResourceNames.plural(of: kind) == plural)
    }
}
