public import Admission
public import Policies
public import Reactor
public import Telemetry

/// One attempt to have a hook's verdict on a review: what an executor is given (contract version 1).
public struct HookInvocation: Sendable {
    /// The same for every attempt of the same hook at the same review.
    public var key: String
    /// The hook's name.
    public var hook: String
    /// When it runs.
    public var phase: HookPhase
    /// From 1.
    public var attempt: Int
    /// When this attempt must be over, on the loop's clock.
    public var deadline: Instant
    /// The hash of the rules that are in force.
    public var revision: String
    /// The review; in the mutate phase its object is what earlier hooks made of it.
    public var review: KeptReview
    /// The answer that was given, as JSON: for hooks that run after it.
    public var verdict: [UInt8]?
    /// The span of the review, or of the attempt once one is made; nil where nobody looks at traces.
    public var trace: TraceContext?
    /// The trace that the attempt belongs to, as W3C writes it; nil: none.
    public var traceparent: String? { trace?.text }

    /// The first attempt.
    public init(
        key: String, hook: String, phase: HookPhase, deadline: Instant, revision: String, review: KeptReview
    ) {
        self.key = key
        self.hook = hook
        self.phase = phase
        attempt = 1
        self.deadline = deadline
        self.revision = revision
        self.review = review
    }
}
