public import Admission
import CEL
import HTTP
public import JSON

// The mutating policies: in order, each on what the one before made, and once more where a later one changed the object.

extension PolicyEvaluator {
    /// Whether any mutating policy is to be asked about requests of this sort.
    public mutating func mutates(_ review: AdmissionReview) -> Bool {
        !set.mutating.isEmpty && !ExemptRequests.isExempt(review)
            && mutationPlan(review).candidates.contains { !$0.bindings.isEmpty }
    }

    /// Adds to the answer what the mutating policies say: one patch from the object to what they all make of it, or a
    /// denial. Gives the object as it is then; nil where nothing changed it.
    @discardableResult
    public mutating func mutate(_ review: AdmissionReview, _ response: inout ReviewResponse) -> JSONDocument? {
        unstablePolicies.removeAll(keepingCapacity: true)
        guard let object = review.object else {
            trace(candidatesOf: review)
            return nil
        }
        guard let result = mutated(review, &response), response.isAllowed else { return nil }
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
        check(result, review, &response)
        return response.isAllowed ? result : nil
    }

    /// Warns of an object that would not stay as it is, or refuses it, as the policies that would change it say.
    private mutating func check(_ result: JSONDocument, _ review: AdmissionReview, _ response: inout ReviewResponse) {
        if preflight == .off { return }
        let (paths, policies) = instability(of: result, review)
        if paths.isEmpty { return }
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

    /// The places that mutating the result again would change, and the policies that do; an object that policies refuse is
    /// not changed.
    private mutating func instability(
        of object: JSONDocument, _ review: AdmissionReview
    ) -> (paths: [String], policies: [MutatingPolicy]) {
        let kept = trace
        trace = nil
        defer { trace = kept }
        var response = ReviewResponse()
        return object.withRoot { root in
            guard let again = run(review.of(object: root), &response), response.isAllowed, let result = again.result
            else { return ([], []) }
            let patch = result.withRoot { JSONPatch.diff(from: root, to: $0) }
            let paths = patch.withRoot { $0.elements.prefix(Preflight.pathsMax).compactMap { $0["path"]?.string } }
            return (paths, again.changers)
        }
    }

    /// What the policies make of the object; nil where nothing changed it. Denials go into the answer.
    public mutating func mutated(_ review: AdmissionReview, _ response: inout ReviewResponse) -> JSONDocument? {
        run(review, &response)?.result
    }

    private mutating func run(_ review: AdmissionReview, _ response: inout ReviewResponse) -> MutationRun? {
        if set.mutating.isEmpty || ExemptRequests.isExempt(review) { return nil }
        let plan = mutationPlan(review)
        if trace?.explains == true { noteOthers(plan, review) }
        if plan.candidates.isEmpty { return nil }
        if let roleAuthorizer { unsafe roleAuthorizer.user = review.userInfo }
        var run = MutationRun(review)
        pass(plan, &run, isAgain: false)
        // A second pass looks at the object as it is then, selectors included.
        if run.reinvocation.isNeeded, !run.mustEnd, run.failures.isEmpty { pass(plan, &run, isAgain: true) }
        run.settle(&response)
        return run
    }

    private mutating func mutationPlan(_ review: AdmissionReview) -> MutationPlan {
        mutationPlans.plan(for: review) { MutationPlan(set, review, equivalents) }
    }

    /// An object that is deleted cannot be changed; which policies match is worth knowing all the same.
    private mutating func trace(candidatesOf review: AdmissionReview) {
        guard trace != nil, !ExemptRequests.isExempt(review) else { return }
        if trace?.explains == true { noteOthers(mutationPlan(review), review) }
        var run = MutationRun(review)
        _ = calls(mutationPlan(review), &run, isTraced: true)
    }

    private mutating func pass(_ plan: MutationPlan, _ run: inout MutationRun, isAgain: Bool) {
        for call in calls(plan, &run, isTraced: !isAgain) where !run.mustEnd { perform(call, &run, isAgain: isAgain) }
        // As the API server has it: what was carried out without an error counts as a change at the end of a pass.
        if run.isDirty { run.reinvocation.noteChange() }
    }

    // MARK: matching

    /// Everything that is to be carried out, found before any of it is.
    private mutating func calls(_ plan: MutationPlan, _ run: inout MutationRun, isTraced: Bool) -> [MutationCall] {
        findNamespace(run.review)
        let facts = NamespaceFacts(labels: namespace?.labels)
        var calls: [MutationCall] = []
        for candidate in plan.candidates {
            // Without a binding that is about such requests only a trace has use for the policy.
            if candidate.bindings.isEmpty, trace == nil { continue }
            let match = candidate.hits.match(run.review, facts)
            guard case .something(let equivalent) = match else {
                if isTraced { note(candidate.policy.name, isMatched: false, candidate.hits, run.review) }
                continue
            }
            if isTraced { note(candidate.policy.name, isMatched: true, candidate.hits, run.review) }
            for binding in candidate.bindings {
                var isMatched = true
                if let hits = binding.hits, case .nothing = hits.match(run.review, facts) { isMatched = false }
                if isTraced { note(binding.binding, isMatched: isMatched, binding.hits, run.review) }
                guard isMatched else { continue }
                let selection = ParamSelection(
                    candidate.policy.paramKind, binding.binding.reference, run.review.namespace, set.objects)
                if isTraced, case .failure(let problem) = selection { trace?.fail(problem) }
                calls += self.calls(candidate.policy, binding.binding, equivalent, selection, &run)
            }
        }
        return calls
    }

    private func calls(
        _ policy: MutatingPolicy, _ binding: PolicyBinding, _ equivalent: VersionedResource?,
        _ selection: ParamSelection, _ run: inout MutationRun
    ) -> [MutationCall] {
        func call(_ param: StoredObject?) -> MutationCall {
            MutationCall(policy: policy, binding: binding, param: param, equivalent: equivalent)
        }
        switch selection {
        case .none: return [call(nil)]
        case .objects(let objects): return objects.map { call($0) }
        case .failure(let problem):
            run.fail(.configuration(policy, binding, problem), policy.failurePolicy)
            return []
        }
    }

    private mutating func noteOthers(_ plan: MutationPlan, _ review: AdmissionReview) {
        findNamespace(review)
        let asked = Set(plan.candidates.map(\.policy.name))
        let bound = Set(set.mutatingBindings.map(\.policyName))
        for policy in set.mutating where !asked.contains(policy.name) {
            noteOther(policy.name, policy.match, hasBindings: bound.contains(policy.name), review)
        }
    }

    // MARK: one policy

    private mutating func perform(_ call: MutationCall, _ run: inout MutationRun, isAgain: Bool) {
        let policy = call.policy
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
            return run.fail(.policy(call, message, field: "spec.matchConditions"), policy.failurePolicy)
        }
        if isAgain, !run.reinvocation.isDue(call) { return }
        let before = run.review.object
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
                if error.isInternal { run.failInternally(error.message) }
                problem = error.message
            }
        }
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
