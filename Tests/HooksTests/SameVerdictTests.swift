import Admission
import Foundation
import HTTP
import Hooks
import JSON
import Policies
import Reactor
import Simulation
import TestSupport
import Testing
import YAML

/// The runtime adds nothing to what policies say: over the whole corpus the pipeline's answer is that of the policies alone,
/// but for what it says of checks that were skipped.
@Suite struct SameVerdictTests {
    @Test func thePipelineAnswersAsThePoliciesAlone() throws {
        guard let folder = try Corpus.need("policies in the pipeline") else { return }
        var count = 0
        var differences: [String] = []
        for policy in try Self.policies(folder) {
            var sides = Sides(PolicySet.load(Self.files(policy)).set)
            let cases = policy.appendingPathComponent("cases")
            for name in ((try? FileManager.default.contentsOfDirectory(atPath: cases.path)) ?? []).sorted() {
                guard let bytes = try? Data(contentsOf: cases.appendingPathComponent(name)),
                    let document = try? YAMLDocument(
                        parsing: [UInt8](bytes), options: YAMLOptions(schema: .kubernetes)),
                    (try? AdmissionReview(decoding: document.json.root)) != nil
                else { continue }
                for phase in [ReviewPhase.mutate, .validate] {
                    count += 1
                    let (alone, together) = try sides.answers(document.json, phase)
                    if alone != together {
                        differences.append("\(policy.lastPathComponent)/\(name) \(phase): \(alone) \(together)")
                    }
                }
            }
        }
        print("policies in the pipeline: \(count) answers")
        #expect(count > 500)
        #expect(differences.isEmpty, "\(differences.count):\n\(differences.prefix(5).joined(separator: "\n"))")
    }

    private static func policies(_ folder: URL) throws -> [URL] {
        let root = folder.appendingPathComponent("policies")
        return try FileManager.default.contentsOfDirectory(atPath: root.path).sorted().flatMap { origin -> [URL] in
            let path = root.appendingPathComponent(origin)
            let names = (try? FileManager.default.contentsOfDirectory(atPath: path.path)) ?? []
            return names.sorted().map { path.appendingPathComponent($0) }
        }
    }

    private static func files(_ folder: URL) -> [RuleFile] {
        ["policy.yaml", "binding.yaml", "params.yaml", "namespaces.yaml"].compactMap { name in
            guard let data = try? Data(contentsOf: folder.appendingPathComponent(name)) else { return nil }
            return RuleFile(name: name, bytes: [UInt8](data))
        }
    }

    private final class Nobody: HookExecutorSource {
        func executor(for rule: HookRule) throws(HookFailure) -> any HookExecutor {
            throw HookFailure(.error, "nobody is to be asked")
        }
    }

    /// The policies alone, and in a pipeline.
    private struct Sides: ~Copyable {
        private let clock = SimulatedClock()
        private var evaluator: PolicyEvaluator
        private let pipeline: HookPipeline

        init(_ set: PolicySet) {
            evaluator = PolicyEvaluator(set)
            evaluator.preflight = .warn
            let host = HookHost(
                on: SimulatedLoop(clock), number: 0, executors: Nobody(), builtins: BuiltinRegistry(),
                retryBudget: RetryBudget(), seed: 1)
            pipeline = HookPipeline(HookBoard(clock: clock, seed: 1).revise(set, hash: ""), on: host)
        }

        mutating func answers(
            _ document: JSONDocument, _ phase: ReviewPhase
        ) throws -> (alone: String, together: String) {
            let review = try AdmissionReview(decoding: document.root)
            var response = ReviewResponse()
            if phase == .mutate { evaluator.mutate(review, &response) } else { evaluator.review(review, &response) }
            var together: [UInt8] = []
            let asker = Asker(clock) { answer in together = answer.document.withRoot { $0.bytes() } }
            try asker.ask(pipeline, document, phase, deadline: clock.now + .seconds(30))
            var writer = JSONWriter()
            var scratch = ByteBuffer()
            response.write(for: review, to: &writer, scratch: &scratch)
            return (try SameVerdictTests.plain(writer.bytes), try SameVerdictTests.plain(together))
        }
    }

    /// An answer without what is said of skipped checks.
    fileprivate static func plain(_ bytes: [UInt8]) throws -> String {
        var object = try #require(try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
        var response = object["response"] as? [String: Any] ?? [:]
        let warnings = (response["warnings"] as? [String] ?? []).filter { !$0.hasSuffix("admitted unchecked") }
        var annotations = response["auditAnnotations"] as? [String: String] ?? [:]
        annotations["fail-open"] = nil
        response["warnings"] = warnings.isEmpty ? nil : warnings
        response["auditAnnotations"] = annotations.isEmpty ? nil : annotations
        object["response"] = response
        return String(
            decoding: try JSONSerialization.data(withJSONObject: object, options: .sortedKeys), as: UTF8.self)
    }
}
