import Admission
import Foundation
import HTTP
import JSON
import Policies
import TestSupport
import Testing
import YAML

/// Mutating policies, each asked about requests of which it is known what the API server makes of them.
@Suite struct MutatingPolicyConformance {
    typealias Case = [String: Any]

    @Test func objectsAreTheAPIServers() throws {
        guard let folder = try Corpus.need("policies") else { return }
        var failures: [String] = []
        var count = 0
        for url in try PolicyConformance.folders(folder) {
            guard let data = try? Data(contentsOf: url.appendingPathComponent("expected.json")),
                let expected = try JSONSerialization.jsonObject(with: data) as? Case,
                expected["kind"] as? String == "MutatingAdmissionPolicy",
                let cases = expected["cases"] as? [String: Case]
            else { continue }
            for (name, test) in cases.sorted(by: { $0.key < $1.key }) {
                count += 1
                let wrong = try MutatingPolicyCase(url, name, test).differences()
                if !wrong.isEmpty {
                    let place = "\(url.deletingLastPathComponent().lastPathComponent)/\(url.lastPathComponent)/\(name)"
                    failures.append("\(place): \(wrong.joined(separator: "; "))")
                }
            }
        }
        print("mutating policies: \(count - failures.count) of \(count) cases agree")
        #expect(count > 0)
        #expect(failures.isEmpty, "\(failures.count) of \(count):\n\(failures.prefix(60).joined(separator: "\n"))")
    }
}

/// One review and what becomes of it.
private struct MutatingPolicyCase {
    typealias Case = [String: Any]

    private let test: Case
    private let set: PolicySet
    private let document: YAMLDocument

    init(_ url: URL, _ name: String, _ test: Case) throws {
        self.test = test
        let names = [
            "policy.yaml", test["bindings"] as? String ?? "binding.yaml", test["params"] as? String ?? "params.yaml",
            test["namespaces"] as? String ?? "namespaces.yaml",
        ]
        set = PolicySet.load(names.compactMap { PolicyFolder.file($0, in: url) }).set
        var options = YAMLOptions()
        options.schema = .kubernetes
        let bytes = [UInt8](try Data(contentsOf: url.appendingPathComponent("cases/\(name)")))
        document = try YAMLDocument(parsing: bytes, options: options)
    }

    func differences() throws -> [String] {
        defer { withExtendedLifetime(document) {} }
        let review = try AdmissionReview(decoding: document.json.root)
        var evaluator = PolicyEvaluator(
            set, authorizer: TableAuthorizer(test["authz"] as? [Case] ?? [], user: review.userInfo.username.string))
        evaluator.trace = PolicyTrace()
        var response = ReviewResponse()
        evaluator.mutate(review, &response)
        var writer = JSONWriter()
        var scratch = ByteBuffer()
        response.write(for: review, to: &writer, scratch: &scratch)
        let whole = try JSONSerialization.jsonObject(with: Data(writer.bytes)) as? Case
        let answer = whole?["response"] as? Case ?? [:]
        let matched = evaluator.trace?.policies.filter(\.isMatched).count ?? 0
        return try compare(answer, review) + compare(matched)
    }

    private func compare(_ matched: Int) -> [String] {
        let expected = (test["matched"] as? [Bool])?.filter { $0 }.count ?? 0
        return matched == expected ? [] : ["\(matched) policies matched, expected \(expected)"]
    }

    private func compare(_ answer: Case, _ review: AdmissionReview) throws -> [String] {
        let status = answer["status"] as? Case
        var wrong: [String] = []
        if answer["allowed"] as? Bool != test["allowed"] as? Bool {
            wrong.append("allowed is \(answer["allowed"] ?? "-"): \(status?["message"] ?? "")")
        }
        for (key, expected) in test["status"] as? Case ?? [:] where "\(status?[key] ?? "-")" != "\(expected)" {
            wrong.append("\(key) is \(status?[key] ?? "-"), expected \(expected)")
        }
        let patch = answer["patch"] as? String
        if (patch != nil) != (test["changed"] as? Bool) { wrong.append("patch is \(patch ?? "absent")") }
        guard let expected = test["object"], let patch, let object = review.object else { return wrong }
        let bytes = [UInt8](try #require(Data(base64Encoded: patch)))
        let result = try JSONDocument(parsing: bytes).withRoot { try JSONPatch.apply($0, to: object) }
        let mine = try Self.text(JSONSerialization.jsonObject(with: Data(result.withRoot { $0.bytes() })))
        let wanted = try Self.text(expected)
        if mine != wanted { wrong.append("object is \(mine)\n   expected \(wanted)") }
        return wrong
    }

    private static func text(_ value: Any) throws -> String {
        let data = try JSONSerialization.data(withJSONObject: value, options: [.sortedKeys, .fragmentsAllowed])
        return String(decoding: data, as: UTF8.self)
    }
}
