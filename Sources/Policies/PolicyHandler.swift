public import Admission

/// Answers the reviews of one loop by the policies of a set: the mutating ones at one endpoint, the validating ones at the
/// other.
///
/// Nothing is waited for: a review is answered before `handle` returns, and by the question's deadline, whatever
/// expressions do. What had no time left is settled by the failure policies.
public final class PolicyHandler: ReviewHandler {
    /// The instant by which the review at hand must be answered.
    private final class Deadline: Sendable {
        /// Read and written on the thread of the loop only.
        nonisolated(unsafe) var instant = UInt64.max
    }

    private let deadline = Deadline()
    private let now: @Sendable () -> UInt64
    /// Is told of each policy that would change what it made once more.
    private let noteUnstable: (String) -> Void
    private var evaluator: PolicyEvaluator

    /// A handler for a loop; `now` is the clock that questions' deadlines are on, and `noteUnstable` is told of mutating
    /// policies that are not idempotent.
    public init(
        _ set: PolicySet, now: @escaping @Sendable () -> UInt64, noteUnstable: @escaping (String) -> Void = { _ in }
    ) {
        self.now = now
        self.noteUnstable = noteUnstable
        evaluator = PolicyEvaluator(set)
        use(set)
    }

    /// The rules that are in force.
    public var set: PolicySet { evaluator.set }

    /// Goes on with other rules, from the next question on.
    public func use(_ set: PolicySet) {
        evaluator = PolicyEvaluator(set)
        evaluator.preflight = .warn
        evaluator.isTimeUp = { [deadline, now] in unsafe now() >= deadline.instant }
    }

    /// Answers at once.
    public func handle(
        _ question: ReviewQuestion, _ response: inout ReviewResponse, _ exchange: inout some ReviewExchange
    ) -> ReviewProgress {
        review(question, &response)
        return .answered
    }

    /// Adds to the answer what the policies say: for those who run other hooks beside them.
    public func review(_ question: ReviewQuestion, _ response: inout ReviewResponse) {
        unsafe deadline.instant = question.deadline
        switch question.phase {
        case .mutate:
            evaluator.mutate(question.review, &response)
            for policy in evaluator.unstablePolicies { noteUnstable(policy) }
        case .validate: evaluator.review(question.review, &response)
        }
    }
}
