import CEL
import CELKubernetes
import Foundation
import TestSupport
import Testing

/// What the front end makes of every expression of the corpora: refusals with their texts, and types.
@Suite struct CELCompileConformance {
    typealias Case = [String: Any]

    static func cases(_ path: String, in folder: URL) throws -> [Case] {
        try #require(try Corpus.json(path, in: folder) as? [Case])
    }

    @Test func edgeCasesOfKubernetes() throws {
        guard let folder = try Corpus.need("k8s-cel/edge") else { return }
        var failures: [String] = []
        let files = try FileManager.default.contentsOfDirectory(
            atPath: folder.appendingPathComponent("k8s-cel/edge").path
        ).filter { $0.hasSuffix(".json") && !$0.hasSuffix("context.json") }.sorted()
        for file in files {
            for test in try Self.cases("k8s-cel/edge/\(file)", in: folder) {
                if let failure = Self.compare(test) { failures.append("\(file): \(failure)") }
            }
        }
        #expect(failures.isEmpty, "\(failures.count): \(failures.prefix(400).joined(separator: "\n"))")
    }

    static func compare(_ test: Case) -> String? {
        guard let expr = test["expr"] as? String, let k8s = test["k8s"] as? Case else { return nil }
        let environment = Environment.kubernetes()
        switch environment.compile(expr) {
        case .success(let checked):
            if let messages = k8s["compile_error"] { return "\(expr): compiles, expected \(messages)" }
            if let cost = test["k8s_cost"] as? Case, let range = cost["estimated"] as? [String] {
                let mine = checked.estimatedCost(KubernetesCosts())
                if ["\(mine.min)", "\(mine.max)"] != range { return "\(expr): is estimated at \(mine), expected \(range)" }
            }
            if let type = test["type"] as? String, checked.resultType.runtimeDescription != type {
                return "\(expr): is \(checked.resultType), expected \(type)"
            }
        case .failure(let failure):
            guard let messages = k8s["compile_error"] as? [String] else {
                return "\(expr): refused: \(failure)"
            }
            let mine = failure.issues.sorted.map(\.message)
            if mine != messages, failure.description != messages.joined(separator: "\n") {
                return "\(expr): \(failure) expected \(messages)"
            }
        }
        return nil
    }
}
