import Admission
import CEL
import JSON

// What an answer came from, for people: everything is evaluated once more, part by part, after what counts is done.

/// An expression that is to be explained.
struct ExplainedExpression {
    let path: String
    let text: String
    let program: Program
    let scope: ExpressionCompiler.Scope
}

extension PolicyEvaluator {
    /// More of a value is not shown.
    private static var shownBytesMax: Int { 200 }

    /// The expressions of a policy that was asked by one binding, with one parameter; those behind conditions that are not
    /// met are left out.
    mutating func explanations(
        _ question: PolicyQuestion, _ param: StoredObject?, isMatched: Bool
    ) -> [PolicyTrace.Explanation] {
        let policy = question.policy
        bind(question, param)
        bindNamespace(question, isHidden: true)
        var list = explain(ExplainedExpression.conditions(policy.conditions), policy.compiler)
        guard isMatched else { return list }
        bindNamespace(question, isHidden: false)
        policy.variables.forget(&evaluator)
        let validations = policy.validations.enumerated().map { index, rule in
            ExplainedExpression(
                path: "spec.validations[\(index)].expression", text: rule.expression, program: rule.program,
                scope: .full)
        }
        list += explain(validations + ExplainedExpression.variables(policy.compiler), policy.compiler)
        policy.variables.forget(&evaluator)
        let denied = decisions.list.filter { $0.evaluation == .deny }.compactMap(\.validation)
        let messages = denied.compactMap { index in
            policy.validations[index].messageProgram.map {
                ExplainedExpression(
                    path: "spec.validations[\(index)].messageExpression",
                    text: policy.validations[index].messageExpression, program: $0, scope: .message)
            }
        }
        list += explain(messages, policy.compiler)
        policy.variables.forget(&evaluator)
        let annotations = policy.annotations.enumerated().map { index, rule in
            ExplainedExpression(
                path: "spec.auditAnnotations[\(index)].valueExpression", text: rule.expression, program: rule.program,
                scope: .full)
        }
        return list + explain(annotations, policy.compiler)
    }

    /// Runs expressions in their order, so that each costs what it did, and then their parts.
    mutating func explain(
        _ expressions: [ExplainedExpression], _ compiler: ExpressionCompiler
    ) -> [PolicyTrace.Explanation] {
        guard let now = trace?.now else { return [] }
        var list = expressions.map { expression in
            evaluator.beginExpression()
            let start = now()
            _ = evaluator.run(expression.program)
            return PolicyTrace.Explanation(
                path: expression.path, cost: evaluator.cost &+ evaluator.fieldCost, nanoseconds: now() &- start)
        }
        for index in list.indices {
            let expression = expressions[index]
            list[index].parts = compiler.parts(expression.text, expression.scope).map { text, depth, program in
                evaluator.beginExpression()
                return PolicyTrace.Explanation.Part(text: text, depth: depth, value: outcome(program))
            }
        }
        return list
    }

    private mutating func outcome(_ program: Program) -> String {
        let value = evaluator.run(program)
        switch evaluator.stop {
        case .cost: return "error: operation cancelled: actual cost limit exceeded"
        case .memory: return "error: operation cancelled: memory limit exceeded"
        case .deadline: return "error: \(Exhaustion.time.message)"
        case nil: break
        }
        if value.isError { return "error: \(value.errorMessage)" }
        return ValueText.text(of: value, &evaluator, bytesMax: Self.shownBytesMax)
    }
}

extension ExplainedExpression {
    static func conditions(_ conditions: [MatchCondition]) -> [ExplainedExpression] {
        conditions.enumerated().map { index, condition in
            ExplainedExpression(
                path: "spec.matchConditions[\(index)].expression", text: condition.expression,
                program: condition.program, scope: .matchCondition)
        }
    }

    static func variables(_ compiler: ExpressionCompiler) -> [ExplainedExpression] {
        compiler.variableTexts.compactMap { name, text in
            compiler.fields.first { $0.name == name }.map {
                ExplainedExpression(path: "variables.\(name)", text: text, program: $0.program, scope: .full)
            }
        }
    }
}

// MARK: why something matched

extension RuleHits {
    /// What decided whether a request matched.
    func reason(_ review: AdmissionReview, _ namespace: NamespaceEntry?) -> String {
        let facts = NamespaceFacts(labels: namespace?.labels)
        let what = "\(review.operation.name) of \(Self.resource(review))"
        if !isPossible { return "no rule is about \(what)" }
        if !facts.fits(selectors.namespaceSelector, review) {
            let name = review.namespace.isEmpty ? review.name.string : review.namespace.string
            return "the namespaceSelector does not fit the labels of \(name)"
        }
        if !Self.fitsObject(selectors.objectSelector, review) { return "the objectSelector does not fit the labels" }
        if exclusions.contains(where: { $0.admits(review) }) { return "excludeResourceRules leave out \(what)" }
        if !hasRules { return "it is about everything that its policy is about" }
        guard let hit = hits.first(where: { $0.admits(review) }) else {
            return "the rules about \(what) are about other names or another scope"
        }
        guard let other = hit.equivalent else { return "a rule is about \(what)" }
        let version = other.group.isEmpty ? other.version : "\(other.group)/\(other.version)"
        return "a rule is about \(other.resource) of \(version), which are the same objects"
    }

    private static func resource(_ review: AdmissionReview) -> String {
        let resource = review.resource
        let group = resource.group.isEmpty ? "" : ".\(resource.group.string)"
        let part = review.subResource.isEmpty ? "" : "/\(review.subResource.string)"
        return "\(resource.resource.string)\(group)\(part)"
    }
}

extension PolicyEvaluator {
    /// Notes whether a policy matched, if anybody wants to know.
    mutating func note(_ policy: String, isMatched: Bool, _ hits: RuleHits, _ review: AdmissionReview) {
        guard let explains = trace?.explains else { return }
        var record = PolicyTrace.Policy(name: policy, isMatched: isMatched)
        if explains { record.reason = hits.reason(review, namespace) }
        trace?.policies.append(record)
    }

    /// Notes whether a binding matched, if anybody wants to know.
    mutating func note(_ binding: PolicyBinding, isMatched: Bool, _ hits: RuleHits?, _ review: AdmissionReview) {
        guard let explains = trace?.explains else { return }
        let reason = explains ? hits?.reason(review, namespace) ?? "" : ""
        trace?.addBinding(binding.name, isMatched: isMatched, reason)
    }

    /// Notes the policies that were not asked: requests of this sort are not what they or their bindings are about.
    mutating func noteOthers(_ asked: [String], _ review: AdmissionReview) {
        for bound in set.validating where !asked.contains(bound.policy.name) {
            noteOther(bound.policy.name, bound.policy.match, hasBindings: !bound.bindings.isEmpty, review)
        }
    }

    /// Notes a policy that was not asked.
    mutating func noteOther(_ policy: String, _ match: MatchResources, hasBindings: Bool, _ review: AdmissionReview) {
        let hits = RuleHits(match, review, [])
        var record = PolicyTrace.Policy(name: policy, isMatched: false)
        record.reason = hasBindings ? hits.reason(review, namespace) : "no binding puts it to work"
        trace?.policies.append(record)
    }
}
