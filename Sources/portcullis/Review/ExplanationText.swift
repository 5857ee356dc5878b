import Policies

/// What was found out on the way to an answer, for people.
enum ExplanationText {
    static func text(_ trace: PolicyTrace) -> String {
        if trace.policies.isEmpty { return "  there are no policies, or none may be asked about such requests\n" }
        return trace.policies.map(policy).joined()
    }

    private static func policy(_ policy: PolicyTrace.Policy) -> String {
        if !policy.isMatched { return "  policy \(policy.name): does not match\(because(policy.reason))\n" }
        let none = policy.bindings.isEmpty ? "    no binding is about such requests\n" : ""
        return "  policy \(policy.name): matched\(because(policy.reason))\n" + none
            + policy.bindings.map(binding).joined()
    }

    private static func because(_ reason: String) -> String { reason.isEmpty ? "" : ": \(reason)" }

    private static func binding(_ binding: PolicyTrace.Binding) -> String {
        let name = "    binding \(binding.name)"
        if !binding.isMatched { return "\(name): does not match\(because(binding.reason))\n" }
        if let error = binding.error { return "\(name): \(error)\n" }
        let none = binding.evaluations.isEmpty ? ": nothing was evaluated" : ""
        return "\(name)\(none)\n" + binding.evaluations.map(evaluation).joined()
    }

    private static func evaluation(_ evaluation: PolicyTrace.Evaluation) -> String {
        var text = evaluation.param.map { "      with parameter \($0)\n" } ?? ""
        var expressions = evaluation.explanations
        /// The explanation of an expression, which is then shown.
        func take(_ prefix: String) -> String {
            let found = expressions.filter { $0.path.hasPrefix(prefix) }
            expressions.removeAll { $0.path.hasPrefix(prefix) }
            return found.map(explanation).joined()
        }
        text += take("spec.matchConditions")
        if !evaluation.isMatched {
            let name = evaluation.failedCondition.map { " '\($0)'" } ?? ""
            return text + "      match condition\(name) is not met\n"
        }
        let list = evaluation.isMutation ? "mutations" : "validations"
        for decision in evaluation.decisions {
            let place = decision.validation.map { "\(list)[\($0)]" }
            text += "      \(place ?? "policy"): \(verdict(decision, evaluation)) (cost \(decision.cost))\n"
            if let place { text += take("spec.\(place)") }
        }
        for annotation in evaluation.annotations {
            let value = annotation.error.isEmpty ? annotation.value : "error: \(annotation.error)"
            text += "      annotation \(annotation.key): \(value)\n"
        }
        return text + expressions.map(explanation).joined()
    }

    private static func verdict(_ decision: PolicyTrace.Decision, _ evaluation: PolicyTrace.Evaluation) -> String {
        let isDone = evaluation.isMutation && decision.evaluation == .admit
        let message = decision.message.isEmpty ? "" : ": \(decision.message)"
        return (isDone ? "carried out" : decision.evaluation.rawValue) + message
    }

    private static func explanation(_ explanation: PolicyTrace.Explanation) -> String {
        let time = "\(explanation.nanoseconds / 1000).\(explanation.nanoseconds / 100 % 10) µs"
        let head = "        \(explanation.path): cost \(explanation.cost), \(time)\n"
        return head
            + explanation.parts.map { part in
                "          \(String(repeating: "  ", count: part.depth))\(part.text)  →  \(part.value)\n"
            }.joined()
    }
}
