import Admission
import Policies
import Reactor

/// Everything that decides about a review: the hooks that are registered in Swift, then the policies of the rule files.
final class ReviewPipeline: ReviewHandler {
    private let hooks: BuiltinPipeline
    private let policies: PolicyHandler

    /// One loop's pipeline.
    init(
        _ hooks: [any BuiltinHook], _ rules: PolicySet, clock: any Clock, noteUnstable: @escaping (String) -> Void
    ) {
        self.hooks = BuiltinPipeline(hooks)
        policies = PolicyHandler(rules, now: { clock.now.nanoseconds }, noteUnstable: noteUnstable)
    }

    func handle(
        _ question: ReviewQuestion, _ response: inout ReviewResponse, _ exchange: inout some ReviewExchange
    ) -> ReviewProgress {
        _ = hooks.handle(question, &response, &exchange)
        if question.phase == .mutate, response.hasPatch, !policies.set.isEmpty {
            // Two patches of the original object are no patch of it; what is left out is said.
            response.reset()
            _ = response.addWarning("hooks registered in Swift do not change objects while there are rules that may")
        }
        policies.review(question, &response)
        return .answered
    }
}
