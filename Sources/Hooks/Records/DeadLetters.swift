internal import Admission
internal import JSON
public import Reactor

/// Calls of hooks that failed for good, kept so that somebody can look at them, carry them out again, or say that they are
/// dealt with. Secrets are taken out before anything is written.
public final class DeadLetters: Sendable {
    /// The letters themselves: to be listed, counted and read.
    public let log: EntryLog
    private let requests = LoopBound(RedactedRequests())

    /// Opens the letters in `folder`.
    public init(_ folder: String, _ options: EntryOptions = EntryOptions(), clock: any Clock) throws(JournalError) {
        log = try EntryLog(folder, options, clock: clock)
    }

    /// Keeps a call; false where too much waits to be written, which is counted.
    @discardableResult
    public func add(_ letter: DeadLetter, reply: EntryLog.Reply<UInt64>? = nil) -> Bool {
        let invocation = letter.invocation
        return log.add(
            hook: invocation.hook, bytes: invocation.byteCount,
            { [requests] in Self.json(invocation, letter.failure, requests.onItsLoop()) }, reply: reply)
    }

    /// Says that a letter is dealt with, and by whom. Nothing is deleted. The reply is false where there is no such letter.
    @discardableResult
    public func resolve(_ id: UInt64, by person: String, reply: EntryLog.Reply<Bool>? = nil) -> Bool {
        log.mark(id, .resolved, note: Self.note(person), reply: reply)
    }

    /// Says that a letter was carried out again, and by whom.
    @discardableResult
    public func markReplayed(_ id: UInt64, by person: String, reply: EntryLog.Reply<Bool>? = nil) -> Bool {
        log.mark(id, .replayed, note: Self.note(person), reply: reply)
    }

    private static func note(_ person: String) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("by")
        writer.string(person)
        writer.endObject()
        return writer.bytes
    }

    private static func json(
        _ invocation: HookInvocation, _ failure: HookFailure, _ requests: RedactedRequests
    ) -> [UInt8] {
        var shown = invocation
        shown.verdict = invocation.verdict.map { Redaction().redacted($0) }
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("attempts")
        writer.int(Int64(invocation.attempt))
        writer.key("failure")
        failure.write(to: &writer)
        writer.key("invocation")
        shown.write(to: &writer, now: invocation.deadline, request: requests.text(of: invocation.review))
        writer.endObject()
        return writer.bytes
    }
}

extension HookFailure {
    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("reason")
        writer.string(reason.name)
        writer.key("message")
        writer.string(message)
        writer.endObject()
    }
}

extension HookInvocation {
    /// About how much memory it keeps.
    var byteCount: Int { review.byteCount + (verdict?.count ?? 0) + 512 }

    /// The invocation that a letter holds, to be carried out again until `deadline`: without its secrets, which nobody kept.
    public init(_ letter: Entry, deadline: Instant) throws(HookFailure) {
        try self.init(rereading: letter.json, member: "invocation", deadline: deadline)
    }
}
