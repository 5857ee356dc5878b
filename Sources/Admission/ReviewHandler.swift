public import Telemetry

/// Which of a server's two endpoints a review came to.
public enum ReviewPhase: UInt8, BitwiseCopyable, Sendable {
    /// `/mutate`: the answer may have a patch.
    case mutate
    /// `/validate`: the answer must not have a patch.
    case validate
}

/// A review with everything that is known about it besides; valid until the handler returns.
public struct ReviewQuestion: BitwiseCopyable, Sendable {
    /// The review.
    public let review: AdmissionReview
    /// The endpoint.
    public let phase: ReviewPhase
    /// The group in the path, which narrows the hooks; zero for all of them. Numbers come from the rules' group table.
    public let group: UInt32
    /// The group of those hooks that belong to none.
    public static let ungrouped = UInt32.max - 1
    /// Whether hooks that belong to no group are asked.
    public var asksUngrouped: Bool { group == 0 || group == Self.ungrouped }
    /// When the first byte of the request arrived, in nanoseconds of the loop's clock.
    public let arrival: UInt64
    /// When the answer must be written, on the same clock.
    public let deadline: UInt64
    /// The span that answering it is, for whoever is asked in turn; nil where nobody looks at traces.
    public let trace: TraceContext?

    /// A question.
    public init(
        review: AdmissionReview, phase: ReviewPhase, group: UInt32 = 0, arrival: UInt64, deadline: UInt64,
        trace: TraceContext? = nil
    ) {
        self.review = review
        self.phase = phase
        self.group = group
        self.arrival = arrival
        self.deadline = deadline
        self.trace = trace
    }
}

/// Where an answer goes that is not given at once.
public protocol ReviewTicket: AnyObject {
    /// Sends the answer. Must be called on the loop's own thread; calls after the first, or after the client has gone, do
    /// nothing.
    func answer(_ response: borrowing ReviewResponse)
}

/// What a handler did with a question.
public enum ReviewProgress: Sendable {
    /// The response is the answer.
    case answered
    /// The handler has taken a ticket and will answer with it.
    case later
}

/// What a handler may ask of whoever brought the question.
public protocol ReviewExchange {
    /// A ticket to answer later with, and a copy of the review that lives as long as it is kept.
    mutating func ticket(for question: ReviewQuestion) throws(ReviewError) -> (any ReviewTicket, KeptReview)

    /// A step on the way to the answer is done; the time since the one before is that step's.
    mutating func passed(_ step: AdmissionMetrics.Step)

    /// The handler has answered at once: this is the answer, and it is about to be written.
    mutating func decided(_ question: ReviewQuestion, _ response: borrowing ReviewResponse)
}

extension ReviewExchange {
    /// Nobody measures unless they say so.
    public mutating func passed(_ step: AdmissionMetrics.Step) {}

    /// Nobody takes note unless they say so.
    public mutating func decided(_ question: ReviewQuestion, _ response: borrowing ReviewResponse) {}
}

/// Whoever decides about reviews. One handler belongs to one loop and is called on its thread only; it must not block.
public protocol ReviewHandler: AnyObject {
    /// Decides. `response` is an admission without more to say; it counts only if the handler returns `.answered`.
    func handle(
        _ question: ReviewQuestion, _ response: inout ReviewResponse, _ exchange: inout some ReviewExchange
    ) -> ReviewProgress
}
