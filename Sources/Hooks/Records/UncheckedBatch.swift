import Admission
import JSON
import Reactor

/// Requests that were admitted within a moment without the same hook, for the same reason: one entry of the ledger that names them
/// all. Where everything is admitted unchecked, an entry with its review for each would cost more than the answers do.
///
/// It is written by whoever has the ledger's lock.
final class UncheckedBatch {
    /// Those of a longer moment begin another entry.
    static let span = Nanoseconds.milliseconds(100)
    static let bytesMax = 64 << 10

    let entry: FailOpenEntry
    private(set) var count = 0
    private var requests = JSONWriter(capacity: 2 << 10)

    init(_ entry: FailOpenEntry) { self.entry = entry }

    var isFull: Bool { requests.count >= Self.bytesMax }

    var byteCount: Int { requests.count + 512 }

    /// Whether what is said of a request is said of these.
    func isAbout(_ other: FailOpenEntry) -> Bool {
        entry.failure.reason == other.failure.reason && entry.phase == other.phase && entry.hook == other.hook
            && entry.revision == other.revision
    }

    func add(_ review: AdmissionReview) {
        if count == 0 { requests.beginArray() }
        count += 1
        requests.beginObject()
        requests.key("uid")
        requests.text(review.uid)
        requests.key("operation")
        requests.string(review.operation.name)
        for (key, text) in [
            ("group", review.resource.group), ("resource", review.resource.resource),
            ("subResource", review.subResource), ("namespace", review.namespace), ("name", review.name),
            ("user", review.userInfo.username),
        ] as [(StaticString, ReviewText)] where !text.isEmpty {
            requests.key(key)
            requests.text(text)
        }
        requests.endObject()
    }

    /// The entry. The words of the failure are those of the first.
    func json() -> [UInt8] {
        var writer = JSONWriter(capacity: requests.count + 512)
        writer.beginObject()
        entry.writeFacts(to: &writer)
        writer.key("count")
        writer.int(Int64(count))
        writer.key("requests")
        requests.endArray()
        requests.withBytes { writer.verbatim($0) }
        writer.endObject()
        return writer.bytes
    }
}

extension JSONWriter {
    fileprivate mutating func text(_ text: ReviewText) { text.withUTF8 { string($0) } }
}
