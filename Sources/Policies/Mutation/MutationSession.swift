public import Admission
public import JSON

/// One review on its way through everything that changes its object, step by step.
public struct MutationSession {
    var run: MutationRun
    private var calls: [MutationCall] = []
    var next = 0
    /// Whether this is the pass in which policies run again.
    private(set) var isAgain = false

    /// The beginning: the object as it was sent.
    public init(_ review: AdmissionReview) { run = MutationRun(review) }

    /// The review with the object as it is now.
    public var review: AdmissionReview { run.review }

    /// Whether a policy denied, or something failed that leaves nothing more to be done.
    public var hasFailed: Bool { run.mustEnd || !run.failures.isEmpty }

    /// Whether something changed the object, or at least was carried out.
    public var isDirty: Bool { run.isDirty }

    /// Another copy of the same review takes the place of the first, which is about to be gone.
    public mutating func move(to review: AdmissionReview) { run.move(to: review) }

    /// Ends a pass. Whether there is to be another: only one, and only where something changed the object after a policy
    /// that is to see all changes.
    public mutating func goesOn() -> Bool {
        guard !isAgain else { return false }
        // As the API server has it: what was carried out without an error counts as a change at the end of a pass.
        if run.isDirty { run.reinvocation.noteChange() }
        guard run.reinvocation.isNeeded, !run.mustEnd, run.failures.isEmpty else { return false }
        isAgain = true
        return true
    }

    /// The hook whose turn is next in the steps that were begun; nil where there is none.
    public var upcomingHook: HookRule? { upcoming?.hook }

    /// Passes over what is to be carried out of the next hook.
    public mutating func skipNext() {
        guard let hook = upcoming?.hook else { return }
        while let call = upcoming, call.hook === hook { next += 1 }
    }

    /// Whether the object, or whether it may be changed, is not what it was then.
    public func differs(from earlier: MutationSession) -> Bool {
        if hasFailed != earlier.hasFailed { return true }
        guard let now = review.object, let then = earlier.review.object else { return false }
        return !now.isEqual(to: then)
    }

    /// Takes back everything that was carried out since; what is still to be carried out stays.
    public mutating func restore(_ earlier: MutationSession) { run = earlier.run }

    var upcoming: MutationCall? { next < calls.count && !run.mustEnd ? calls[next] : nil }

    mutating func beginSteps() {
        calls.removeAll(keepingCapacity: true)
        next = 0
    }

    mutating func add(_ call: MutationCall, _ selection: ParamSelection) {
        switch selection {
        case .none: calls.append(call)
        case .objects(let objects): for object in objects { calls.append(call.with(object)) }
        case .failure(let problem):
            run.fail(.configuration(call.policy, call.binding, problem), call.policy.failurePolicy)
            var failed = call
            failed.problem = problem
            calls.append(failed)
        }
    }
}

extension MutationCall {
    fileprivate func with(_ param: StoredObject) -> MutationCall {
        MutationCall(hook: hook, policy: policy, binding: binding, param: param, equivalent: equivalent)
    }
}

// MARK: for those who go step by step

extension PolicyEvaluator {
    /// What may change objects in requests of this sort, in the order in which it is asked; nil where nothing does.
    public mutating func mutations(for review: AdmissionReview) -> MutationPlan? {
        if set.mutating.isEmpty || ExemptRequests.isExempt(review) { return nil }
        let plan = mutationPlan(review)
        return plan.count == 0 ? nil : plan
    }

    /// Finds what is to be carried out of the policies at these places that `admits` lets through; `performNext` carries
    /// it out. As in the API server all of them look at the object as it is before the first of them.
    public mutating func begin(
        _ plan: MutationPlan, _ places: Range<Int>, _ session: inout MutationSession, admits: (HookRule) -> Bool
    ) {
        if session.run.review.object == nil { return session.beginSteps() }
        find(plan, places, &session, admits: admits)
    }

    /// Whether the hook at a place of the plan, which asks somebody else, is about the request as it is now.
    public mutating func matches(_ plan: MutationPlan, _ index: Int, _ session: MutationSession) -> HookMatch {
        guard case .other(let bound) = plan.candidates[index].bound.work else { return .no }
        prepare(session.review)
        return matches(bound, plan.candidates[index].hits, session.review)
    }

    /// What tells the request apart for the cache of the hook at a place of the plan; nil where it has none.
    public mutating func cacheKey(_ plan: MutationPlan, _ index: Int, _ session: MutationSession) -> [UInt8]? {
        guard case .other(let bound) = plan.candidates[index].bound.work else { return nil }
        prepare(session.review)
        return cacheKey(bound, session.review)
    }

    /// Goes on with what a hook's JSON Patch makes of the object.
    public mutating func apply(_ patch: JSONNode, _ session: inout MutationSession) throws(MutationError) {
        guard let object = session.review.object else { throw MutationError("there is no object to be changed") }
        let patched: JSONDocument
        do throws(JSONPatchError) {
            patched = try JSONPatch.apply(patch, to: object, options: JSONPatchOptions(mode: .apiServer))
        } catch {
            throw MutationError("JSON Patch: \(error.message)")
        }
        try patched.withRoot { root throws(MutationError) in try mutator.readAgain(root, was: object) }
        if patched.withRoot({ $0.isEqual(to: object) }) { return }
        session.run.replaceObject(patched)
        session.run.reinvocation.noteChange()
    }

    /// Adds to the answer what came of it all: one patch, or a denial.
    public mutating func conclude(
        _ session: MutationSession, _ review: AdmissionReview, _ response: inout ReviewResponse
    ) {
        unstablePolicies.removeAll(keepingCapacity: true)
        session.run.settle(&response)
        guard response.isAllowed, let object = review.object, let result = session.run.result else { return }
        _ = answer(result, of: session.run, object, review, &response)
    }
}
