import Admission
import HTTP
import JSON
import Policies

/// Policies asked about a review that was read: matching, evaluating and answering.
enum PolicyBenchmarks {
    static func make() throws -> [Benchmark] {
        let body = try Inputs.bytes("reviews/pod-create.json")
        return try [
            ("ten-rules", PolicyText.podRules(1)), ("fifty-rules", PolicyText.podRules(5)),
            ("10-of-10-policies", PolicyText.policies(matching: 10, others: 0)),
            ("10-of-1000-policies", PolicyText.policies(matching: 10, others: 990)),
        ].map { name, rules in
            let side = try PolicySide(body, rules)
            return Benchmark(
                name: "policies/\(name)", bytes: body.count, ours: { side.ask() }, peers: [], countsMax: (0, 400))
        }
            + [load()]
    }

    private static func load() -> Benchmark {
        let file = RuleFile(
            name: "rules.yaml", bytes: Array(PolicyText.policies(matching: 10, others: 90).utf8))
        return Benchmark(
            name: "policies/load-100", bytes: file.bytes.count, ours: { _ = PolicySet.load([file]) }, peers: [])
    }
}

/// What one loop holds, and one review that comes again and again.
final class PolicySide {
    private let document: JSONDocument
    private let review: AdmissionReview
    private var evaluator: PolicyEvaluator
    private var response = ReviewResponse()

    init(_ body: [UInt8], _ rules: String) throws {
        document = try JSONDocument(parsing: body)
        review = try AdmissionReview(decoding: document.root)
        let (set, problems) = PolicySet.load([RuleFile(name: "rules.yaml", bytes: Array(rules.utf8))])
        if let problem = problems.first(where: { $0.severity == .error }) { throw problem }
        evaluator = PolicyEvaluator(set)
    }

    func ask() {
        response.reset()
        evaluator.review(review, &response)
    }
}

/// Rules as their authors would write them, which the benchmark's pod keeps.
enum PolicyText {
    private static let checks = [
        "!has(object.spec.hostNetwork) || !object.spec.hostNetwork",
        "!has(object.spec.hostPID) || !object.spec.hostPID",
        "!has(object.spec.hostIPC) || !object.spec.hostIPC",
        "object.metadata.?labels.orValue({}).size() >= 0",
        "object.spec.containers.all(c, !has(c.securityContext) || !has(c.securityContext.privileged) "
            + "|| !c.securityContext.privileged)",
        "object.spec.containers.all(c, c.?securityContext.?allowPrivilegeEscalation.orValue(false) != true)",
        "object.spec.containers.all(c, !c.image.endsWith(':latest'))",
        "object.spec.containers.all(c, !c.image.startsWith('untrusted.example/'))",
        "object.spec.containers.all(c, !has(c.ports) || c.ports.all(p, !has(p.hostPort) || p.hostPort == 0))",
        "!has(object.spec.volumes) || object.spec.volumes.all(v, !has(v.hostPath))",
    ]

    static func podRules(_ times: Int) -> String {
        (0..<times).map { policy("pods-\($0)", "pods", checks) }.joined(separator: "---\n")
    }

    static func policies(matching: Int, others: Int) -> String {
        let all = (0..<matching).map { policy("pods-\($0)", "pods", [checks[$0 % checks.count]]) }
        let rest = (0..<others).map { policy("other-\($0)", "widgets\($0)", [checks[$0 % checks.count]]) }
        return (all + rest).joined(separator: "---\n")
    }

    private static func policy(_ name: String, _ resource: String, _ expressions: [String]) -> String {
        """
        apiVersion: admissionregistration.k8s.io/v1
        kind: ValidatingAdmissionPolicy
        metadata: {name: \(name)}
        spec:
          matchConstraints:
            resourceRules:
            - {apiGroups: [""], apiVersions: [v1], operations: [CREATE, UPDATE], resources: [\(resource)]}
          validations:
        \(expressions.map { "  - expression: \"\($0)\"" }.joined(separator: "\n"))
        ---
        apiVersion: admissionregistration.k8s.io/v1
        kind: ValidatingAdmissionPolicyBinding
        metadata: {name: \(name)}
        spec: {policyName: \(name), validationActions: [Deny]}

        """
    }
}
