import Admission
import CEL
import JSON

// One policy, one binding, one parameter.

extension PolicyEvaluator {
    /// What the match conditions say.
    enum Conditions {
        case met
        case notMet(String)
        case failed(String)
        case ignored
    }

    mutating func evaluate(_ question: PolicyQuestion, _ param: StoredObject?, _ response: inout ReviewResponse) {
        decisions.removeAll()
        isOutOfTime = false
        bind(question, param)
        var record = PolicyTrace.Evaluation()
        if let param { record.param = param.namespace.isEmpty ? param.name : "\(param.namespace)/\(param.name)" }
        bindNamespace(question, isHidden: true)
        let policy = question.policy
        let isLate = isTimeUp.map { $0() } ?? false
        if isLate { isOutOfTime = true }
        switch isLate ? .failed(Exhaustion.time.message) : checkConditions(policy.conditions, policy.failurePolicy) {
        case .met:
            outcome.raise(to: .pass)
            bindNamespace(question, isHidden: false)
            checkValidations(question)
            annotate(question, &record, &response)
        case .notMet(let name):
            record.isMatched = false
            record.failedCondition = name
        case .ignored: record.isMatched = false
        case .failed(let message): decisions.fail(message)
        }
        settle(question, &response)
        if let explains = trace?.explains {
            var finished = finished(record, question)
            if explains { finished.explanations = explanations(question, param, isMatched: record.isMatched) }
            trace?.add(finished)
        }
        for annotation in record.annotations where annotation.isDenial {
            denyAnnotation(annotation, question, &response)
        }
    }

    // MARK: match conditions

    mutating func checkConditions(_ conditions: [MatchCondition], _ failurePolicy: FailurePolicy) -> Conditions {
        if conditions.isEmpty { return .met }
        var budget = CostLimits.matchConditions
        var failures: [String] = []
        var failed: String?
        for index in conditions.indices {
            switch run(conditions[index].program, &budget) {
            case .value(let value):
                if value.kind == .bool, !value.boolValue, failed == nil { failed = conditions[index].name }
            case .failure(let error):
                let message = Self.failureText(conditions[index].expression, error)
                if !failures.contains(message) { failures.append(message) }
            case .exhausted(let reason):
                if failurePolicy == .fail { return .failed(reason.message) }
                noteIgnored(reason.message)
                return .ignored
            }
        }
        if let failed { return .notMet(failed) }
        if failures.isEmpty { return .met }
        if failurePolicy == .ignore {
            noteIgnored(failures[0])
            return .ignored
        }
        return .failed(failures.count == 1 ? failures[0] : "[\(failures.joined(separator: ", "))]")
    }

    @inline(never)
    private mutating func noteIgnored(_ problem: String) {
        outcome.fail(isOutOfTime ? .time : .error, problem, .ignore)
    }

    // MARK: validations and their messages

    private mutating func checkValidations(_ question: PolicyQuestion) {
        let policy = question.policy
        policy.variables.forget(&evaluator)
        var budget = CostLimits.evaluation
        for index in policy.validations.indices {
            var decision = DecisionList.Decision(evaluation: .admit, validation: index)
            let before = budget
            switch run(policy.validations[index].program, &budget) {
            case .value(let value): decision.evaluation = value.kind == .bool && value.boolValue ? .admit : .deny
            case .failure(let error):
                decision.evaluation = .error
                decision.message = Self.failureText(policy.validations[index].expression, error)
            case .exhausted(let reason): return decisions.fail(reason.message)
            }
            decision.cost = before - budget
            decisions.list.append(decision)
        }
        if needsMessages(policy, budget) { writeMessages(question, budget) }
    }

    /// Messages of checks that are fulfilled are nobody's concern, unless they could use up what is left to spend: then
    /// the API server fails all checks, and so they must be evaluated.
    private func needsMessages(_ policy: ValidatingPolicy, _ budget: UInt64) -> Bool {
        if decisions.hasDenials { return true }
        let most = UInt64(policy.messageProgramCount + policy.variables.count) * CostLimits.expression
        return policy.messageProgramCount > 0 && most >= budget
    }

    private mutating func writeMessages(_ question: PolicyQuestion, _ budget: UInt64) {
        let policy = question.policy
        unbindAuthorizer(question)
        policy.variables.forget(&evaluator)
        var budget = budget
        for index in decisions.list.indices {
            let rule = policy.validations[index]
            var message = ""
            if let program = rule.messageProgram {
                switch run(program, &budget) {
                case .value(let value): message = Self.message(value)
                case .failure: break
                case .exhausted(let reason): return failMessages("failed messageExpression: \(reason.message)")
                }
            }
            guard decisions.list[index].evaluation == .deny else { continue }
            decisions.list[index].message = message.isEmpty ? rule.message : message
        }
    }

    /// Every check that was evaluated counts as failed.
    private mutating func failMessages(_ problem: String) {
        for index in decisions.list.indices where decisions.list[index].evaluation != .error {
            decisions.list[index].evaluation = .error
            decisions.list[index].message = problem
        }
    }

    private static var messageBytesMax: Int { 5 * 1024 }

    /// What an expression gives for a message; empty where that cannot be used.
    private static func message(_ value: Value) -> String {
        guard value.kind == .string else { return "" }
        let text = RuleText.trimmed(value.text)
        return text.utf8.count > messageBytesMax || text.utf8.contains(0x0A) ? "" : text
    }

    // MARK: audit annotations

    private mutating func annotate(
        _ question: PolicyQuestion, _ record: inout PolicyTrace.Evaluation, _ response: inout ReviewResponse
    ) {
        let policy = question.policy
        if policy.annotations.isEmpty { return }
        unbindAuthorizer(question)
        policy.variables.forget(&evaluator)
        var budget = CostLimits.evaluation
        for index in policy.annotations.indices {
            let rule = policy.annotations[index]
            var annotation = PolicyTrace.Annotation(key: rule.key, value: "", error: "")
            switch run(rule.program, &budget) {
            case .value(let value):
                if value.kind == .string {
                    annotation.value = RuleText.trimmed(value.text)
                } else if value.kind != .null {
                    annotation.isDenial = true
                    annotation.error =
                        "valueExpression '\(rule.expression)' resulted in unsupported return type: "
                        + "\(value.typeName). Return type must be either string or null."
                }
            case .failure(let error):
                annotation.error = Self.failureText(rule.expression, error)
                annotation.isDenial = policy.failurePolicy == .fail
            case .exhausted(let reason):
                record.annotations.removeAll()
                return decisions.fail(reason.message)
            }
            record.annotations.append(annotation)
        }
        for annotation in record.annotations where !annotation.value.isEmpty {
            annotations.add(annotation.key, annotation.value)
        }
    }

    private mutating func denyAnnotation(
        _ annotation: PolicyTrace.Annotation, _ question: PolicyQuestion, _ response: inout ReviewResponse
    ) {
        outcome.fail(.error, annotation.error, .fail)
        outcome.raise(to: .deny)
        let index = question.policy.annotations.firstIndex { $0.key == annotation.key } ?? 0
        question.deny(annotation.error, .invalid, field: "spec.auditAnnotations[\(index)].valueExpression", &response)
    }

    // MARK: what comes of it

    private mutating func settle(_ question: PolicyQuestion, _ response: inout ReviewResponse) {
        for index in decisions.list.indices {
            let decision = decisions.list[index]
            if decision.evaluation == .error {
                outcome.fail(isOutOfTime ? .time : .error, decision.message, question.policy.failurePolicy)
            }
            let isDenial =
                decision.evaluation == .deny
                || (decision.evaluation == .error && question.policy.failurePolicy == .fail)
            if isDenial { settle(decision, at: index, question, &response) }
        }
    }

    @inline(never)
    private mutating func settle(
        _ decision: DecisionList.Decision, at index: Int, _ question: PolicyQuestion,
        _ response: inout ReviewResponse
    ) {
        let binding = question.binding
        let isFailure = decision.evaluation == .error
        let reason = isFailure ? .invalid : question.policy.validations[index].reason
        if binding.actions.contains(.deny) {
            outcome.raise(to: .deny)
            let field = decision.validation.map { "spec.validations[\($0)].expression" } ?? "spec"
            question.deny(decision.message, reason, field: field, &response)
        }
        if binding.actions.contains(.audit) {
            response.annotate(
                "validation_failure", FailureAnnotation.text(decision.message, index, question.policy.name, binding))
        }
        if binding.actions.contains(.warn) {
            outcome.raise(to: .warn)
            response.addWarning(
                "Validation failed for ValidatingAdmissionPolicy '\(question.policy.name)' with binding "
                    + "'\(binding.name)': \(decision.message)")
        }
    }

    private func finished(_ record: PolicyTrace.Evaluation, _ question: PolicyQuestion) -> PolicyTrace.Evaluation {
        var record = record
        record.decisions = decisions.list.map { decision in
            let isDenial =
                decision.evaluation == .deny
                || (decision.evaluation == .error && question.policy.failurePolicy == .fail)
            let reason =
                decision.evaluation == .deny
                ? decision.validation.map { question.policy.validations[$0].reason.rawValue } : nil
            return PolicyTrace.Decision(
                evaluation: decision.evaluation, isDenial: isDenial, message: decision.message, reason: reason ?? "",
                validation: decision.validation, cost: decision.cost)
        }
        return record
    }
}

/// The value that the API server writes beside a request whose failure is only to be noted.
enum FailureAnnotation {
    static func text(_ message: String, _ index: Int, _ policy: String, _ binding: PolicyBinding) -> String {
        var writer = JSONWriter()
        writer.beginArray()
        writer.beginObject()
        writer.key("message")
        writer.string(message)
        writer.key("policy")
        writer.string(policy)
        writer.key("binding")
        writer.string(binding.name)
        writer.key("expressionIndex")
        writer.int(Int64(index))
        writer.key("validationActions")
        writer.beginArray()
        for name in binding.actionNames { writer.string(name) }
        writer.endArray()
        writer.endObject()
        writer.endArray()
        return writer.text
    }
}
