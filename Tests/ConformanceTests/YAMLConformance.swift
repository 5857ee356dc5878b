import Foundation
import TestSupport
import Testing

@testable import YAML

/// The YAML test suite and the idioms of Kubernetes manifests.
@Suite struct YAMLConformance {
    struct Failures {
        var names: [String] = []
        var count = 0
        mutating func check(_ name: @autoclosure () -> String, _ holds: Bool) {
            count += 1
            if !holds { names.append(name()) }
        }
    }

    static func cases(_ file: String) throws -> [[String: Any]]? {
        guard let folder = try Corpus.need("yaml/\(file)") else { return nil }
        return try Corpus.json("yaml/\(file)", in: folder) as? [[String: Any]]
    }

    @Test func coreEventsAreTheSuites() throws {
        guard let cases = try Self.cases("suite.json") else { return }
        var failures = Failures()
        for entry in cases {
            let id = entry["id"] as? String ?? ""
            let seen = YAMLEventLines(entry["yaml"] as? String ?? "", options: YAMLOptions(schema: .core))
            if entry["fail"] as? Bool == true {
                failures.check("\(id): accepted, must fail", seen.error != nil)
            } else {
                failures.check(
                    "\(id): \(seen.error?.description ?? seen.lines.joined(separator: " | "))",
                    seen.lines == entry["events"] as? [String])
            }
        }
        print("core events: \(failures.count - failures.names.count) of \(failures.count)")
        for name in failures.names { print(name) }
    }
}
