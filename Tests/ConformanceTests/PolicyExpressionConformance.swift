import Admission
import CELKubernetes
import Foundation
import JSON
import Policies
import TestSupport
import Testing

/// What the API server's own tests say of the expressions of policies: each becomes a policy of its own.
@Suite struct PolicyExpressionConformance {
    typealias Case = [String: Any]

    /// What one evaluation of expressions came to.
    enum Outcome {
        case refused(String)
        case decisions([PolicyTrace.Decision])
    }

    /// Makes a policy of the expressions and asks it about the request.
    static func evaluate(
        _ expressions: [String], variables: [Any] = [], params: Any? = nil, hasParams: Bool = false, request: Case,
        namespace: Any? = nil, authorizer: (any Authorizer)? = nil
    ) throws -> Outcome {
        var request = request
        let kind = hasParams ? ["apiVersion": "example.com/v1", "kind": "Param"] : nil
        var spec: Case = [
            "matchConstraints": [
                "resourceRules": [
                    ["operations": ["*"], "apiGroups": ["*"], "apiVersions": ["*"], "resources": ["*"]]
                ]
            ], "validations": expressions.map { ["expression": $0] }, "variables": variables,
        ]
        spec["paramKind"] = kind
        var bindingSpec: Case = ["policyName": "p", "validationActions": ["Deny"]]
        var objects: [Any] = []
        if let params = params as? Case {
            bindingSpec["paramRef"] = ["name": "param", "parameterNotFoundAction": "Deny"]
            var object = params
            object["apiVersion"] = "example.com/v1"
            object["kind"] = "Param"
            object["metadata"] = ["name": "param"]
            objects.append(object)
        }
        if var space = namespace as? Case {
            request["namespace"] = (space["metadata"] as? Case)?["name"]
            space["apiVersion"] = "v1"
            space["kind"] = "Namespace"
            objects.append(space)
        }
        let group = "admissionregistration.k8s.io/v1"
        objects += [
            [
                "apiVersion": group, "kind": "ValidatingAdmissionPolicy", "metadata": ["name": "p"], "spec": spec,
            ] as Case,
            [
                "apiVersion": group, "kind": "ValidatingAdmissionPolicyBinding", "metadata": ["name": "b"],
                "spec": bindingSpec,
            ] as Case,
        ]
        let list: Case = ["apiVersion": "v1", "kind": "List", "items": objects]
        let bytes = [UInt8](try JSONSerialization.data(withJSONObject: list))
        let (set, problems) = PolicySet.load([RuleFile(name: "rules.json", bytes: bytes)])
        if let problem = problems.first(where: { $0.severity == .error }) { return .refused(problem.message) }
        let (document, review) = try MatchingConformance.review(request)
        var evaluator = PolicyEvaluator(set, authorizer: authorizer)
        evaluator.trace = PolicyTrace()
        var response = ReviewResponse()
        evaluator.review(review, &response)
        withExtendedLifetime(document) {}
        let evaluation = evaluator.trace?.policies.first?.bindings.first?.evaluations.first
        return .decisions(evaluation?.decisions ?? [])
    }

    static func agrees(_ outcome: Outcome, _ index: Int, _ expected: Case) -> Bool {
        switch outcome {
        case .refused(let message):
            let wanted = expected["error_contains"] as? String ?? "-"
            return "compilation error: \(message)".contains(
                wanted.replacingOccurrences(of: "compilation error: ", with: ""))
                || message.contains(wanted.replacingOccurrences(of: "compilation error: ", with: ""))
        case .decisions(let decisions):
            guard index < decisions.count else { return false }
            if let wanted = expected["error_contains"] as? String {
                return decisions[index].evaluation == .error && decisions[index].message.contains(wanted)
            }
            let value = (expected["value"] as? Case)?["bool"] as? Bool ?? (expected["value"] as? Bool)
            return decisions[index].evaluation == (value == true ? .admit : .deny)
        }
    }

    @Test func expressionsOfPoliciesCompileOrAreRefused() throws {
        guard let folder = try Corpus.need("k8s-cel/vap") else { return }
        let cases = try #require(try Corpus.json("k8s-cel/vap/compile.json", in: folder) as? [Case])
        for test in cases
        where test["has_authorizer"] as? Bool == true || !"\(test["expr"] ?? "")".contains("authorizer") {
            let expression = test["expr"] as? String ?? ""
            let outcome = try Self.evaluate(
                [expression], hasParams: test["has_params"] as? Bool ?? false,
                request: ["operation": "CREATE", "namespace": "default", "name": "x"])
            if let expected = test["expect"] as? Case {
                let wanted = expected["compile_error_contains"] as? String ?? "-"
                guard case .refused(let message) = outcome else {
                    Issue.record("\(expression) is not refused")
                    continue
                }
                #expect(message.contains(wanted), "\(expression)")
            } else if case .refused(let message) = outcome {
                Issue.record("\(expression) is refused: \(message)")
            }
        }
    }

    @Test func variablesAreComputedWhenTheyAreRead() throws {
        guard let folder = try Corpus.need("k8s-cel/vap") else { return }
        let cases = try #require(try Corpus.json("k8s-cel/vap/composition.json", in: folder) as? [Case])
        // Budgets are not ours to set from outside: the cases about them are held to the costs below.
        for test in cases where test["budget"] == nil {
            let outcome = try Self.evaluate(
                [test["expr"] as? String ?? ""], variables: test["variables"] as? [Any] ?? [],
                request: test["request"] as? Case ?? [:])
            #expect(Self.agrees(outcome, 0, test["expect"] as? Case ?? [:]), "\(test["name"] ?? ""): \(outcome)")
        }
    }

    /// What is left of a budget, or that there is not enough, as costs: they must add up to what upstream counts.
    @Test func costsAddUpToWhatIsLeftOfBudgets() throws {
        guard let folder = try Corpus.need("k8s-cel/vap") else { return }
        var count = 0
        for file in ["cost-budget", "composition"] {
            let cases = try #require(try Corpus.json("k8s-cel/vap/\(file).json", in: folder) as? [Case])
            for test in cases {
                guard let budget = test["budget"] as? UInt64 else { continue }
                count += 1
                let expressions = test["expressions"] as? [String] ?? [test["expr"] as? String ?? ""]
                let authorizer = (test["authorizer"] as? Case).map { _ in TableAuthorizer([], user: "") }
                let outcome = try Self.evaluate(
                    expressions, variables: test["variables"] as? [Any] ?? [], params: test["params"],
                    hasParams: test["has_params"] as? Bool ?? false, request: test["request"] as? Case ?? [:],
                    authorizer: authorizer)
                guard case .decisions(let decisions) = outcome else {
                    Issue.record("\(test["name"] ?? ""): \(outcome)")
                    continue
                }
                let cost = decisions.reduce(0) { $0 + $1.cost }
                let expect = test["expect"] as? Case ?? [:]
                if let remaining = expect["actual_remaining"] as? Int, remaining >= 0 {
                    #expect(budget - UInt64(remaining) == cost, "\(test["name"] ?? "")")
                } else if expect["value"] == nil {
                    #expect(cost > budget, "\(test["name"] ?? "")")
                } else {
                    #expect(cost <= budget, "\(test["name"] ?? "")")
                }
            }
        }
        #expect(count > 10)
    }

    /// What is asked of older versions of the API server, or with a limit of its own, is for the tests of CEL.
    @Test func conditions() throws {
        guard let folder = try Corpus.need("k8s-cel/vap") else { return }
        let cases = try #require(try Corpus.json("k8s-cel/vap/conditions.json", in: folder) as? [Case])
        var count = 0
        for test in cases
        where test["compat_version"] as? String == "1.35" && test["per_call_limit"] as? Int == 1_000_000
            && !(test["name"] as? String ?? "").contains("authorizer")
        {
            for part in test["cases"] as? [Case] ?? [] {
                count += 1
                let outcome = try Self.evaluate(
                    [part["expr"] as? String ?? ""], params: test["params"],
                    hasParams: test["has_params"] as? Bool ?? false, request: test["request"] as? Case ?? [:],
                    namespace: test["namespaceObject"])
                let actual = part["actual"] as? Case ?? [:]
                #expect(
                    Self.agrees(outcome, 0, actual),
                    "\(test["name"] ?? ""): \(part["expr"] ?? ""): \(outcome), \(actual)")
            }
        }
        #expect(count > 10)
    }
}
