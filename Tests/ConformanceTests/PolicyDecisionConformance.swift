import Admission
import Foundation
import Policies
import TestSupport
import Testing

/// What the API server's own tests say of how the results of expressions become decisions. There the results are made up;
/// here each is what an expression gives that stands in their place.
@Suite struct PolicyDecisionConformance {
    typealias Case = [String: Any]

    /// An expression of type string for which a policy must not be sound, so that no policy can have that result.
    private static let impossible: Set<String> = ["messageExpression eval to null"]

    /// True where nobody may do anything, and costs 700,000: fourteen of them leave little of a policy's budget.
    private static let costly = ["/a", "/b"].map { "!authorizer.path('\($0)').check('get').allowed()" }
        .joined(separator: " && ")

    /// A text that costs more than those leave.
    private static let costlyText: String = {
        let list = "[\((0..<30).map(String.init).joined(separator: ","))]"
        return "\(list).all(a, \(list).all(b, \(list).all(c, a + b + c >= 0))) ? 'a' : 'b'"
    }()

    /// An expression with that result; `index` tells those that are alike apart.
    private static func expression(_ result: Case, _ index: Int) -> String {
        if let error = result["error"] as? String { return "{'\(index)': true}['\(error.replacing("'", with: ""))']" }
        let value = result["value"] as? Case ?? [:]
        if let text = value["string"] as? String { return "'\(text)'" }
        if value["null"] != nil { return "null" }
        return value["bool"] as? Bool == true ? "\(index) == \(index)" : "\(index) == \(index + 1)"
    }

    private static func rules(_ spec: Case) throws -> PolicySet {
        var spec = spec
        spec["matchConstraints"] = [
            "resourceRules": [["operations": ["*"], "apiGroups": ["*"], "apiVersions": ["*"], "resources": ["*"]]]
        ]
        let group = "admissionregistration.k8s.io/v1"
        let items: [Case] = [
            ["apiVersion": group, "kind": "ValidatingAdmissionPolicy", "metadata": ["name": "p"], "spec": spec],
            [
                "apiVersion": group, "kind": "ValidatingAdmissionPolicyBinding", "metadata": ["name": "b"],
                "spec": ["policyName": "p", "validationActions": ["Deny"]],
            ],
        ]
        let list: Case = ["apiVersion": "v1", "kind": "List", "items": items]
        let bytes = [UInt8](try JSONSerialization.data(withJSONObject: list))
        let (set, problems) = PolicySet.load([RuleFile(name: "rules.json", bytes: bytes)])
        try #require(!problems.contains { $0.severity == .error }, "\(problems)")
        return set
    }

    private static func evaluation(_ spec: Case, isLate: Bool = false) throws -> PolicyTrace.Evaluation {
        let (document, review) = try MatchingConformance.review([
            "operation": "CREATE", "namespace": "default", "name": "x",
        ])
        var evaluator = PolicyEvaluator(try rules(spec))
        evaluator.trace = PolicyTrace()
        if isLate { evaluator.isTimeUp = { true } }
        var response = ReviewResponse()
        evaluator.review(review, &response)
        withExtendedLifetime(document) {}
        return try #require(evaluator.trace?.policies.first?.bindings.first?.evaluations.first)
    }

    // MARK: decisions

    private static func spec(of test: Case) -> Case {
        var spec: Case = ["failurePolicy": test["failure_policy"] as? String ?? "Fail"]
        let messages = test["message_evaluations"] as? [Case] ?? []
        let results = test["evaluations"] as? [Case] ?? []
        var validations: [Case] = results.enumerated().map { index, result in
            var validation: Case = ["expression": expression(result, index)]
            validation["reason"] = result["reason"]
            if let text = result["message"] as? String, !text.isEmpty { validation["message"] = text }
            guard index < messages.count else { return validation }
            let isError = messages[index]["error"] != nil
            validation["messageExpression"] = isError ? "['a'][1]" : expression(messages[index], index)
            return validation
        }
        if test["budget"] as? Int == 1 {
            // What is left after these is too little for the message.
            validations[0]["messageExpression"] = costlyText
            validations += (0..<14).map { _ in ["expression": costly] }
        }
        spec["validations"] = validations
        let annotations = test["audit_evaluations"] as? [Case] ?? []
        spec["auditAnnotations"] = annotations.enumerated().map { index, result in
            let text = expression(result, index)
            return ["key": "k\(index)", "valueExpression": result["error"] == nil ? text : "{'a': 'b'}['none']"]
        }
        let conditions = test["match_conditions"] as? Case ?? [:]
        if conditions["error"] is String {
            spec["matchConditions"] = [["name": "c", "expression": expression(conditions, 0)]]
        } else if conditions["matches"] as? Bool == false {
            spec["matchConditions"] = [["name": "c", "expression": "false"]]
        }
        return spec
    }

    @Test func resultsBecomeDecisions() throws {
        guard let folder = try Corpus.need("k8s-cel/vap") else { return }
        let cases = try #require(try Corpus.json("k8s-cel/vap/decisions.json", in: folder) as? [Case])
        var count = 0
        for test in cases where !Self.impossible.contains(test["test"] as? String ?? "") {
            count += 1
            let name = test["test"] as? String ?? ""
            let isLate = test["filter_error"] as? Bool == true
            let evaluation = try Self.evaluation(Self.spec(of: test), isLate: isLate)
            let wanted = test["actual"] as? [Case] ?? []
            #expect(evaluation.decisions.count >= wanted.count, "\(name): \(evaluation.decisions)")
            if test["budget"] as? Int != 1 {
                #expect(evaluation.decisions.count == wanted.count, "\(name): \(evaluation.decisions)")
            }
            for (decision, wanted) in zip(evaluation.decisions, wanted) {
                #expect(decision.evaluation.rawValue == wanted["evaluation"] as? String, "\(name): \(decision)")
                #expect(decision.isDenial == (wanted["action"] as? String == "deny"), "\(name): \(decision)")
                #expect(decision.reason == wanted["reason"] as? String, "\(name): \(decision)")
            }
            checkMessages(test, evaluation, isLate: isLate)
            checkAnnotations(test, evaluation)
        }
        #expect(count == 18)
    }

    /// Messages that repeat an expression repeat the one that stands in its place; what has no time left says so.
    private func checkMessages(_ test: Case, _ evaluation: PolicyTrace.Evaluation, isLate: Bool) {
        let results = test["evaluations"] as? [Case] ?? []
        for (index, wanted) in (test["actual"] as? [Case] ?? []).enumerated() where index < evaluation.decisions.count {
            var message = wanted["message"] as? String ?? ""
            if message.hasPrefix("failed expression: ") {
                message = "failed expression: \(Self.expression(results[index], index))"
            }
            if isLate { message = "the time for this request is up" }
            let found = evaluation.decisions[index].message
            #expect(message.isEmpty || found.contains(message), "\(test["test"] ?? ""): \(found)")
            if wanted["evaluation"] as? String != "error" { #expect(found == message, "\(test["test"] ?? "")") }
        }
    }

    private func checkAnnotations(_ test: Case, _ evaluation: PolicyTrace.Evaluation) {
        let wanted = test["expect_audit"] as? [Case] ?? []
        #expect(evaluation.annotations.count == wanted.count, "\(test["test"] ?? "")")
        for (annotation, wanted) in zip(evaluation.annotations, wanted) {
            #expect(annotation.value == wanted["value"] as? String, "\(test["test"] ?? "")")
            let isError = wanted["action"] as? String == "error"
            #expect(annotation.error.isEmpty != isError && annotation.isDenial == isError, "\(test["test"] ?? "")")
        }
    }

    // MARK: match conditions

    @Test func conditionsDecideWhetherAPolicyIsAsked() throws {
        guard let folder = try Corpus.need("k8s-cel/vap") else { return }
        let cases = try #require(try Corpus.json("k8s-cel/vap/match-conditions.json", in: folder) as? [Case])
        for test in cases {
            let name = test["test"] as? String ?? ""
            var conditions: [Case] = (test["evaluations"] as? [Case] ?? []).enumerated().map { index, result in
                ["name": "\(result["name"] ?? "").\(index)", "expression": Self.expression(result, index)]
            }
            for index in conditions.indices { conditions[index]["name"] = "c\(conditions[index]["name"] ?? "")" }
            // Nothing but the limit of their cost ends conditions before all of them were asked.
            if test["filter_error"] as? Bool == true {
                conditions += (0..<4).map { ["name": "costly\($0)", "expression": Self.costly] }
            }
            let evaluation = try Self.evaluation([
                "failurePolicy": test["failure_policy"] as? String ?? "Fail", "matchConditions": conditions,
                "validations": [["expression": "true"]],
            ])
            let failed = test["expect_failed_condition"] as? String ?? ""
            if failed.isEmpty {
                #expect(evaluation.failedCondition == nil, "\(name)")
            } else {
                #expect(evaluation.failedCondition?.hasPrefix("c\(failed).") == true, "\(name)")
            }
            let error = test["error_contains"] as? String ?? ""
            if error.isEmpty {
                #expect(evaluation.isMatched == test["expect_match"] as? Bool, "\(name)")
                #expect(!evaluation.decisions.contains { $0.evaluation == .error }, "\(name)")
            } else {
                #expect(evaluation.decisions.map(\.evaluation) == [.error], "\(name)")
                #expect(evaluation.decisions.first?.isDenial == true, "\(name)")
                let isLimit = test["filter_error"] as? Bool == true
                let wanted = isLimit ? "running out of cost budget" : error
                #expect(evaluation.decisions.first?.message.contains(wanted) == true, "\(name)")
            }
        }
        #expect(cases.count == 8)
    }
}
