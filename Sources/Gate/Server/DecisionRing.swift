import Admission
import HTTP
import JSON
import Reactor

/// A decision as people look at it.
struct Decision: Sendable {
    fileprivate let entry: DecisionRing.Entry
    /// One behind the other.
    fileprivate let bytes: [UInt8]

    var wall: Int64 { entry.wall }
    var outcome: AdmissionMetrics.Outcome { entry.outcome }

    subscript(_ text: DecisionRing.Text) -> String {
        let range = entry.range(of: text)
        return String(decoding: bytes[range], as: UTF8.self)
    }

    /// Writes everything but the request's uid and the time, as members of an object that is being written.
    func write(membersTo writer: inout JSONWriter) { entry.write(bytes.span, to: &writer, message: "message") }
}

/// Which decisions somebody wants to see.
struct DecisionFilter: Sendable {
    var limit = 100
    var outcome: AdmissionMetrics.Outcome?
    /// What texts must be, whole.
    var texts: [DecisionRing.Text: String] = [:]

    func admits(_ decision: Decision) -> Bool {
        if let outcome, decision.outcome != outcome { return false }
        return texts.allSatisfy { decision[$0.key] == $0.value }
    }
}

/// What was decided of late on one loop, in memory that never grows: the oldest decision gives way to the latest.
///
/// A decision costs a copy of its names. Each has so many bytes for its texts; what has no room is cut off.
struct DecisionRing {
    /// The texts that are kept, in order.
    enum Text: Int, CaseIterable {
        case uid, group, version, resource, subresource, namespace, name, user, message

        static let names: InlineArray<9, StaticString> = [
            "uid", "group", "version", "resource", "subresource", "namespace", "name", "user", "message",
        ]

        var name: StaticString { Self.names[rawValue] }
    }

    /// A decision but for its texts.
    fileprivate struct Entry: BitwiseCopyable {
        var wall: Int64
        var took: Nanoseconds
        var phase: ReviewPhase
        var operation: ReviewOperation
        var outcome: AdmissionMetrics.Outcome
        /// The status of a denial; zero without one.
        var code: UInt16
        var lengths = InlineArray<9, UInt16>(repeating: 0)

        /// Where a text is among those of its decision.
        func range(of text: Text) -> Range<Int> {
            var start = 0
            for index in 0..<text.rawValue { start += Int(lengths[index]) }
            return start..<start + Int(lengths[text.rawValue])
        }

        /// Writes everything but the request's uid and the time; `message` is what the message is called.
        func write(_ texts: Span<UInt8>, to writer: inout JSONWriter, message: StaticString) {
            writer.key("path")
            writer.string(phase == .mutate ? "/mutate" : "/validate")
            writer.key("operation")
            writer.string(operation.name)
            var start = Int(lengths[0])
            for index in 1..<lengths.count where lengths[index] > 0 {
                let end = start + Int(lengths[index])
                writer.key(index == Text.message.rawValue ? message : Text.names[index])
                writer.string(texts.extracting(start..<end))
                start = end
            }
            writer.key("outcome")
            writer.string(outcome.name)
            if code > 0 {
                writer.key("code")
                writer.int(Int64(code))
            }
            writer.key("milliseconds")
            writer.thousandths(took.count / 1000)
        }
    }

    static let capacity = 256
    private static let textBytesMax = 768
    /// So that a long name leaves room for the message.
    private static let nameBytesMax = 96

    private var entries: [Entry] = []
    private var texts: [UInt8] = []
    private var next = 0

    /// Keeps a decision.
    mutating func note(
        _ review: AdmissionReview, _ phase: ReviewPhase, _ outcome: AdmissionMetrics.Outcome,
        _ response: borrowing ReviewResponse, wall: Int64, took: Nanoseconds
    ) {
        if texts.isEmpty {
            texts = [UInt8](repeating: 0, count: Self.capacity * Self.textBytesMax)
            entries.reserveCapacity(Self.capacity)
        }
        var entry = Entry(
            wall: wall, took: took, phase: phase, operation: review.operation, outcome: outcome,
            code: UInt16(clamping: response.code))
        var place = next * Self.textBytesMax
        keep(review.uid, .uid, &place, &entry)
        keep(review.requestResource.group, .group, &place, &entry)
        keep(review.requestResource.version, .version, &place, &entry)
        keep(review.requestResource.resource, .resource, &place, &entry)
        keep(review.requestSubResource, .subresource, &place, &entry)
        keep(review.namespace, .namespace, &place, &entry)
        keep(review.name, .name, &place, &entry)
        keep(review.userInfo.username, .user, &place, &entry)
        let end = (next + 1) * Self.textBytesMax
        response.message.withBytes { copy($0, .message, atMost: end - place, &place, &entry) }
        if next == entries.count { entries.append(entry) } else { entries[next] = entry }
        next = (next + 1) % Self.capacity
    }

    private mutating func keep(_ text: ReviewText, _ kind: Text, _ place: inout Int, _ entry: inout Entry) {
        if text.isEmpty { return }
        text.withUTF8 { copy($0, kind, atMost: Self.nameBytesMax, &place, &entry) }
    }

    private mutating func copy(
        _ bytes: Span<UInt8>, _ kind: Text, atMost most: Int, _ place: inout Int, _ entry: inout Entry
    ) {
        var count = min(bytes.count, most)
        // What is cut off is whole characters.
        while count < bytes.count, count > 0, bytes[count] & 0xC0 == 0x80 { count -= 1 }
        unsafe texts.withUnsafeMutableBytes { texts in
            let room = unsafe texts[place..<place + count]
            unsafe bytes.extracting(0..<count).withUnsafeBytes { unsafe room.copyBytes(from: $0) }
        }
        entry.lengths[kind.rawValue] = UInt16(count)
        place += count
    }

    /// The decisions that somebody wants to see, the latest first.
    func recent(_ filter: DecisionFilter) -> [Decision] {
        var found: [Decision] = []
        for age in 1...max(entries.count, 1) where found.count < filter.limit && age <= entries.count {
            let index = place(age)
            let start = index * Self.textBytesMax
            let entry = entries[index]
            let end = start + entry.range(of: .message).upperBound
            let decision = Decision(entry: entry, bytes: Array(texts[start..<end]))
            if filter.admits(decision) { found.append(decision) }
        }
        return found
    }

    /// Writes the latest decision but for the request's uid and the time, as members of an object that is being written; the
    /// message is called `why` there.
    func writeLatest(to writer: inout JSONWriter) {
        guard !entries.isEmpty else { return }
        let index = place(1)
        entries[index].write(texts.span.extracting((index * Self.textBytesMax)...), to: &writer, message: "why")
    }

    /// Where the decision is that was noted so many decisions ago.
    private func place(_ age: Int) -> Int { (next - age + entries.count) % entries.count }
}
