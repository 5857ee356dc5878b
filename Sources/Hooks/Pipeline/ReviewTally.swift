import Admission
import Policies
import Reactor
import Telemetry

/// What is kept in mind of a review until it is answered.
struct ReviewTally {
    struct Unchecked {
        let cell: HookCell
        let failure: HookFailure
    }

    /// When the hook before ended; the next one's time begins here.
    var last: Instant
    /// Checks that have no verdict and that nobody is denied for.
    var unchecked: [Unchecked] = []
    /// Whether any hook failed.
    var hasFailed = false

    init(at now: Instant) { last = now }
}

/// A review as it is asked about, on the way to an answer.
struct AskedReview {
    var review: AdmissionReview
    let phase: ReviewPhase
    let group: UInt32
    /// When everything must be settled.
    let limit: Instant
    /// The span that answering it is; nil where nobody looks at traces.
    let trace: TraceContext?

    /// So long before the deadline whatever hooks do is over: a timer may be two milliseconds late.
    static let margin = Nanoseconds.milliseconds(3)

    init(_ question: ReviewQuestion) {
        review = question.review
        phase = question.phase
        group = question.group
        limit = Instant(nanoseconds: question.deadline)
        trace = question.trace
    }

    /// For hooks that are waited for.
    var waitingLimit: Instant { limit + Nanoseconds.nanoseconds(-Self.margin.count) }
}

/// What hooks write beside verdicts is kept apart by their names.
enum HookKeys {
    /// A key for the audit log: the hook's name, a dot and the key; where that is too long, the key alone.
    static func annotation(_ hook: String, _ key: String) -> String {
        let name = String(decoding: hook.utf8.map { $0 == UInt8(ascii: ":") ? UInt8(ascii: ".") : $0 }, as: UTF8.self)
        let full = "\(name).\(key)"
        return full.utf8.count <= 63 ? full : key
    }

    /// The same for every attempt of a hook at a review (FNV-1a with 128 bits): hexadecimal digits, so that it may stand
    /// anywhere.
    static func invocation(_ review: AdmissionReview, _ hook: String, _ phase: HookPhase) -> String {
        var hash: UInt128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d
        func add(_ byte: UInt8) { hash = (hash ^ UInt128(byte)) &* 0x0000_0000_0100_0000_0000_0000_0000_013b }
        review.uid.withUTF8 { bytes in for index in bytes.indices { add(bytes[index]) } }
        add(0xFF)
        for byte in hook.utf8 { add(byte) }
        add(phase.rawValue)
        let digits = String(hash, radix: 16)
        return String(repeating: "0", count: 32 - digits.count) + digits
    }
}
