import Policies
import Testing

/// What is served while files change, rightly and wrongly.
@Suite struct RuleRevisionsTests {
    static func policy(_ name: String, _ expression: String) -> String {
        """
        apiVersion: admissionregistration.k8s.io/v1
        kind: ValidatingAdmissionPolicy
        metadata: {name: \(name)}
        spec:
          matchConstraints:
            resourceRules:
            - {apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods]}
          validations: [{expression: "\(expression)"}]
        ---
        apiVersion: admissionregistration.k8s.io/v1
        kind: ValidatingAdmissionPolicyBinding
        metadata: {name: \(name)}
        spec: {policyName: \(name), validationActions: [Deny]}

        """
    }

    static func file(_ name: String, _ text: String) -> RuleFile { RuleFile(name: name, bytes: Array(text.utf8)) }

    static func count(_ revision: RuleRevisions.Revision) -> Int {
        revision.set.counts.first { $0.kind == "ValidatingAdmissionPolicy" }?.count ?? 0
    }

    @Test func keepsARuleThatHasBecomeWrong() {
        var revisions = RuleRevisions()
        let good = [Self.file("a.yaml", Self.policy("a", "true") + "---\n" + Self.policy("b", "true"))]
        #expect(Self.count(revisions.load(good)) == 2)
        let bad = [Self.file("a.yaml", Self.policy("a", "tru") + "---\n" + Self.policy("b", "1 == 1"))]
        let revision = revisions.load(bad)
        #expect(Self.count(revision) == 2 && revision.invalidCount == 1)
        // It was wrong before there was anything to keep.
        var fresh = RuleRevisions()
        #expect(Self.count(fresh.load(bad)) == 1)
        #expect(revisions.load(good).invalidCount == 0)
    }

    @Test func dropsARuleThatIsGone() {
        var revisions = RuleRevisions()
        let both = [Self.file("a.yaml", Self.policy("a", "true")), Self.file("b.yaml", Self.policy("b", "true"))]
        #expect(Self.count(revisions.load(both)) == 2)
        #expect(Self.count(revisions.load([both[1]])) == 1)
        #expect(Self.count(revisions.load([Self.file("b.yaml", "")])) == 0)
    }

    @Test(arguments: ["a: [", "kind: X\n: :", "\u{0}"])
    func keepsAFileThatCannotBeRead(text: String) {
        var revisions = RuleRevisions()
        let good = Self.file("a.yaml", Self.policy("a", "true"))
        #expect(Self.count(revisions.load([good])) == 1)
        let revision = revisions.load([Self.file("a.yaml", text)])
        #expect(Self.count(revision) == 1 && revision.invalidCount > 0)
    }

    @Test func keepsAFileThatIsBeingWritten() {
        var revisions = RuleRevisions()
        let good = Self.file("a.yaml", Self.policy("a", "true"))
        #expect(Self.count(revisions.load([good])) == 1)
        #expect(Self.count(revisions.load([Self.file("a.yaml", "")], unsettled: ["a.yaml"])) == 1)
        #expect(Self.count(revisions.load([Self.file("a.yaml", "")])) == 0)
    }
}
