import Admission
import HTTP
import JSON
import Policies

/// Mutating policies asked about a review that was read: matching, evaluating, merging and the patch.
enum MutationBenchmarks {
    static func make() throws -> [Benchmark] {
        let body = try Inputs.bytes("reviews/pod-create.json")
        let apply =
            "Object{spec: Object.spec{containers: object.spec.containers.map(c, "
            + "Object.spec.containers{name: c.name, imagePullPolicy: 'Always'})}}"
        let patch = "[JSONPatch{op: 'add', path: '/spec/priorityClassName', value: 'low'}]"
        return try [
            ("apply", policy("applyConfiguration", apply)), ("patch", policy("jsonPatch", patch)),
            ("nothing-to-do", policy("jsonPatch", "[JSONPatch{op: 'test', path: '/kind', value: 'x'}]")),
        ].map { name, rules in
            let side = try MutationSide(body, rules)
            return Benchmark(name: "mutate/\(name)", bytes: body.count, ours: { side.ask() }, peers: [])
        }
    }

    private static func policy(_ form: String, _ expression: String) -> String {
        let type = form == "jsonPatch" ? "JSONPatch" : "ApplyConfiguration"
        return """
            apiVersion: admissionregistration.k8s.io/v1
            kind: MutatingAdmissionPolicy
            metadata: {name: m}
            spec:
              reinvocationPolicy: Never
              matchConstraints:
                resourceRules:
                - {apiGroups: [""], apiVersions: [v1], operations: [CREATE, UPDATE], resources: [pods]}
              mutations:
              - {patchType: \(type), \(form): {expression: "\(expression)"}}
            ---
            apiVersion: admissionregistration.k8s.io/v1
            kind: MutatingAdmissionPolicyBinding
            metadata: {name: m}
            spec: {policyName: m}
            """
    }
}

/// What one loop holds, and one review that comes again and again.
private final class MutationSide {
    private let document: JSONDocument
    private let review: AdmissionReview
    private var evaluator: PolicyEvaluator
    private var response = ReviewResponse()

    init(_ body: [UInt8], _ rules: String) throws {
        document = try JSONDocument(parsing: body)
        review = try AdmissionReview(decoding: document.root)
        let (set, problems) = PolicySet.load([RuleFile(name: "rules.yaml", bytes: Array(rules.utf8))])
        if let problem = problems.first { throw problem }
        evaluator = PolicyEvaluator(set)
    }

    func ask() {
        response.reset()
        evaluator.mutate(review, &response)
    }
}
