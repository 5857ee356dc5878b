internal import Admission
internal import JSON
public import Reactor

/// What was admitted although a hook had no verdict: law 3's memory. Each entry holds the review without its secrets, so
/// that it can be judged again.
public final class FailOpenLedger: Sendable {
    /// The entries themselves: to be listed, counted and read.
    public let log: EntryLog
    private let last = Guarded(LastReview())

    /// The review of the entry before. A review that several hooks have no verdict on has as many entries, one after the other;
    /// taking the secrets out of it is most of what an entry costs.
    private struct LastReview {
        weak var kept: KeptReview?
        var bytes: [UInt8] = []

        mutating func redacted(_ review: KeptReview) -> [UInt8] {
            if kept !== review { self = LastReview(kept: review, bytes: review.review.redacted) }
            return bytes
        }
    }

    /// Opens the ledger in `folder`.
    public init(_ folder: String, _ options: EntryOptions = EntryOptions(), clock: any Clock) throws(JournalError) {
        log = try EntryLog(folder, options, clock: clock)
    }

    /// Notes that a request was admitted without a hook's verdict; false where too much waits to be written, which is
    /// counted.
    @discardableResult
    public func add(_ entry: FailOpenEntry, reply: EntryLog.Reply<UInt64>? = nil) -> Bool {
        log.add(
            hook: entry.hook, bytes: (entry.review?.byteCount ?? 0) + 512, { [last] in Self.json(entry, last) },
            reply: reply)
    }

    /// As a line of a recording without an answer, so that `portcullis replay` can judge it.
    private static func json(_ entry: FailOpenEntry, _ last: Guarded<LastReview>) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("phase")
        writer.string("\(entry.phase)")
        writer.key("revision")
        writer.string(entry.revision)
        writer.key("failure")
        entry.failure.write(to: &writer)
        if let kept = entry.review {
            writer.key("review")
            let bytes = last.withLock { $0.redacted(kept) }
            writer.verbatim(bytes.span)
        }
        writer.endObject()
        withExtendedLifetime(entry) {}
        return writer.bytes
    }
}

extension AdmissionReview {
    /// The whole review as an AdmissionReview of its version, without secrets.
    var redacted: [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("kind")
        writer.string("AdmissionReview")
        writer.key("apiVersion")
        writer.string(version.apiVersion)
        writer.key("request")
        writeRequest(to: &writer)
        writer.endObject()
        return Redaction().redacted(writer.bytes)
    }
}
