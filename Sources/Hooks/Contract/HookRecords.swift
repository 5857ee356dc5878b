public import Admission
public import Reactor

/// Where the runtime puts what must outlive a request. It is called on the loops' threads and must not block: whoever
/// writes to a disk does so elsewhere.
public protocol HookRecords: AnyObject, Sendable {
    /// Whether there is room, at this rate, for the whole review of one more request that was admitted unchecked: a copy costs
    /// as much as the answer did.
    func takesReview(at now: Instant) -> Bool

    /// A request was admitted though a check of it has no verdict.
    func note(_ entry: FailOpenEntry)

    /// The same where there is no room for its review, which is valid during the call: the request is named, not kept.
    func noteBriefly(_ entry: FailOpenEntry, of review: AdmissionReview)

    /// A call failed for good; it may be made again later.
    func keep(_ letter: DeadLetter)

    /// A hook is to run after the answer. Gives the number under which `finish` will tell that it did; nil where there is
    /// no room, and then it does not run.
    func begin(_ task: AfterTask) -> UInt64?

    /// A task needs to be kept no longer: its hook ran, or the call became a dead letter.
    func finish(_ task: UInt64)
}

/// One check that an admitted request did not have.
public struct FailOpenEntry: Sendable {
    /// The hook that has no verdict.
    public var hook: String
    /// Why it has none.
    public var failure: HookFailure
    /// Where the review came to.
    public var phase: ReviewPhase
    /// The hash of the rules that were in force.
    public var revision: String
    /// The calendar's time in nanoseconds since 1970.
    public var wall: Int64
    /// The review as it was asked; nil where no copy was made.
    public var review: KeptReview?

    /// An entry.
    public init(
        hook: String, failure: HookFailure, phase: ReviewPhase, revision: String, wall: Int64, review: KeptReview?
    ) {
        self.hook = hook
        self.failure = failure
        self.phase = phase
        self.revision = revision
        self.wall = wall
        self.review = review
    }
}

/// A call that failed after everything that retries allowed.
public struct DeadLetter: Sendable {
    /// The last attempt.
    public var invocation: HookInvocation
    /// How it ended.
    public var failure: HookFailure
    /// The calendar's time in nanoseconds since 1970.
    public var wall: Int64

    /// A dead letter.
    public init(invocation: HookInvocation, failure: HookFailure, wall: Int64) {
        self.invocation = invocation
        self.failure = failure
        self.wall = wall
    }
}

/// A hook that is to run after an answer, with all that it is given.
public struct AfterTask: Sendable {
    /// The hook's name.
    public var hook: String
    /// The same for every attempt, also after a restart.
    public var key: String
    /// The hash of the rules that were in force.
    public var revision: String
    /// The review.
    public var review: KeptReview
    /// The answer that was given, as JSON.
    public var verdict: [UInt8]

    /// A task.
    public init(hook: String, key: String, revision: String, review: KeptReview, verdict: [UInt8]) {
        self.hook = hook
        self.key = key
        self.revision = revision
        self.review = review
        self.verdict = verdict
    }
}
