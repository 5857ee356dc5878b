import Admission
import JSON
import Reactor

/// Requests that were admitted within a moment without the same hook, for the same reason: one entry of the ledger that counts them
/// all and names the first of them. Where everything is admitted unchecked, an entry with its review for each would cost more than
/// the answers do, and a name for each would soon push out of the ledger what was there before.
///
/// It is written by whoever has the ledger's lock.
final class UncheckedBatch {
    /// Those of a longer moment begin another entry.
    static let span = Nanoseconds.milliseconds(100)
    static let namedMax = 100
    static let bytesMax = 64 << 10

    let entry: FailOpenEntry
    private(set) var count = 0
    private var requests = JSONWriter(capacity: 2 << 10)

    init(_ entry: FailOpenEntry) { self.entry = entry }

    var byteCount: Int { requests.count + 512 }

    /// Whether what is said of a request is said of these.
    func isAbout(_ other: FailOpenEntry) -> Bool {
        entry.failure.reason == other.failure.reason && entry.phase == other.phase && entry.hook == other.hook
            && entry.revision == other.revision
    }

    func add(_ review: AdmissionReview) {
        defer { count += 1 }
        guard count < Self.namedMax, requests.count < Self.bytesMax else { return }
        Self.write(review, isFirst: count == 0, to: &requests)
    }

    private static func write(_ review: AdmissionReview, isFirst: Bool, to writer: inout JSONWriter) {
        if isFirst { writer.beginArray() }
        writer.beginObject()
        writer.text("uid", review.uid)
        writer.key("operation")
        writer.string(review.operation.name)
        writer.text("group", review.resource.group)
        writer.text("resource", review.resource.resource)
        writer.text("subResource", review.subResource)
        writer.text("namespace", review.namespace)
        writer.text("name", review.name)
        writer.text("user", review.userInfo.username)
        writer.endObject()
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
    /// A member, unless it would be empty.
    fileprivate mutating func text(_ name: StaticString, _ text: ReviewText) {
        guard !text.isEmpty else { return }
        key(name)
        text.withUTF8 { string($0) }
    }
}
