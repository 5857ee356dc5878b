import Admission
import Gate
import HTTP
import JSON
import Reactor

/// Denies what does not say whose it is.
struct OwnerRequired: ConfigurableHook {
    static let name: StaticString = "owner-required"
    let phases: [ReviewPhase] = [.validate]
    private let label: String

    init(settings: JSONNode) throws(HookProblem) {
        guard let label = settings["label"]?.string else { throw HookProblem("settings.label must be a text") }
        self.label = label
    }

    func review(
        _ review: AdmissionReview, _ phase: ReviewPhase, _ response: inout ReviewResponse
    ) throws(HookProblem) {
        // What is thrown is a failure of the hook, never a verdict.
        guard let metadata = review.object?["metadata"] else { throw HookProblem("the object has no metadata") }
        if metadata["labels"]?[label] == nil {
            response.deny(code: 422, reason: "Invalid")
            response.message.append("the label \(label) is required")
        }
    }
}

var registry = BuiltinRegistry()
registry.register(OwnerRequired.self)

let file = CommandLine.arguments.dropFirst().first ?? "server.yaml"
let configuration = try ServerConfiguration(parsing: WholeFile.read(file, bytesMax: 1 << 20), file: file)
try ServerProcess.run(registry: registry, clock: SystemClock()) { configuration }
