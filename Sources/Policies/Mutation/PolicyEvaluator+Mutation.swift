public import Admission
import CEL
import HTTP
public import JSON

// The mutating policies: in order, each on what the one before made, and once more where a later one changed the object.

extension PolicyEvaluator {
    /// Whether any mutating policy is to be asked about requests of this sort.
    public mutating func mutates(_ review: AdmissionReview) -> Bool {
        !set.mutating.isEmpty && !ExemptRequests.isExempt(review)
            && mutationPlan(review).candidates.contains { !$0.bindings.isEmpty || $0.bound.hook.run != nil }
    }

    /// Adds to the answer what the mutating policies say: one patch from the object to what they all make of it, or a
    /// denial. Gives the object as it is then; nil where nothing changed it.
    @discardableResult
    public mutating func mutate(_ review: AdmissionReview, _ response: inout ReviewResponse) -> JSONDocument? {
        guard let object = review.object else {
            trace(candidatesOf: review)
            return nil
        }
        guard let run = run(review, &response), let result = run.result, response.isAllowed else { return nil }
        return answer(result, of: run, object, review, &response)
    }

    /// Writes the patch from the object as it was sent to what was made of it.
    mutating func answer(
        _ result: JSONDocument, of run: MutationRun, _ object: JSONNode, _ review: AdmissionReview,
        _ response: inout ReviewResponse
    ) -> JSONDocument? {
        unstablePolicies.removeAll(keepingCapacity: true)
        let isChanged = result.withRoot { root in
            if root.isEqual(to: object) { return false }
            return JSONPatch.diff(from: object, to: root).withRoot { patch in
                guard Preflight.leads(patch, from: object, to: root) else {
                    MutationRun.deny(Preflight.problem, &response)
                    return false
                }
                response.patch.node(patch)
                return true
            }
        }
        guard isChanged else { return nil }
        check(result, of: run, review, &response)
        return response.isAllowed ? result : nil
    }

    /// Warns of an object that would not stay as it is, or refuses it, as the policies that would change it say.
    private mutating func check(
        _ result: JSONDocument, of run: MutationRun, _ review: AdmissionReview, _ response: inout ReviewResponse
    ) {
        if preflight == .off { return }
        let (paths, policies) = instability(of: result, review, run.participants)
        if paths.isEmpty {
            if isTimeUp?() == true { tellUnknown(run, &response) }
            return
        }
        unstablePolicies = policies.map(\.name)
        let names = policies.prefix(Preflight.pathsMax).map { "'\($0.name)'" }.joined(separator: ", ")
        let message =
            "mutating the object again would change it again, at \(paths.joined(separator: ", ")) "
            + "(MutatingAdmissionPolicy \(names))"
        if preflight == .refuse || policies.contains(where: \.mustBeIdempotent) {
            response.deny(code: 422, reason: "Invalid")
            response.message.removeAll()
            response.message.append("policies are not idempotent: \(message)")
        } else {
            response.addWarning("policies are not idempotent: \(message)")
        }
    }

    /// There was no time to apply everything once more: that is said, and where a policy makes it a condition it is denied.
    private func tellUnknown(_ run: MutationRun, _ response: inout ReviewResponse) {
        let message = "there was no time to find out whether mutating the object again would change it again"
        let isCondition = set.mutating.contains { bound in
            guard case .policy(let policy, _) = bound.work, policy.mustBeIdempotent else { return false }
            return run.participants.contains(ObjectIdentifier(bound.hook))
        }
        if preflight == .refuse || isCondition {
            MutationRun.deny(message, &response)
        } else {
            response.addWarning(message)
        }
    }

    /// The places that mutating the result again would change, and the policies that do, of those that took part before;
    /// an object that policies refuse is not changed.
    private mutating func instability(
        of object: JSONDocument, _ review: AdmissionReview, _ participants: Set<ObjectIdentifier>
    ) -> (paths: [String], policies: [MutatingPolicy]) {
        let kept = trace
        trace = nil
        defer { trace = kept }
        var response = ReviewResponse()
        return object.withRoot { root in
            let second = run(review.of(object: root), &response) { participants.contains(ObjectIdentifier($0)) }
            guard let again = second, response.isAllowed, let result = again.result else { return ([], []) }
            let patch = result.withRoot { JSONPatch.diff(from: root, to: $0) }
            let paths = patch.withRoot { $0.elements.prefix(Preflight.pathsMax).compactMap { $0["path"]?.string } }
            return (paths, again.changers)
        }
    }

    /// What the policies make of the object. Denials go into the answer.
    private mutating func run(
        _ review: AdmissionReview, _ response: inout ReviewResponse, admits: (HookRule) -> Bool = { _ in true }
    ) -> MutationRun? {
        if set.mutating.isEmpty || ExemptRequests.isExempt(review) { return nil }
        let plan = mutationPlan(review)
        if trace?.explains == true { noteOthers(plan, review) }
        if plan.candidates.isEmpty { return nil }
        var session = MutationSession(review)
        pass(plan, &session, admits)
        // A second pass looks at the object as it is then, selectors included.
        if session.goesOn() { pass(plan, &session, admits) }
        session.run.settle(&response)
        return session.run
    }

    mutating func mutationPlan(_ review: AdmissionReview) -> MutationPlan {
        mutationPlans.plan(for: review) { MutationPlan(set, review, equivalents) }
    }

    /// An object that is deleted cannot be changed; which policies match is worth knowing all the same.
    private mutating func trace(candidatesOf review: AdmissionReview) {
        guard trace != nil, !ExemptRequests.isExempt(review) else { return }
        if trace?.explains == true { noteOthers(mutationPlan(review), review) }
        var session = MutationSession(review)
        let plan = mutationPlan(review)
        find(plan, 0..<plan.count, &session) { _ in true }
    }

    private mutating func pass(
        _ plan: MutationPlan, _ session: inout MutationSession, _ admits: (HookRule) -> Bool
    ) {
        find(plan, 0..<plan.count, &session, admits: admits)
        while performNext(&session) != nil {}
    }

    // MARK: matching

    /// Finds what is to be carried out of the policies at these places, before any of it is.
    mutating func find(
        _ plan: MutationPlan, _ places: Range<Int>, _ session: inout MutationSession, admits: (HookRule) -> Bool
    ) {
        prepare(session.run.review)
        session.beginSteps()
        let facts = NamespaceFacts(labels: namespace?.labels)
        for index in places where plan.isEvaluated(index) && admits(plan.hook(index)) {
            find(plan.candidates[index], facts, &session)
        }
    }

    private mutating func find(
        _ candidate: MutationPlan.Candidate, _ facts: NamespaceFacts, _ session: inout MutationSession
    ) {
        // Without a binding that is about such requests only a trace has use for the policy.
        guard case .policy(let policy, _) = candidate.bound.work, !candidate.bindings.isEmpty || trace != nil else {
            return
        }
        let review = session.run.review
        let isTraced = trace != nil && !session.isAgain
        let match = candidate.hits.match(review, facts)
        guard case .something(let equivalent) = match else {
            if isTraced { note(policy.name, isMatched: false, candidate.hits, review) }
            return
        }
        if isTraced { note(policy.name, isMatched: true, candidate.hits, review) }
        for binding in candidate.bindings {
            var isMatched = true
            if let hits = binding.hits, case .nothing = hits.match(review, facts) { isMatched = false }
            if isTraced { note(binding.binding, isMatched: isMatched, binding.hits, review) }
            guard isMatched else { continue }
            let selection = ParamSelection(policy.paramKind, binding.binding.reference, review.namespace, set.objects)
            if isTraced, case .failure(let problem) = selection { trace?.fail(problem) }
            let call = MutationCall(
                hook: candidate.bound.hook, policy: policy, binding: binding.binding, param: nil,
                equivalent: equivalent)
            session.add(call, selection)
        }
    }

    private mutating func noteOthers(_ plan: MutationPlan, _ review: AdmissionReview) {
        findNamespace(review)
        let asked = Set(plan.candidates.map(\.bound.hook.name))
        for bound in set.mutating {
            guard case .policy(let policy, let bindings) = bound.work, !asked.contains(policy.name) else { continue }
            noteOther(policy.name, policy.match, hasBindings: !bindings.isEmpty, review)
        }
    }

    // MARK: one policy

    /// Carries out what is to be carried out of the next policy; nil where there is none, or where the run must end.
    public mutating func performNext(_ session: inout MutationSession) -> (hook: HookRule, outcome: PolicyOutcome)? {
        guard let first = session.upcoming else { return nil }
        outcome = PolicyOutcome()
        while let call = session.upcoming, call.hook === first.hook {
            session.next += 1
            if let problem = call.problem {
                outcome.fail(.error, "failed to configure binding: \(problem)", call.policy.failurePolicy)
                if call.policy.failurePolicy == .fail { outcome.raise(to: .deny) }
            } else {
                perform(call, &session.run, isAgain: session.isAgain)
            }
        }
        return (first.hook, outcome)
    }

    private mutating func perform(_ call: MutationCall, _ run: inout MutationRun, isAgain: Bool) {
        let policy = call.policy
        run.noteParticipant(call.hook)
        isOutOfTime = false
        evaluator.reset()
        bind(policy.slots, run.review, call.equivalent, call.param, policy.variables)
        bindNamespace(policy.slots, run.review, isHidden: true)
        let conditions = checkConditions(policy.conditions, policy.failurePolicy)
        switch conditions {
        case .met: break
        // In a second pass conditions are asked of everything, though only some of it is carried out.
        case .notMet, .ignored: return isAgain && !run.reinvocation.isDue(call) ? () : skip(call, conditions)
        case .failed(let message):
            let explanations = explain(ExplainedExpression.conditions(policy.conditions), policy.compiler)
            note(call) { $0.explanations = explanations }
            trace?.amend(call) { $0.decisions = [Self.decision(nil, MutationOutcome(problem: message), call.policy)] }
            fail(message, call)
            return run.fail(.policy(call, message, field: "spec.matchConditions"), policy.failurePolicy)
        }
        if isAgain, !run.reinvocation.isDue(call) { return }
        let before = run.review.object
        outcome.raise(to: .pass)
        if trace != nil {
            let explanations = explain(ExplainedExpression.conditions(policy.conditions), policy.compiler)
            note(call) { $0.explanations = explanations }
        }
        for index in policy.mutations.indices where !run.mustEnd {
            let outcome = mutate(by: policy.mutations[index], at: index, call, &run)
            trace?.amend(call) { $0.decisions.append(Self.decision(index, outcome, call.policy)) }
        }
        if let before, let now = run.review.object, !now.isEqual(to: before) {
            run.reinvocation.noteChange()
            run.noteChanger(policy)
        }
        run.reinvocation.noteInvocation(call)
    }

    /// Carries out one mutation.
    private mutating func mutate(
        by rule: MutationRule, at index: Int, _ call: MutationCall, _ run: inout MutationRun
    ) -> MutationOutcome {
        guard let object = run.review.object else { return MutationOutcome() }
        evaluator.reset()
        bind(call.policy.slots, run.review, call.equivalent, call.param, call.policy.variables)
        bindNamespace(call.policy.slots, run.review, isHidden: false)
        var budget = CostLimits.evaluation
        let problem: String
        if trace?.explains == true { explain(rule, at: index, call) }
        switch self.run(rule.program, &budget) {
        case .failure(let error): problem = Self.failureText(rule.expression, error)
        case .exhausted(let reason): problem = reason.message
        case .value(let value):
            do throws(MutationError) {
                run.replaceObject(try mutator.mutate(object, rule.patchType, with: value, &evaluator))
                return MutationOutcome(cost: CostLimits.evaluation - budget)
            } catch {
                if error.isInternal {
                    run.failInternally(error.message)
                    outcome.raise(to: .deny)
                }
                problem = error.message
            }
        }
        fail(problem, call)
        run.fail(.policy(call, problem, field: rule.path(index)), call.policy.failurePolicy)
        return MutationOutcome(problem: problem, cost: CostLimits.evaluation - budget)
    }

    // MARK: what is noted of it

    /// Before the mutation is carried out, while everything is bound; variables are computed anew after it.
    private mutating func explain(_ rule: MutationRule, at index: Int, _ call: MutationCall) {
        let policy = call.policy
        let mutation = ExplainedExpression(
            path: rule.path(index), text: rule.expression, program: rule.program, scope: .full)
        let explanations = explain([mutation] + ExplainedExpression.variables(policy.compiler), policy.compiler)
        trace?.amend(call) { $0.explanations += explanations }
        policy.variables.forget(&evaluator)
    }

    private mutating func fail(_ problem: String, _ call: MutationCall) {
        outcome.fail(isOutOfTime ? .time : .error, problem, call.policy.failurePolicy)
        if call.policy.failurePolicy == .fail { outcome.raise(to: .deny) }
    }

    private mutating func skip(_ call: MutationCall, _ conditions: Conditions) {
        if trace == nil { return }
        let explanations = explain(ExplainedExpression.conditions(call.policy.conditions), call.policy.compiler)
        note(call) { record in
            record.explanations = explanations
            record.isMatched = false
            if case .notMet(let name) = conditions { record.failedCondition = name }
        }
    }

    private mutating func note(_ call: MutationCall, _ change: (inout PolicyTrace.Evaluation) -> Void) {
        if trace == nil { return }
        var record = PolicyTrace.Evaluation()
        record.isMutation = true
        record.param = call.param.map { $0.namespace.isEmpty ? $0.name : "\($0.namespace)/\($0.name)" }
        change(&record)
        trace?.begin(record, of: call)
    }

    private static func decision(
        _ index: Int?, _ outcome: MutationOutcome, _ policy: MutatingPolicy
    ) -> PolicyTrace.Decision {
        PolicyTrace.Decision(
            evaluation: outcome.problem == nil ? .admit : .error,
            isDenial: outcome.problem != nil && policy.failurePolicy == .fail, message: outcome.problem ?? "",
            reason: "", validation: index, cost: outcome.cost)
    }
}

/// What became of one mutation.
private struct MutationOutcome {
    var problem: String?
    var cost: UInt64 = 0
}

extension PolicyTrace {
    /// Notes that a policy is carried out; in a second pass once more.
    fileprivate mutating func begin(_ evaluation: Evaluation, of call: MutationCall) {
        change(call) { $0.evaluations.append(evaluation) }
    }

    /// Adds to what was noted last of a policy.
    fileprivate mutating func amend(_ call: MutationCall, _ body: (inout Evaluation) -> Void) {
        change(call) { binding in
            if let last = binding.evaluations.indices.last { body(&binding.evaluations[last]) }
        }
    }

    private mutating func change(_ call: MutationCall, _ body: (inout Binding) -> Void) {
        guard let policy = policies.firstIndex(where: { $0.name == call.policy.name }),
            let binding = policies[policy].bindings.firstIndex(where: { $0.name == call.binding.name })
        else { return }
        body(&policies[policy].bindings[binding])
    }
}

extension MutationRule {
    var patchType: PatchType { form == .jsonPatch ? .jsonPatch : .applyConfiguration }

    /// The field of the expression, for the mutation at that place.
    func path(_ index: Int) -> String {
        "spec.mutations[\(index)].\(form == .jsonPatch ? "jsonPatch" : "applyConfiguration").expression"
    }
}

/// What is done where mutating an object that was mutated would change it again, as it may happen when the API server
/// invokes a webhook once more.
public enum MutationPreflight: Sendable {
    /// Nobody looks.
    case off
    /// The answer has a warning.
    case warn
    /// The request is denied.
    case refuse
}

/// Looks at a patch before it is answered.
enum Preflight {
    /// How many places a warning names.
    static let pathsMax = 3
    static let problem = "Internal error occurred: the patch does not make the mutated object"

    /// Whether the API server makes of one object the other by that patch.
    static func leads(_ patch: JSONNode, from old: JSONNode, to new: JSONNode) -> Bool {
        do throws(JSONPatchError) {
            let result = try JSONPatch.apply(patch, to: old, options: JSONPatchOptions(mode: .apiServer))
            return result.withRoot { $0.isEqual(to: new) }
        } catch {
            return false
        }
    }
}
