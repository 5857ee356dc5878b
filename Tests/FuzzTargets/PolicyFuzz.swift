import Admission
import HTTP
import JSON
import Policies

let policyFuzzTargets: [FuzzTarget] = unsafe [
    FuzzTarget(name: "policy-rules", run: { unsafe fuzzPolicyRules($0) })
]

private let review = """
    {"kind": "AdmissionReview", "apiVersion": "admission.k8s.io/v1", "request": {"uid": "u",
     "kind": {"group": "", "version": "v1", "kind": "Pod"},
     "resource": {"group": "", "version": "v1", "resource": "pods"},
     "requestKind": {"group": "", "version": "v1", "kind": "Pod"},
     "requestResource": {"group": "", "version": "v1", "resource": "pods"},
     "name": "web", "namespace": "default", "operation": "CREATE", "userInfo": {"username": "me", "groups": ["a"]},
     "object": {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web", "labels": {"app": "web"}},
      "spec": {"containers": [{"name": "web", "image": "registry/web:1"}]}},
     "oldObject": null, "dryRun": false, "options": null}}
    """

/// Loads any bytes as rules: each problem has a place in the file, and what is sound answers a review with JSON, twice
/// the same.
public func fuzzPolicyRules(_ input: UnsafeRawBufferPointer) {
    let file = unsafe RuleFile(name: "rules", bytes: Array(input))
    let (set, problems) = PolicySet.load([file])
    for problem in problems {
        precondition(problem.line >= 1 && problem.column >= 1 && !problem.message.isEmpty, "a problem without a place")
    }
    guard let document = try? JSONDocument(parsing: review),
        let question = try? AdmissionReview(decoding: document.root)
    else { preconditionFailure("the review is not one") }
    var evaluator = PolicyEvaluator(set)
    let first = answer(&evaluator, question)
    precondition(answer(&evaluator, question) == first, "the second answer is another")
    withExtendedLifetime(document) {}
}

private func answer(_ evaluator: inout PolicyEvaluator, _ question: AdmissionReview) -> [UInt8] {
    var response = ReviewResponse()
    evaluator.review(question, &response)
    var writer = JSONWriter()
    var scratch = ByteBuffer()
    response.write(for: question, to: &writer, scratch: &scratch)
    guard (try? JSONDocument(parsing: writer.bytes)) != nil else { preconditionFailure("the answer is not JSON") }
    return writer.bytes
}
