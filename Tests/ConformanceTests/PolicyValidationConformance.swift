import Foundation
import JSON
import Policies
import TestSupport
import Testing
import YAML

/// Rule objects that the API server accepts or refuses, with its words.
@Suite struct PolicyValidationConformance {
    @Test func objectsAreRefusedInTheAPIServersWords() throws {
        guard let folder = try Corpus.need("k8s-cel/validation") else { return }
        let cases = try #require(
            try Corpus.json("k8s-cel/validation/objects.json", in: folder) as? [[String: Any]])
        var failures: [String] = []
        for test in cases {
            let object = try #require(test["object"])
            let bytes = [UInt8](try JSONSerialization.data(withJSONObject: object))
            let (_, problems) = PolicySet.load([RuleFile(name: "object.json", bytes: bytes)])
            let errors = problems.filter { $0.severity == .error }.map(\.fieldText)
            let mine = errors.count < 2 ? errors.joined() : "[\(errors.joined(separator: ", "))]"
            let wanted = test["error_after_defaulting"] as? String ?? ""
            if mine != wanted { failures.append("\(test["name"] ?? ""):\n  \(mine)\n  expected \(wanted)") }
        }
        print("validation: \(cases.count - failures.count) of \(cases.count) objects agree")
        #expect(failures.isEmpty, "\(failures.count) of \(cases.count):\n\(failures.joined(separator: "\n"))")
    }

    /// What only files that an API server itself starts with must keep: names that end in `.static.k8s.io`, no
    /// parameters, and nothing but rules. Rule files have all three.
    static let exceptions: Set<String> = [
        "unsupported resource type", "binding policyName missing static suffix", "binding with paramRef rejected",
    ]

    @Test func manifestsAreLoaded() throws {
        guard let folder = try Corpus.need("k8s-cel/manifest") else { return }
        let cases = try #require(try Corpus.json("k8s-cel/manifest/load.json", in: folder) as? [[String: Any]])
        for test in cases where !Self.exceptions.contains(test["name"] as? String ?? "") {
            let files = (test["files"] as? [String: String] ?? [:]).sorted { $0.key < $1.key }
            let (set, problems) = PolicySet.load(
                files.map { RuleFile(name: $0.key, bytes: Array($0.value.utf8)) })
            let expected = test["expect"] as? [String: Any] ?? [:]
            let errors = problems.filter { $0.severity == .error }
            if let error = expected["error_contains"] as? String {
                #expect(errors.contains { $0.message.contains(error) }, "\(test["name"] ?? "")")
                continue
            }
            #expect(errors.isEmpty, "\(errors)")
            let counts = Dictionary(uniqueKeysWithValues: set.counts.map { ($0.kind, $0.count) })
            #expect(counts["ValidatingAdmissionPolicy"] == expected["policies"] as? Int)
            #expect(counts["ValidatingAdmissionPolicyBinding"] == expected["bindings"] as? Int)
        }
    }

    @Test func streamsAreDividedAsTheAPIServerDoes() throws {
        guard let folder = try Corpus.need("k8s-cel/manifest") else { return }
        let cases = try #require(
            try Corpus.json("k8s-cel/manifest/yaml-split.json", in: folder) as? [[String: Any]])
        for test in cases {
            var stream = try KubernetesStream(Array((test["input"] as? String ?? "").utf8))
            var count = 0
            while let document = try stream.next() { if !document.json.root.isNull { count += 1 } }
            #expect(count == (test["documents"] as? [String])?.count, "\(test["name"] ?? "")")
        }
    }
}
