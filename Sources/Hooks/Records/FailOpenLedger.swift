public import Admission
internal import JSON
public import Reactor

/// What was admitted although a hook had no verdict: law 3's memory. An entry holds the review without its secrets, so that it can
/// be judged again; where so many are admitted unchecked that keeping their reviews would cost more than answering them, an
/// entry stands for all of a moment and names some of them.
public final class FailOpenLedger: Sendable {
    /// The entries themselves: to be listed, counted and read.
    public let log: EntryLog
    private let requests = LoopBound(RedactedRequests())
    private let rate: ReviewRate
    private let batches = Guarded(Batches())

    /// What is being gathered.
    private struct Batches {
        var list: [UncheckedBatch] = []
        /// Whether they will be taken in a moment.
        var isDue = false

        mutating func take() -> [UncheckedBatch] {
            defer { list = [] }
            return list
        }
    }

    /// Opens the ledger in `folder`.
    public init(
        _ folder: String, _ options: EntryOptions = EntryOptions(), reviewsPerSecond: Int = 50, clock: any Clock
    ) throws(JournalError) {
        rate = ReviewRate(perSecond: reviewsPerSecond)
        log = try EntryLog(folder, options, clock: clock)
    }

    /// Whether there is room for one more whole review.
    public func takesReview(at now: Instant) -> Bool { rate.take(at: now) }

    /// Notes that a request was admitted without a hook's verdict; false where too much waits to be written, which is
    /// counted.
    @discardableResult
    public func add(_ entry: FailOpenEntry, reply: EntryLog.Reply<UInt64>? = nil) -> Bool {
        log.add(
            hook: entry.hook, bytes: (entry.review?.byteCount ?? 0) + 512,
            { [requests] in Self.json(entry, requests.onItsLoop()) },
            reply: reply)
    }

    /// Notes the same together with others of this moment: the request is counted, its review is not kept. Whatever is lost
    /// because too much waits is counted.
    public func addBriefly(_ entry: FailOpenEntry, of review: AdmissionReview) {
        let mustArm = batches.withLock { batches in
            if let known = batches.list.first(where: { $0.isAbout(entry) }) {
                known.add(review)
            } else {
                let batch = UncheckedBatch(entry)
                batch.add(review)
                batches.list.append(batch)
            }
            defer { batches.isDue = true }
            return !batches.isDue
        }
        if mustArm, !log.later(UncheckedBatch.span, { [weak self] in self?.addBatches() }) {
            batches.withLock { $0.isDue = false }
        }
    }

    private func addBatches() {
        let due = batches.withLock { batches in
            batches.isDue = false
            return batches.take()
        }
        for batch in due { add(batch) }
    }

    private func add(_ batch: UncheckedBatch) {
        // Nobody else has it any more.
        let batch = LoopBound(batch)
        let (hook, count, bytes) = (batch.onItsLoop().entry.hook, batch.onItsLoop().count, batch.onItsLoop().byteCount)
        log.add(hook: hook, count: count, bytes: bytes, { batch.onItsLoop().json() })
    }

    /// Writes what waits to be written; nothing is taken any more.
    public func close() {
        addBatches()
        log.close()
    }

    /// As a line of a recording without an answer, so that `portcullis replay` can judge it.
    private static func json(_ entry: FailOpenEntry, _ requests: RedactedRequests) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        entry.writeFacts(to: &writer)
        if let kept = entry.review {
            writer.key("review")
            kept.review.write(around: requests.text(of: kept), to: &writer)
        }
        writer.endObject()
        withExtendedLifetime(entry) {}
        return writer.bytes
    }
}

extension FailOpenEntry {
    /// What is the same for all that were admitted without the hook for this reason.
    func writeFacts(to writer: inout JSONWriter) {
        writer.key("phase")
        writer.string("\(phase)")
        writer.key("revision")
        writer.string(revision)
        writer.key("failure")
        failure.write(to: &writer)
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
