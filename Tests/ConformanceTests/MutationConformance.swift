import Admission
import CEL
import CELKubernetes
import Foundation
import HTTP
import JSON
import Policies
import TestSupport
import Testing

/// Single mutations as the API server carries them out: what an expression makes of an object, or why it fails.
@Suite struct MutationConformance {
    typealias Case = [String: Any]

    private func run(_ file: String, _ patchType: PatchType) throws {
        guard let folder = try Corpus.need("k8s-cel/map/\(file)") else { return }
        let cases = try #require(try Corpus.json("k8s-cel/map/\(file)", in: folder) as? [Case])
        var failures: [String] = []
        for test in cases {
            let name = test["name"] as? String ?? ""
            if let failure = try OneMutation(test, patchType).failure() { failures.append("\(name): \(failure)") }
        }
        #expect(!cases.isEmpty)
        #expect(failures.isEmpty, "\(failures.count) of \(cases.count):\n\(failures.joined(separator: "\n"))")
    }

    @Test func jsonPatches() throws { try run("jsonpatch.json", .jsonPatch) }

    /// Whole policies, which the cases give without what every loaded policy must have.
    private func runPolicies(_ file: String) throws {
        guard let folder = try Corpus.need("k8s-cel/map/\(file)") else { return }
        let cases = try #require(try Corpus.json("k8s-cel/map/\(file)", in: folder) as? [Case])
        var failures: [String] = []
        for test in cases {
            let name = test["name"] as? String ?? ""
            if let failure = try BarePolicies(test).failure() { failures.append("\(name): \(failure)") }
        }
        #expect(!cases.isEmpty)
        #expect(failures.isEmpty, "\(failures.count) of \(cases.count):\n\(failures.joined(separator: "\n"))")
    }

    @Test func policies() throws { try runPolicies("policy.json") }

    @Test func policiesOneAfterTheOther() throws { try runPolicies("dispatch.json") }

    @Test func optionalsBesidePatches() throws {
        guard let folder = try Corpus.need("k8s-cel/map/optional.json") else { return }
        let cases = try #require(try Corpus.json("k8s-cel/map/optional.json", in: folder) as? [Case])
        let environment = Environment.admission(AdmissionVariables(hasPatchTypes: true))
        for test in cases {
            guard let expression = test["expr"] as? String, let expect = test["expect"] as? Case,
                case .success(let checked) = environment.compile(expression)
            else {
                Issue.record("\(test["name"] ?? "") is refused")
                continue
            }
            var evaluator = Evaluator()
            let value = evaluator.run(try environment.plan(checked))
            var writer = JSONWriter()
            try TypedEncoding.write(value, to: &writer, &evaluator)
            let mine = try JSONSerialization.jsonObject(with: Data(writer.bytes))
            #expect(Plain(mine).isEqual(Plain(expect["value"] ?? [:])), "\(expression): \(writer.text)")
        }
    }

    @Test func appliedConfigurations() throws { try run("apply.json", .applyConfiguration) }
}

/// One expression on one object.
private struct OneMutation {
    let expression: String
    let patchType: PatchType
    let object: JSONDocument
    let old: JSONDocument
    let expect: MutationConformance.Case

    /// What was there before is in the cases of the suite that these come from, not in the corpus.
    private static let oldObject = #"{"apiVersion":"apps/v1","kind":"Deployment","spec":{"replicas":2}}"#

    init(_ test: MutationConformance.Case, _ patchType: PatchType) throws {
        self.patchType = patchType
        expression = test["expr"] as? String ?? ""
        expect = test["expect"] as? MutationConformance.Case ?? [:]
        let json = try JSONSerialization.data(withJSONObject: test["object"] ?? [:])
        object = try JSONDocument(parsing: [UInt8](json))
        old = try JSONDocument(parsing: Self.oldObject)
    }

    /// What differs from the expectation.
    func failure() throws -> String? {
        let refusal = expect["error_contains"] as? String
        do throws(MutationError) {
            let result = try mutated()
            if let refusal { return "expected error: \(refusal)\n  got: \(result?.root.text() ?? "nothing")" }
            let wanted = Plain(expect["object"] ?? [:])
            let given = Plain(Data((result ?? object).root.bytes()))
            return wanted.isEqual(given) ? nil : "expected \(wanted.text)\n  got \(given.text)"
        } catch {
            guard let refusal else { return "error: \(error.message)" }
            return error.message.contains(refusal) ? nil : "expected error: \(refusal)\n  got error: \(error.message)"
        }
    }

    private func mutated() throws(MutationError) -> JSONDocument? {
        let environment = Environment.admission(AdmissionVariables(hasAuthorizer: true, hasPatchTypes: true))
        let checked: CheckedExpression
        switch environment.compile(expression) {
        case .failure(let failure): throw MutationError(failure.description)
        case .success(let sound): checked = sound
        }
        if let complaint = patchType.complaint(about: checked.resultType) { throw MutationError(complaint) }
        guard let program = try? environment.plan(checked) else { throw MutationError("no plan") }
        var evaluator = Evaluator()
        for (name, document) in [("object", object), ("oldObject", old)] {
            guard let slot = environment.slot(of: name) else { continue }
            evaluator.bind(slot, evaluator.value(of: document.root))
        }
        let value = evaluator.run(program)
        if value.isError { throw MutationError(value.errorMessage) }
        var mutator = Mutator()
        mutator.refusesUnknownFields = true
        return try mutator.mutate(object.root, patchType, with: value, &evaluator)
    }
}

/// Policies as tests of the API server's dispatcher have them: without defaults, and for one object.
private struct BarePolicies {
    typealias Case = MutationConformance.Case

    private let test: Case

    init(_ test: Case) { self.test = test }

    func failure() throws -> String? {
        let rules = RuleFile(name: "rules", bytes: Array(try documents().utf8))
        let (set, problems) = PolicySet.load([rules])
        let errors = problems.filter { $0.severity == .error }
        let review = try JSONDocument(parsing: [UInt8](JSONSerialization.data(withJSONObject: review())))
        return try review.withRoot { root in
            let asked = try AdmissionReview(decoding: root)
            var evaluator = PolicyEvaluator(set, authorizer: TableAuthorizer([["verb": "*"]], user: "alice"))
            var response = ReviewResponse()
            let result = evaluator.mutate(asked, &response)
            let message = response.isAllowed ? errors.first?.description : response.message.text
            return compare(message, (result?.root ?? asked.object)?.bytes() ?? [])
        }
    }

    private func compare(_ message: String?, _ object: [UInt8]) -> String? {
        let expect = test["expect"] as? Case
        if let wanted = expect?["error_contains"] as? String {
            return message?.contains(wanted) == true ? nil : "expected error: \(wanted)\n  got: \(message ?? "none")"
        }
        if let message { return "error: \(message)" }
        let (mine, wanted) = (Plain(Data(object)), Plain(expect?["object"] ?? [:]))
        return mine.isEqual(wanted) ? nil : "expected \(wanted.text)\n  got \(mine.text)"
    }

    private func documents() throws -> String {
        var documents: [Case] = test["params"] as? [Case] ?? []
        let hooks = test["hooks"] as? [Case] ?? [["policy": test["policy"] ?? [:], "bindings": [Case]()]]
        for hook in hooks {
            let policy = Self.completed(hook["policy"] as? Case ?? [:], "MutatingAdmissionPolicy", Self.policyDefaults)
            documents.append(policy)
            let name = (policy["metadata"] as? Case)?["name"] ?? ""
            var bindings = hook["bindings"] as? [Case] ?? []
            if bindings.isEmpty { bindings = [["metadata": ["name": "b"], "spec": ["policyName": name]]] }
            for (index, binding) in bindings.enumerated() {
                var binding = Self.completed(binding, "MutatingAdmissionPolicyBinding", [:])
                // Bindings of different policies share a name in these cases.
                binding["metadata"] = ["name": "\(name).b\(index)"]
                documents.append(binding)
            }
        }
        return try documents.map {
            String(
                decoding: try JSONSerialization.data(withJSONObject: $0, options: .withoutEscapingSlashes),
                as: UTF8.self)
        }.joined(separator: "\n---\n")
    }

    private static var policyDefaults: Case {
        [
            "reinvocationPolicy": "Never",
            "matchConstraints": [
                "resourceRules": [
                    ["apiGroups": ["*"], "apiVersions": ["*"], "operations": ["*"], "resources": ["*"]]
                ]
            ],
        ]
    }

    private static func completed(_ document: Case, _ kind: String, _ defaults: Case) -> Case {
        var spec = defaults.merging(document["spec"] as? Case ?? [:]) { _, own in own }
        if var reference = spec["paramRef"] as? Case {
            reference["parameterNotFoundAction"] = reference["parameterNotFoundAction"] ?? "Deny"
            spec["paramRef"] = reference
        }
        var document = document
        document["apiVersion"] = "admissionregistration.k8s.io/v1"
        document["kind"] = kind
        document["spec"] = spec
        return document
    }

    private func review() -> Case {
        let request: Case = [
            "uid": "1", "kind": ["group": "apps", "version": "v1", "kind": "Deployment"],
            "resource": ["group": "apps", "version": "v1", "resource": "deployments"], "operation": "CREATE",
            "name": "d1", "namespace": "default", "userInfo": ["username": "alice"], "object": test["object"] ?? [:],
        ]
        return ["apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": request]
    }
}

/// JSON as Foundation reads it, without what Go's types leave out: nulls and what is empty.
struct Plain {
    let value: Any

    init(_ value: Any) { self.value = Self.pruned(value) }

    init(_ data: Data) {
        let parsed = (try? JSONSerialization.jsonObject(with: data, options: .fragmentsAllowed)) ?? NSNull()
        value = Self.pruned(parsed)
    }

    private static func pruned(_ value: Any) -> Any {
        if let list = value as? [Any] { return list.map(pruned) }
        guard let map = value as? [String: Any] else { return value }
        return map.mapValues(pruned).filter { !isEmpty($0.value) }
    }

    private static func isEmpty(_ value: Any) -> Bool {
        if let list = value as? [Any] { return list.isEmpty }
        if let map = value as? [String: Any] { return map.isEmpty }
        return value is NSNull
    }

    func isEqual(_ other: Plain) -> Bool { text == other.text }

    var text: String {
        let data = try? JSONSerialization.data(withJSONObject: value, options: [.sortedKeys, .fragmentsAllowed])
        return data.map { String(decoding: $0, as: UTF8.self) } ?? "?"
    }
}
