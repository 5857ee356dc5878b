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

        func report(_ what: String) {
            print("\(what): \(count - names.count) of \(count)")
            #expect(names.isEmpty, "\(names.prefix(20).joined(separator: "\n"))")
        }
    }

    /// Cases of the suite that its core readings leave out.
    static let leftOut = [
        "ZYU8/02": "the suite itself skips it: a version with a second parameter, which its case H7TQ wants refused",
        "ZYU8/03": "the suite itself skips it: a version number of five digits",
        "SM9W/01": "values only: the suite's own events have a mapping here, its value is null",
        "UKK6/02": "values only: `!` alone, which the suite has as null and the specification (6.9.1) as a string",
    ]

    static func cases(_ file: String) throws -> [[String: Any]]? {
        guard let folder = try Corpus.need("yaml/\(file)") else { return nil }
        return try Corpus.json("yaml/\(file)", in: folder) as? [[String: Any]]
    }

    @Test func coreEventsAreTheSuites() throws {
        guard let cases = try Self.cases("suite.json") else { return }
        var failures = Failures()
        for entry in cases {
            let id = entry["id"] as? String ?? ""
            if let reason = Self.leftOut[id], !reason.hasPrefix("values only") { continue }
            let seen = YAMLEventLines(entry["yaml"] as? String ?? "", options: YAMLOptions(schema: .core))
            if entry["fail"] as? Bool == true {
                failures.check("\(id): accepted, must fail", seen.error != nil)
            } else {
                failures.check(
                    "\(id): \(seen.error?.description ?? seen.lines.joined(separator: " | "))",
                    seen.lines == entry["events"] as? [String])
            }
        }
        failures.report("core events")
    }

    @Test func coreValuesAreTheSuites() throws {
        guard let cases = try Self.cases("suite.json") else { return }
        var failures = Failures()
        for entry in cases {
            let id = entry["id"] as? String ?? ""
            let text = entry["yaml"] as? String ?? ""
            if Self.leftOut[id] != nil { continue }
            let seen = Outcome.stream(of: text, options: Self.options(.core))
            if entry["fail"] as? Bool == true {
                failures.check("\(id): accepted, must fail", seen.contains { $0.isError })
            } else if let expected = entry["json"] as? [Any] {
                failures.check("\(id): \(seen)", seen == expected.map { .json(PlainValue($0)) })
            }
        }
        failures.report("core values")
    }

    @Test func kubernetesReadsTheSuiteAsItsLibrary() throws {
        guard let cases = try Self.cases("suite.json") else { return }
        for relevance in ["core", "edge", "exotic"] {
            var failures = Failures()
            for entry in cases where entry["k8s_relevance"] as? String == relevance {
                Self.checkKubernetes(entry, entry["id"] as? String ?? "", &failures)
            }
            failures.report("kubernetes \(relevance)")
        }
    }

    @Test func kubernetesReadsManifestIdiomsAsItsLibrary() throws {
        guard let cases = try Self.cases("k8s-idioms.json") else { return }
        var failures = Failures()
        for entry in cases {
            let text = entry["yaml"] as? String ?? ""
            Self.checkKubernetes(entry, "\(entry["group"] ?? "") \(text.prefix(60).debugDescription)", &failures)
        }
        failures.report("kubernetes idioms")
    }

    /// Kubernetes' library nests ten thousand deep.
    static func options(_ schema: YAMLSchema, _ duplicates: YAMLOptions.DuplicateKeys = .refuse) -> YAMLOptions {
        var options = YAMLOptions(schema: schema, duplicateKeys: duplicates)
        options.limits.depthMax = 10_000
        return options
    }

    static func checkKubernetes(_ entry: [String: Any], _ name: String, _ failures: inout Failures) {
        let text = entry["yaml"] as? String ?? ""
        guard let expected = entry["k8s"] as? [String: Any], let first = expected["first_document"] as? [String: Any],
            let stream = expected["stream"] as? [[String: Any]]
        else { return failures.check("\(name): no expectation", false) }
        for isStrict in [false, true] {
            let options = Self.options(.kubernetes, isStrict ? .refuse : .lastWins)
            let seenFirst = Outcome.firstDocument(of: text, options: options)
            failures.check(
                "\(name): first document\(isStrict ? ", strict" : ""): \(seenFirst)",
                seenFirst == Outcome(first, isStrict: isStrict))
            let seen = Outcome.kubernetesStream(of: text, options: options)
            failures.check(
                "\(name): stream\(isStrict ? ", strict" : ""): \(seen)",
                seen == stream.map { Outcome($0, isStrict: isStrict) })
        }
    }
}
