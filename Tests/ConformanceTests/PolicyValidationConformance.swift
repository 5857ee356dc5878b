import Foundation
import Policies
import TestSupport
import Testing

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
}
