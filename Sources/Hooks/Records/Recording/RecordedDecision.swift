public import Admission
internal import JSON

/// A decision of the past, as a line of a recording has it:
///
///     {"time": seconds since 1970, "phase": "mutate|validate", "revision": …, "review": AdmissionReview,
///      "answer": {"allowed": …, "code": …, "message": …, "warnings": […], "patch": […]}}
///
/// A line without an answer is something that was admitted unchecked, as the fail-open ledger lists it.
public struct RecordedDecision: Sendable {
    /// Which endpoint was asked.
    public let phase: ReviewPhase
    /// When, in seconds since 1970; 0: not said.
    public let seconds: Int64
    /// The rules that were in force.
    public let revision: String
    /// What was asked, without its secrets.
    public let review: KeptReview
    /// What was answered.
    public let answer: Answer

    /// What an answer says, as far as it can be compared.
    public struct Answer: Hashable, Sendable {
        /// Whether the object was admitted.
        public var isAllowed: Bool
        /// Why not.
        public var message = ""
        /// The patch as JSON; empty for none.
        public var patch = ""

        /// An answer.
        public init(isAllowed: Bool) { self.isAllowed = isAllowed }
    }

    /// Why a line is no decision.
    public struct Problem: Error, Sendable, CustomStringConvertible {
        /// What is wrong.
        public let description: String
    }

    /// Reads a line.
    public init(line: [UInt8]) throws(Problem) {
        let document = try Self.document(line)
        defer { withExtendedLifetime(document) {} }
        try self.init(document.root)
    }

    /// What a line holds.
    public struct List: Sendable {
        /// The decisions.
        public var decisions: [RecordedDecision] = []
        /// Requests that were admitted unchecked and whose reviews were not kept, because there were too many.
        public var unkept = 0
    }

    /// Reads a line that is a decision, or the list that the server gives of what was admitted unchecked.
    public static func list(line: [UInt8]) throws(Problem) -> List {
        let document = try document(line)
        defer { withExtendedLifetime(document) {} }
        guard let entries = document.root["entries"], entries.isArray else {
            return List(decisions: [try RecordedDecision(document.root)])
        }
        var list = List()
        for entry in entries.elements {
            if entry["review"] == nil, let count = entry["count"]?.int {
                list.unkept += Int(clamping: count)
            } else {
                list.decisions.append(try RecordedDecision(entry))
            }
        }
        return list
    }

    private static func document(_ line: [UInt8]) throws(Problem) -> JSONDocument {
        do throws(JSONError) {
            return try JSONDocument(parsing: line, options: .go(depthMax: 1 << 12))
        } catch {
            throw Problem(description: error.message(in: line.span))
        }
    }

    private init(_ root: JSONNode) throws(Problem) {
        guard let review = root["review"], review.isObject else {
            throw Problem(description: "there is no review in it; a recording has one decision on each line")
        }
        do throws(ReviewError) {
            self.review = try KeptReview(AdmissionReview(decoding: review))
        } catch {
            throw Problem(description: "the review: \(error)")
        }
        phase = root["phase"]?.equals("mutate") == true ? .mutate : .validate
        seconds = root["time"]?.int ?? 0
        revision = root["revision"]?.string ?? ""
        answer = Self.answer(root["answer"])
    }

    /// What the answer to this review would be in a recording, to be compared with the one that is: `answer` is an
    /// AdmissionReview.
    public func recorded(_ answer: [UInt8]) throws(Problem) -> Answer {
        let line = Self.line(review.review, phase, seconds: seconds, revision: revision, answer: answer)
        return try RecordedDecision(line: line).answer
    }

    private static func answer(_ node: JSONNode?) -> Answer {
        guard let node, node.isObject else { return Answer(isAllowed: true) }
        var answer = Answer(isAllowed: node["allowed"]?.bool ?? false)
        answer.message = node["message"]?.string ?? ""
        if let patch = node["patch"], !patch.isNull {
            var writer = JSONWriter()
            writer.node(patch, order: .canonical)
            answer.patch = writer.text
        }
        return answer
    }
}

// MARK: writing

extension RecordedDecision {
    static func line(
        _ review: AdmissionReview, _ phase: ReviewPhase, seconds: Int64, revision: String, answer: [UInt8]
    ) -> [UInt8] {
        var writer = JSONWriter(capacity: 8 << 10)
        writer.beginObject()
        writer.key("time")
        writer.int(seconds)
        writer.key("phase")
        writer.string(phase == .mutate ? "mutate" as StaticString : "validate")
        writer.key("revision")
        writer.string(revision)
        writer.key("review")
        writer.verbatim(review.redacted.span)
        if let document = try? JSONDocument(parsing: answer, options: .go()) {
            writer.key("answer")
            document.withRoot { write($0["response"] ?? $0, isSecret: review.isOfSecret, to: &writer) }
        }
        writer.endObject()
        return writer.bytes + [0x0A]
    }

    private static func write(_ response: JSONNode, isSecret: Bool, to writer: inout JSONWriter) {
        let redaction = Redaction()
        writer.beginObject()
        writer.key("allowed")
        writer.bool(response["allowed"]?.bool ?? false)
        if let status = response["status"] {
            for (name, key) in [("code", "code"), ("message", "message")] as [(StaticString, StaticString)] {
                guard let value = status[name], !value.isNull else { continue }
                writer.key(key)
                redaction.write(value, to: &writer)
            }
        }
        if let warnings = response["warnings"] {
            writer.key("warnings")
            redaction.write(warnings, to: &writer)
        }
        if let patch = response["patch"], !patch.isNull {
            writer.key("patch")
            writePatch(patch, isSecret: isSecret, to: &writer)
        }
        writer.endObject()
    }

    /// What a patch puts into a Secret, or where a value's name is not at hand, is as secret as what was there before.
    private static func writePatch(_ patch: JSONNode, isSecret: Bool, to writer: inout JSONWriter) {
        guard !isSecret, let bytes = patch.string.flatMap({ Base64Text.decode(Array($0.utf8)) }),
            let document = try? JSONDocument(parsing: bytes, options: .go())
        else { return writer.string(Redaction.text) }
        writer.beginArray()
        document.withRoot { root in
            for operation in root.elements { write(operation: operation, to: &writer) }
        }
        writer.endArray()
    }

    private static func write(operation: JSONNode, to writer: inout JSONWriter) {
        let last = (operation["path"]?.string ?? "").split(separator: "/").last.map(String.init) ?? ""
        let isHidden = last == "value" || SecretName.matches(last.utf8.span)
        writer.beginObject()
        for member in operation.members {
            member.key.withUTF8 { writer.key($0) }
            if isHidden, member.key.equals("value") {
                writer.string(Redaction.text)
            } else {
                Redaction().write(member.value, to: &writer)
            }
        }
        writer.endObject()
    }
}

extension AdmissionReview {
    /// Whether what is written is a Secret.
    var isOfSecret: Bool { resource.resource.equals("secrets") && resource.group.isEmpty }
}
