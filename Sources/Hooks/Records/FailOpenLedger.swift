public import Admission
internal import JSON
public import Reactor

/// What was admitted although a hook had no verdict: law 3's memory. Each entry holds the review without its secrets, so
/// that it can be judged again.
public final class FailOpenLedger: Sendable {
    /// The entries themselves: to be listed, counted and read.
    public let log: EntryLog

    /// Opens the ledger in `folder`.
    public init(_ folder: String, _ options: EntryOptions = EntryOptions(), clock: any Clock) throws(JournalError) {
        log = try EntryLog(folder, options, clock: clock)
    }

    /// Notes that a review was admitted without a hook's verdict; false where too much waits to be written, which is counted.
    @discardableResult
    public func add(
        hook: String, _ failure: HookFailure, review: KeptReview, revision: String,
        reply: EntryLog.Reply<UInt64>? = nil
    ) -> Bool {
        log.add(
            hook: hook, bytes: review.byteCount + 512, { Self.json(failure, review, revision) }, reply: reply)
    }

    private static func json(_ failure: HookFailure, _ kept: KeptReview, _ revision: String) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("failure")
        failure.write(to: &writer)
        writer.key("revision")
        writer.string(revision)
        writer.key("review")
        writer.verbatim(kept.review.redacted.span)
        writer.endObject()
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
