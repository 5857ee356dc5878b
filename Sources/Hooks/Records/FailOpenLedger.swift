internal import Admission
internal import JSON
public import Reactor

/// What was admitted although a hook had no verdict: law 3's memory. Each entry holds the review without its secrets, so
/// that it can be judged again.
public final class FailOpenLedger: Sendable {
    /// The entries themselves: to be listed, counted and read.
    public let log: EntryLog
    private let requests = LoopBound(RedactedRequests())

    /// Opens the ledger in `folder`.
    public init(_ folder: String, _ options: EntryOptions = EntryOptions(), clock: any Clock) throws(JournalError) {
        log = try EntryLog(folder, options, clock: clock)
    }

    /// Notes that a request was admitted without a hook's verdict; false where too much waits to be written, which is
    /// counted.
    @discardableResult
    public func add(_ entry: FailOpenEntry, reply: EntryLog.Reply<UInt64>? = nil) -> Bool {
        log.add(
            hook: entry.hook, bytes: (entry.review?.byteCount ?? 0) + 512,
            { [requests] in Self.json(entry, requests.onItsLoop()) },
            reply: reply)
    }

    /// As a line of a recording without an answer, so that `portcullis replay` can judge it.
    private static func json(_ entry: FailOpenEntry, _ requests: RedactedRequests) -> [UInt8] {
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
            kept.review.write(around: requests.text(of: kept), to: &writer)
        }
        writer.endObject()
        withExtendedLifetime(entry) {}
        return writer.bytes
    }
}

extension AdmissionReview {
    /// The whole review as an AdmissionReview of its version, without secrets.
    var redacted: [UInt8] {
        var request = JSONWriter()
        writeRequest(to: &request)
        var writer = JSONWriter()
        write(around: Redaction().redacted(request.bytes), to: &writer)
        return writer.bytes
    }
}
