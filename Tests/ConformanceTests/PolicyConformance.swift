import Admission
import CELKubernetes
import Foundation
import HTTP
import JSON
import Policies
import TestSupport
import Testing
import YAML

/// Policies as their authors published them, each asked about requests to which the API server's answer is known.
@Suite struct PolicyConformance {
    typealias Case = [String: Any]

    static func folders(_ folder: URL) throws -> [URL] {
        let root = folder.appendingPathComponent("policies")
        var folders: [URL] = []
        for origin in try FileManager.default.contentsOfDirectory(atPath: root.path).sorted() {
            let path = root.appendingPathComponent(origin)
            for policy in (try? FileManager.default.contentsOfDirectory(atPath: path.path)) ?? [] {
                folders.append(path.appendingPathComponent(policy))
            }
        }
        return folders.sorted { $0.path < $1.path }
    }

    @Test func everyPolicyIsLoaded() throws {
        guard let folder = try Corpus.need("policies") else { return }
        var failures: [String] = []
        var count = 0
        for policy in try Self.folders(folder) {
            guard let file = PolicyFolder.file("policy.yaml", in: policy) else { continue }
            count += 1
            let (_, problems) = PolicySet.load([file])
            for problem in problems where problem.severity == .error {
                failures.append("\(policy.lastPathComponent): \(problem)")
            }
        }
        print("policies: \(count) loaded, \(failures.count) problems")
        #expect(count > 0)
        #expect(failures.isEmpty, "\(failures.prefix(50).joined(separator: "\n"))")
    }

    @Test func verdictsAreTheAPIServers() throws {
        guard let folder = try Corpus.need("policies") else { return }
        var failures: [String] = []
        var count = 0
        for url in try Self.folders(folder) {
            guard let data = try? Data(contentsOf: url.appendingPathComponent("expected.json")),
                let expected = try JSONSerialization.jsonObject(with: data) as? Case,
                expected["kind"] as? String == "ValidatingAdmissionPolicy",
                let cases = expected["cases"] as? [String: Case]
            else { continue }
            var policy = PolicyFolder(url)
            for (name, test) in cases.sorted(by: { $0.key < $1.key }) {
                count += 1
                let wrong = try policy.differences(name, test)
                if !wrong.isEmpty {
                    let place = "\(url.deletingLastPathComponent().lastPathComponent)/\(url.lastPathComponent)/\(name)"
                    failures.append("\(place): \(wrong.joined(separator: "; "))")
                }
            }
        }
        print("policies: \(count - failures.count) of \(count) cases agree")
        #expect(count > 0)
        #expect(failures.isEmpty, "\(failures.count) of \(count):\n\(failures.prefix(60).joined(separator: "\n"))")
    }
}

/// The files of one policy, and the sets made of them.
struct PolicyFolder {
    typealias Case = [String: Any]

    private let url: URL
    private var sets: [String: PolicySet] = [:]

    init(_ url: URL) { self.url = url }

    static func file(_ name: String, in folder: URL) -> RuleFile? {
        guard let data = try? Data(contentsOf: folder.appendingPathComponent(name)) else { return nil }
        return RuleFile(name: name, bytes: [UInt8](data))
    }

    private mutating func set(_ test: Case) -> PolicySet {
        let names = [
            "policy.yaml", test["bindings"] as? String ?? "binding.yaml", test["params"] as? String ?? "params.yaml",
            test["namespaces"] as? String ?? "namespaces.yaml",
        ]
        let key = names.joined(separator: " ")
        if let set = sets[key] { return set }
        let set = PolicySet.load(names.compactMap { Self.file($0, in: url) }).set
        sets[key] = set
        return set
    }

    mutating func differences(_ name: String, _ test: Case) throws -> [String] {
        let set = set(test)
        let bytes = [UInt8](try Data(contentsOf: url.appendingPathComponent("cases/\(name)")))
        var options = YAMLOptions()
        options.schema = .kubernetes
        let document = try YAMLDocument(parsing: bytes, options: options)
        let review = try AdmissionReview(decoding: document.json.root)
        var evaluator = PolicyEvaluator(
            set, authorizer: TableAuthorizer(test["authz"] as? [Case] ?? [], user: review.userInfo.username.string))
        evaluator.trace = PolicyTrace()
        var response = ReviewResponse()
        evaluator.review(review, &response)
        var writer = JSONWriter()
        var scratch = ByteBuffer()
        response.write(for: review, to: &writer, scratch: &scratch)
        let answer =
            try #require(
                try JSONSerialization.jsonObject(with: Data(writer.bytes)) as? Case)["response"] as? Case
        return withExtendedLifetime(document) {
            Self.compare(answer ?? [:], test) + Self.compare(evaluator.trace ?? PolicyTrace(), test)
        }
    }

    private static func compare(_ answer: Case, _ test: Case) -> [String] {
        var wrong: [String] = []
        let status = answer["status"] as? Case
        if answer["allowed"] as? Bool != test["allowed"] as? Bool {
            wrong.append("allowed is \(answer["allowed"] ?? "-"): \(status?["message"] ?? "")")
        }
        if let expected = test["status"] as? Case {
            let message = expected["message"] as? String ?? ""
            let wanted = message.range(of: " is forbidden: ").map { String(message[$0.upperBound...]) } ?? message
            if status?["message"] as? String != wanted {
                wrong.append("message is \(status?["message"] ?? "-"), expected \(wanted)")
            }
            for key in ["code", "reason"] where "\(status?[key] ?? "-")" != "\(expected[key] ?? "-")" {
                wrong.append("\(key) is \(status?[key] ?? "-"), expected \(expected[key] ?? "-")")
            }
        }
        let warnings = answer["warnings"] as? [String] ?? []
        if warnings != test["warnings"] as? [String] ?? [] {
            wrong.append("warnings are \(warnings), expected \(test["warnings"] ?? [])")
        }
        let annotations = answer["auditAnnotations"] as? [String: String] ?? [:]
        for (key, value) in test["audit_annotations"] as? [String: String] ?? [:] {
            let name =
                key.hasPrefix("validation.policy") ? "validation_failure" : key.replacingOccurrences(of: "/", with: ".")
            if annotations[name] != value { wrong.append("\(key) is \(annotations[name] ?? "-"), expected \(value)") }
        }
        return wrong
    }

    // MARK: what led to it

    private static func compare(_ trace: PolicyTrace, _ test: Case) -> [String] {
        var wrong: [String] = []
        for expected in test["policies"] as? [Case] ?? [] {
            let name = expected["policy"] as? String ?? ""
            let policy = trace.policies.first { $0.name == name }
            let isMatched = policy?.isMatched ?? false
            if isMatched != expected["matched"] as? Bool {
                wrong.append("\(name): matched is \(isMatched)")
                continue
            }
            for binding in expected["bindings"] as? [Case] ?? [] {
                let found = policy?.bindings.first { $0.name == binding["binding"] as? String }
                wrong += compare(found, binding).map { "\(name): \($0)" }
            }
        }
        return wrong
    }

    private static func compare(_ binding: PolicyTrace.Binding?, _ expected: Case) -> [String] {
        let isMatched = binding?.isMatched ?? false
        if isMatched != expected["matched"] as? Bool { return ["binding matched is \(isMatched)"] }
        let evaluations = expected["evaluations"] as? [Case] ?? []
        let mine = binding?.evaluations ?? []
        guard mine.count == evaluations.count else {
            return ["\(mine.count) evaluations, expected \(evaluations.count)"]
        }
        var wrong: [String] = []
        for (one, other) in zip(mine, evaluations) {
            let decisions = other["decisions"] as? [Case] ?? []
            let own = one.decisions.map(text)
            let theirs = decisions.map(text)
            if own != theirs { wrong.append("decisions are \(own), expected \(theirs)") }
            let annotations = (other["audit_annotations"] as? [Case] ?? []).map(annotationText)
            let ownAnnotations = one.annotations.map { "\($0.key)=\($0.value) \($0.error)" }
            if ownAnnotations != annotations {
                wrong.append("annotations are \(ownAnnotations), expected \(annotations)")
            }
        }
        return wrong
    }

    private static func text(_ decision: PolicyTrace.Decision) -> String {
        "\(decision.isDenial ? "deny" : "admit") \(decision.evaluation.rawValue) \(decision.message) \(decision.reason)"
    }

    private static func text(_ decision: Case) -> String {
        "\(decision["action"] ?? "") \(decision["evaluation"] ?? "") \(decision["message"] ?? "") "
            + "\(decision["reason"] ?? "")"
    }

    private static func annotationText(_ annotation: Case) -> String {
        "\(annotation["key"] ?? "")=\(annotation["value"] ?? "") \(annotation["error"] ?? "")"
    }
}

/// Allows what a table lists.
final class TableAuthorizer: Authorizer {
    private let rules: [[String: String]]
    private let user: String

    init(_ rules: [[String: Any]], user: String) {
        self.rules = rules.map { $0.compactMapValues { $0 as? String } }
        self.user = user
    }

    func answer(_ question: AuthorizerQuestion) -> AuthorizerAnswer {
        var facts = ["verb": question.verb, "user": user]
        if case .serviceAccount(let namespace, let name) = question.subject {
            facts["user"] = "system:serviceaccount:\(namespace):\(name)"
        }
        switch question.target {
        case .path(let path): facts["path"] = path
        case .resource(let resource):
            facts["group"] = resource.group
            facts["resource"] = resource.resource
            facts["subresource"] = resource.subresource
            facts["namespace"] = resource.namespace
            facts["name"] = resource.name
        }
        let isAllowed = rules.contains { rule in
            rule.allSatisfy { key, value in value == "*" || facts[key] == value }
        }
        return AuthorizerAnswer(isAllowed: isAllowed)
    }
}
