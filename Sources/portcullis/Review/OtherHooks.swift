import Admission
import Policies

/// The hooks that a server would ask about a review and that are not made of expressions.
enum OtherHooks {
    static func names(_ evaluator: inout PolicyEvaluator, _ review: AdmissionReview) -> [String] {
        var names: [String] = []
        let trace = evaluator.trace
        evaluator.trace = nil
        defer { evaluator.trace = trace }
        if review.object != nil, let plan = evaluator.mutations(for: review) {
            let session = MutationSession(review)
            for index in 0..<plan.count where plan.hook(index).run != nil {
                if isAsked(plan.hook(index), evaluator.matches(plan, index, session)) {
                    names.append(plan.hook(index).name)
                }
            }
        }
        guard let plan = evaluator.validations(for: review) else { return names }
        evaluator.prepare(review)
        for index in 0..<plan.count where plan.hook(index).run != nil {
            if isAsked(plan.hook(index), evaluator.matches(plan, index, review)) { names.append(plan.hook(index).name) }
        }
        return names
    }

    private static func isAsked(_ hook: HookRule, _ match: HookMatch) -> Bool {
        guard hook.settings.mode != .off else { return false }
        if case .no = match { return false }
        return true
    }
}
