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
        ).filter { $0.hasSuffix(".json") && !$0.hasPrefix("vap") }.sorted()
        for file in files {
            for test in try Self.cases("k8s-cel/edge/\(file)", in: folder) {
                if let failure = Self.compare(test) { failures.append("\(file): \(failure)") }
            }
        }
        #expect(failures.isEmpty, "\(failures.count): \(failures.prefix(400).joined(separator: "\n"))")
    }

    @Test func runningEdgeCasesOfKubernetes() throws {
        guard let folder = try Corpus.need("k8s-cel/edge") else { return }
        var failures: [String] = []
        var count = 0
        let files = try FileManager.default.contentsOfDirectory(
            atPath: folder.appendingPathComponent("k8s-cel/edge").path
        ).filter { $0.hasSuffix(".json") && !$0.hasPrefix("vap") }.sorted()
        for file in files {
            for test in try Self.cases("k8s-cel/edge/\(file)", in: folder) {
                count += 1
                if let failure = Self.run(test) { failures.append("\(file): \(failure)") }
            }
        }
        #expect(failures.isEmpty, "\(failures.count) of \(count): \(failures.joined(separator: "\n"))")
    }

    static func run(_ test: Case) -> String? {
        guard let expr = test["expr"] as? String, let k8s = test["k8s"] as? Case else { return nil }
        let environment = Environment.kubernetes()
        guard case .success(let checked) = environment.compile(expr) else { return nil }
        do {
            let program = try environment.plan(checked)
            if let messages = k8s["compile_error"] { return "\(expr): can be run, expected \(messages)" }
            var evaluator = Evaluator(limits: .init(cost: 1_000_000))
            let value = evaluator.run(program)
            let cost = test["k8s_cost"] as? Case
            if let expected = k8s["value"] {
                if let difference = TypedValue.difference(value, expected, &evaluator) {
                    return "\(expr): \(difference)"
                }
                if let runtime = cost?["runtime"] as? Int, UInt64(runtime) != evaluator.cost {
                    return "\(expr): costs \(evaluator.cost), expected \(runtime)"
                }
            } else if let message = k8s["eval_error"] as? String {
                if !value.isError || value.errorMessage != message {
                    return "\(expr): \(TypedValue.describe(value)), expected \(message)"
                }
                if let runtime = cost?["runtime_until_error"] as? Int, UInt64(runtime) != evaluator.cost {
                    return "\(expr): costs \(evaluator.cost) until its error, expected \(runtime)"
                }
            }
        } catch {
            let messages = k8s["compile_error"] as? [String] ?? []
            if messages != ["\(error)"] { return "\(expr): refused: \(error), expected \(messages)" }
        }
        return nil
    }

    /// Nil where what compiles is refused with these messages when it is planned.
    static func planFailure(
        _ expr: String, _ checked: CheckedExpression, _ environment: Environment, _ messages: [String]
    ) -> String? {
        do {
            _ = try environment.plan(checked)
            return "\(expr): can be run, expected \(messages)"
        } catch {
            return messages == [error.description] ? nil : "\(expr): \(error), expected \(messages)"
        }
    }

    static func compare(_ test: Case) -> String? {
        guard let expr = test["expr"] as? String, let k8s = test["k8s"] as? Case else { return nil }
        let environment = Environment.kubernetes()
        switch environment.compile(expr) {
        case .success(let checked):
            if let messages = k8s["compile_error"] as? [String] {
                return Self.planFailure(expr, checked, environment, messages)
            }
            if let cost = test["k8s_cost"] as? Case, let range = cost["estimated"] as? [String] {
                let mine = checked.estimatedCost(KubernetesCosts())
                if ["\(mine.min)", "\(mine.max)"] != range {
                    return "\(expr): is estimated at \(mine), expected \(range)"
                }
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
