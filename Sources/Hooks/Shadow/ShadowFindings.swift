public import Admission
import HTTP
import JSON
import Reactor

/// What a candidate revision of the rules would have decided otherwise, over all loops.
public final class ShadowFindings: Sendable {
    /// How reviews compared.
    public struct Counts: Hashable, Sendable {
        /// Both revisions gave the same answer.
        public var same: UInt64 = 0
        /// They did not.
        public var different: UInt64 = 0
        /// One of them was not done in time.
        public var late: UInt64 = 0
        /// There was too much to do.
        public var skipped: UInt64 = 0

        /// None.
        public init() {}
    }

    /// An answer, as far as it is compared.
    public struct Verdict: Hashable, Sendable {
        /// Whether the request is admitted.
        public let isAllowed: Bool
        /// The status code of a denial.
        public let code: Int
        /// What a denial says.
        public let message: String
        /// The JSON Patch; empty without one.
        public let patch: [UInt8]

        init(_ response: borrowing ReviewResponse) {
            isAllowed = response.isAllowed
            code = response.code
            message = response.message.text
            patch = response.hasPatch ? response.patch.bytes : []
        }
    }

    /// A review on which the revisions differ.
    public struct Difference: Sendable {
        /// When, in nanoseconds since 1970.
        public let wall: Int64
        /// The endpoint.
        public let phase: ReviewPhase
        /// The review.
        public let review: KeptReview
        /// What the rules in force say.
        public let active: Verdict
        /// What the candidate says.
        public let candidate: Verdict
    }

    private struct State {
        var counts = Counts()
        var list: [Difference] = []
    }

    private let most: Int
    private let state = Guarded(State())

    /// Nothing was found yet; the latest differences are kept, so many of them.
    public init(differencesMax: Int = 100) { most = max(differencesMax, 1) }

    /// How reviews compared so far.
    public var counts: Counts { state.withLock { $0.counts } }

    /// The latest differences, the newest first.
    public var differences: [Difference] { state.withLock { $0.list.reversed() } }

    /// Forgets everything: the candidate is another.
    public func reset() { state.withLock { $0 = State() } }

    func count(_ change: (inout Counts) -> Void) { state.withLock { change(&$0.counts) } }

    func add(_ difference: Difference) {
        state.withLock { state in
            state.counts.different += 1
            if state.list.count >= most { state.list.removeFirst() }
            state.list.append(difference)
        }
    }
}
