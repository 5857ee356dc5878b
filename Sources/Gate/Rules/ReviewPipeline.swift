import Admission
import Policies
import Reactor

/// Everything that decides about a review: the hooks that are registered in Swift, then the policies of the rule files.
final class ReviewPipeline: ReviewHandler {
    /// The moment by which the answer must be written; read while expressions run.
    private final class Deadline: @unchecked Sendable {
        var instant: UInt64 = .max
    }

    private let hooks: BuiltinPipeline
    private var policies: PolicyEvaluator
    private let deadline = Deadline()

    /// One loop's pipeline.
    init(_ hooks: [any BuiltinHook], _ rules: PolicySet, clock: any Clock) {
        self.hooks = BuiltinPipeline(hooks)
        policies = PolicyEvaluator(rules)
        policies.isTimeUp = { [deadline] in clock.now.nanoseconds >= deadline.instant }
    }

    func handle(
        _ question: ReviewQuestion, _ response: inout ReviewResponse, _ exchange: inout some ReviewExchange
    ) -> ReviewProgress {
        deadline.instant = question.deadline
        _ = hooks.handle(question, &response, &exchange)
        if question.phase == .validate { policies.review(question.review, &response) }
        return .answered
    }
}
