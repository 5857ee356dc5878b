import Admission
import Hooks
import JSON

/// What a replay found, for people and for programs.
struct ReplayReport {
    /// A decision that would be another.
    struct Change {
        let place: String
        let decision: RecordedDecision
        let before: RecordedDecision.Answer
        let after: RecordedDecision.Answer

        /// What is different.
        var kind: String {
            switch (before.isAllowed, after.isAllowed) {
            case (true, false): "would be denied"
            case (false, true): "would be allowed"
            case (false, false): "would be denied for another reason"
            case (true, true): "would be patched differently"
            }
        }

        /// The request in a few words.
        var request: String {
            let review = decision.review.review
            let part = review.subResource.isEmpty ? "" : "/\(review.subResource.string)"
            let namespace = review.namespace.isEmpty ? "" : "\(review.namespace.string)/"
            let user = review.userInfo.username.string
            return
                "\(review.operation.name) \(review.resource.resource.string)\(part) \(namespace)\(review.name.string)"
                + (user.isEmpty ? "" : " by \(user)")
        }
    }

    private(set) var decisions = 0
    private(set) var unreadable = 0
    /// Requests whose reviews the fail-open ledger names, but did not keep.
    private(set) var unkept = 0
    private(set) var changes: [Change] = []

    /// Which part of the decisions would be others.
    var changedShare: Double { decisions == 0 ? 0 : Double(changes.count) / Double(decisions) }

    /// Reads a file of decisions and has each judged. A last line without an end was being written when the server ended.
    mutating func read(_ bytes: [UInt8], named name: String, _ judge: inout ReplayJudge) {
        let lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
        for (number, line) in lines.enumerated() where !line.isEmpty {
            do throws(RecordedDecision.Problem) {
                let list = try RecordedDecision.list(line: Array(line))
                unkept += list.unkept
                for decision in list.decisions { try take(decision, "\(name):\(number + 1)", &judge) }
            } catch {
                if number > 0, number == lines.count - 1 { continue }
                unreadable += 1
                Console.error("\(name):\(number + 1): error: \(error)\n")
            }
        }
    }

    private mutating func take(
        _ decision: RecordedDecision, _ place: String, _ judge: inout ReplayJudge
    ) throws(RecordedDecision.Problem) {
        let (before, after) = try judge.judge(decision)
        decisions += 1
        if before.isAllowed != after.isAllowed || Self.differ(before, after) {
            changes.append(Change(place: place, decision: decision, before: before, after: after))
        }
    }

    private static func differ(_ before: RecordedDecision.Answer, _ after: RecordedDecision.Answer) -> Bool {
        before.isAllowed ? before.patch != after.patch : before.message != after.message
    }

    var text: String {
        let lines = changes.map { change in
            "\(change.place): \(change.request): \(change.kind)\n" + Self.detail("was", change.before)
                + Self.detail("now", change.after)
        }
        let missing =
            unkept == 0 ? "" : "\(unkept) requests cannot be judged: there were too many to keep their reviews\n"
        return lines.joined() + missing + "\(decisions) decisions, \(changes.count) would change\n"
    }

    private static func detail(_ word: String, _ answer: RecordedDecision.Answer) -> String {
        if !answer.isAllowed { return "  \(word): denied: \(answer.message)\n" }
        return answer.patch.isEmpty ? "  \(word): allowed\n" : "  \(word): allowed with \(answer.patch)\n"
    }

    var json: String {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("decisions")
        writer.int(Int64(decisions))
        writer.key("unreadable")
        writer.int(Int64(unreadable))
        writer.key("unkept")
        writer.int(Int64(unkept))
        writer.key("changed")
        writer.int(Int64(changes.count))
        writer.key("changes")
        writer.beginArray()
        for change in changes { Self.write(change, to: &writer) }
        writer.endArray()
        writer.endObject()
        return writer.text + "\n"
    }

    private static func write(_ change: Change, to writer: inout JSONWriter) {
        let review = change.decision.review.review
        let texts = [
            ("place", change.place), ("change", change.kind),
            ("phase", change.decision.phase == .mutate ? "mutate" : "validate"),
            ("revision", change.decision.revision), ("uid", review.uid.string),
            ("operation", review.operation.name.description), ("resource", review.resource.resource.string),
            ("namespace", review.namespace.string), ("name", review.name.string),
            ("user", review.userInfo.username.string),
        ]
        writer.beginObject()
        for (key, text) in texts {
            writer.key(key.utf8.span)
            writer.string(text)
        }
        writer.key("time")
        writer.int(change.decision.seconds)
        for (key, answer) in [("before", change.before), ("after", change.after)] {
            writer.key(key.utf8.span)
            writer.beginObject()
            writer.key("allowed")
            writer.bool(answer.isAllowed)
            writer.key("message")
            writer.string(answer.message)
            if !answer.patch.isEmpty {
                writer.key("patch")
                writer.verbatim(answer.patch.utf8.span)
            }
            writer.endObject()
        }
        writer.endObject()
    }
}
