import Admission
import CEL
import CELKubernetes
import JSON

/// How an expression ended.
enum RunOutcome {
    case value(Value)
    /// It failed; the value says why.
    case failure(Value)
    /// No more expressions of this sort may run.
    case exhausted(Exhaustion)
}

/// Why no more expressions of a sort may run.
enum Exhaustion {
    case budget, time

    var message: String {
        switch self {
        case .budget: "validation failed due to running out of cost budget, no further validation rules will be run"
        case .time: "the time for this request is up, no further validation rules will be run"
        }
    }
}

extension PolicyEvaluator {
    /// Runs one expression, and takes what it and the variables that it reads cost from the budget.
    @inline(__always)
    mutating func run(_ program: Program, _ budget: inout UInt64) -> RunOutcome {
        evaluator.beginExpression()
        let value = evaluator.run(program)
        if evaluator.stop == .deadline {
            isOutOfTime = true
            return .exhausted(.time)
        }
        let (total, overflows) = evaluator.cost.addingReportingOverflow(evaluator.fieldCost)
        guard !overflows, total <= budget else { return .exhausted(.budget) }
        budget -= total
        return value.isError ? .failure(value) : .value(value)
    }

    /// What the API server says of an expression that failed.
    static func failureText(_ expression: String, _ error: Value) -> String {
        "expression '\(expression)' resulted in error: \(error.errorMessage)"
    }

    /// Binds everything that expressions may refer to.
    mutating func bind(_ question: PolicyQuestion, _ param: StoredObject?) {
        evaluator.reset()
        let policy = question.policy
        bind(policy.slots, question.review, question.equivalent, param, policy.variables)
    }

    /// Binds what expressions of a policy with these slots may refer to.
    mutating func bind(
        _ slots: VariableSlots, _ review: AdmissionReview, _ equivalent: VersionedResource?, _ param: StoredObject?,
        _ variables: LazyFields
    ) {
        evaluator.bind(slots.object, value(review.object))
        evaluator.bind(slots.oldObject, value(review.oldObject))
        evaluator.bind(slots.request, request(review.request, equivalent))
        if let slot = slots.params { evaluator.bind(slot, value(param?.node)) }
        if slots.asksAuthorizer { bindAuthorizer(slots, review) }
        if let slot = slots.variables { evaluator.bind(slot, variables.value(&evaluator)) }
    }

    mutating func value(_ node: JSONNode?) -> Value { node.map { evaluator.value(of: $0) } ?? .null }

    private mutating func bindAuthorizer(_ slots: VariableSlots, _ review: AdmissionReview) {
        evaluator.bind(slots.authorizer, session.value(&evaluator))
        evaluator.bind(
            slots.requestResource,
            session.value(
                for: AuthorizerQuestion.Resource(
                    group: review.requestResource.group.string, resource: review.requestResource.resource.string,
                    subresource: review.requestSubResource.string, namespace: review.namespace.string,
                    name: review.name.string), &evaluator))
    }

    mutating func unbindAuthorizer(_ question: PolicyQuestion) {
        evaluator.unbind(question.policy.slots.authorizer)
        evaluator.unbind(question.policy.slots.requestResource)
    }

    mutating func bindNamespace(_ question: PolicyQuestion, isHidden: Bool) {
        bindNamespace(question.policy.slots, question.review, isHidden: isHidden)
    }

    /// The namespace is known to all expressions but match conditions, and there is none for a namespace itself.
    mutating func bindNamespace(_ slots: VariableSlots, _ review: AdmissionReview, isHidden: Bool) {
        let kind = review.requestKind
        let isNamespace = kind.group.isEmpty && kind.version.equals("v1") && kind.kind.equals("Namespace")
        let document = isHidden || isNamespace ? nil : namespace?.document
        evaluator.bind(slots.namespaceObject, value(document?.root))
    }

    /// The request as it was sent; with the policy's own version where that is another.
    private mutating func request(_ request: JSONNode, _ equivalent: VersionedResource?) -> Value {
        guard let equivalent else { return evaluator.value(of: request) }
        var entries: [(key: Value, value: Value)] = []
        for member in request.members {
            let key = evaluator.value(of: member.key)
            if member.key.equals("kind") {
                let kind = triple(equivalent.kindGroup, equivalent.kindVersion, "kind", equivalent.kind)
                entries.append((key, kind))
            } else if member.key.equals("resource") {
                entries.append((key, triple(equivalent.group, equivalent.version, "resource", equivalent.resource)))
            } else {
                entries.append((key, evaluator.value(of: member.value)))
            }
        }
        return evaluator.map(entries)
    }

    private mutating func triple(_ group: String, _ version: String, _ key: String, _ name: String) -> Value {
        evaluator.map([
            (evaluator.string("group"), evaluator.string(group)),
            (evaluator.string("version"), evaluator.string(version)),
            (evaluator.string(key), evaluator.string(name)),
        ])
    }
}
