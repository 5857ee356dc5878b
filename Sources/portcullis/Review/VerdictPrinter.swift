import Admission
import HTTP
import JSON
import Policies
import YAML

/// Prints answers for people and for programs.
struct VerdictPrinter: ~Copyable {
    let output: ReviewCommand.Output
    let explains: Bool
    private var scratch = ByteBuffer()
    private var writer = JSONWriter()
    private var answers: [JSONDocument] = []
    private var told: Set<String> = []

    init(output: ReviewCommand.Output, explains: Bool) {
        self.output = output
        self.explains = explains
    }

    /// Prints one answer, or keeps it where all are printed together.
    mutating func print(
        _ review: AdmissionReview, _ response: borrowing ReviewResponse, _ trace: PolicyTrace?, notAsked: [String]
    ) {
        tell(notAsked)
        writer.reset()
        response.write(for: review, to: &writer, scratch: &scratch)
        let bytes = writer.bytes
        if output == .review { return Console.print(bytes + [0x0A]) }
        guard let answer = try? JSONDocument(parsing: bytes) else { return }
        switch output {
        case .text:
            let left = notAsked.map { "  not asked: hook '\($0)', which a server would ask\n" }.joined()
            Console.print(Self.text(review, answer.root) + left + (trace.map(ExplanationText.text) ?? ""))
        case .yaml, .json, .review: answers.append(answer)
        }
    }

    /// Names the hooks that were left out: beside each verdict for people, once each for programs.
    private mutating func tell(_ notAsked: [String]) {
        for name in notAsked where output != .text && told.insert(name).inserted {
            Console.error("hook '\(name)' was not asked\n")
        }
    }

    /// Prints what was kept.
    mutating func finish() {
        switch output {
        case .text, .review: break
        case .json:
            for answer in answers { Console.print(answer.withRoot { $0.text(indent: 2) } + "\n") }
        case .yaml:
            for (index, answer) in answers.enumerated() {
                if index > 0 { Console.print("---\n") }
                var writer = YAMLWriter()
                answer.withRoot { writer.write($0) }
                Console.print(writer.bytes)
            }
        }
    }

    private static func text(_ review: AdmissionReview, _ answer: JSONNode) -> String {
        let response = answer["response"]
        let isAllowed = response?["allowed"]?.bool == true
        var text = "\(isAllowed ? "allowed" : "denied"): \(review.operation.name) \(target(review))\n"
        if !isAllowed, let status = response?["status"] {
            let code = status["code"]?.int.map { "\($0) " } ?? ""
            text += "  \(code)\(status["reason"]?.string ?? ""): \(status["message"]?.string ?? "")\n"
            if let causes = status["details"]?["causes"], causes.count > 1 {
                for cause in causes.elements {
                    text += "  - \(cause["message"]?.string ?? "") (\(cause["field"]?.string ?? ""))\n"
                }
            }
        }
        if let patch = response?["patch"]?.string { text += PatchText.text(base64: patch) }
        if let warnings = response?["warnings"] {
            for warning in warnings.elements { text += "  warning: \(warning.string ?? "")\n" }
        }
        if let annotations = response?["auditAnnotations"] {
            for member in annotations.members {
                text += "  audit: \(member.key.string ?? "") = \(member.value.string ?? "")\n"
            }
        }
        return text
    }

    private static func target(_ review: AdmissionReview) -> String {
        let part = review.subResource.isEmpty ? "" : "/\(review.subResource.string)"
        let namespace = review.namespace.isEmpty ? "" : "\(review.namespace.string)/"
        return "\(review.resource.resource.string)\(part) \(namespace)\(review.name.string)"
    }
}

/// What a patch changes, for people: a line for each operation.
enum PatchText {
    static func text(base64: String) -> String {
        guard let bytes = decoded(base64), let patch = try? JSONDocument(parsing: bytes) else { return "" }
        return patch.withRoot { $0.elements.map(line).joined() }
    }

    private static func line(_ operation: JSONNode) -> String {
        let path = operation["path"]?.string ?? ""
        let value = operation["value"]?.text() ?? operation["from"]?.string ?? ""
        return switch operation["op"]?.string {
        case "add": "  + \(path): \(value)\n"
        case "remove": "  - \(path)\n"
        case let name: "  \(name == "replace" ? "~" : name ?? "") \(path): \(value)\n"
        }
    }

    private static func decoded(_ base64: String) -> [UInt8]? {
        var bytes: [UInt8] = []
        var bits: UInt32 = 0
        var count = 0
        for byte in base64.utf8 where byte != UInt8(ascii: "=") {
            guard let place = alphabet.firstIndex(of: byte) else { return nil }
            bits = bits << 6 | UInt32(place)
            count += 6
            guard count >= 8 else { continue }
            count -= 8
            bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
        }
        return bytes
    }

    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
}
