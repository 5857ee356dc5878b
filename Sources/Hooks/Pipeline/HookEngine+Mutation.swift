import Admission
import JSON
import Policies
import Reactor

// The phase mutate: in order, each hook on what the one before made of the object.

extension HookEngine {
    /// Goes from a place of the plan to its end, or to the next hook that must be waited for.
    func mutate(
        _ plan: MutationPlan, from first: Int, _ asked: AskedReview, _ session: inout MutationSession,
        _ tally: inout ReviewTally, _ response: inout ReviewResponse
    ) -> (place: Int, other: ReviewRun.Other)? {
        var place = first
        while place < plan.count, !session.hasFailed, response.isAllowed {
            if plan.isEvaluated(place) {
                let start = place
                while place < plan.count, plan.isEvaluated(place) { place += 1 }
                perform(plan, start..<place, asked, &session, &tally, &response)
                continue
            }
            if let other = meet(plan, place, asked, &session, &tally, &response) { return (place, other) }
            place += 1
        }
        return nil
    }

    /// The second pass, for policies that are to see what came after them; then the patch.
    func finishMutation(
        _ plan: MutationPlan, _ asked: AskedReview, _ session: inout MutationSession, _ tally: inout ReviewTally,
        _ response: inout ReviewResponse
    ) {
        if response.isAllowed, session.goesOn() {
            perform(plan, 0..<plan.count, asked, &session, &tally, &response)
        }
        // Not what was left of the last hook's time: the preflight is the request's.
        setDeadline(asked.limit)
        evaluator.conclude(session, asked.review, &response)
        guard let note = host.noteUnstable else { return }
        for name in evaluator.unstablePolicies { note(name) }
    }

    /// Carries out policies that stand one behind the other.
    private func perform(
        _ plan: MutationPlan, _ places: Range<Int>, _ asked: AskedReview, _ session: inout MutationSession,
        _ tally: inout ReviewTally, _ response: inout ReviewResponse
    ) {
        evaluator.begin(plan, places, &session) { rule in
            cells[rule.index].admits(asked.review, group: asked.group)
        }
        while let rule = session.upcomingHook {
            let start = tally.last
            let cell = setDeadline(of: rule, from: start, asked)
            var permit: Breaker.Permit?
            if cell.state.asksBreaker, !pass(cell, &permit, &tally, &response) {
                session.skipNext()
                continue
            }
            let mode = cell.mode
            let before = mode == .enforce ? nil : session
            guard let (_, outcome) = evaluator.performNext(&session) else { break }
            if let before { tellMutation(cell, mode, &session, before, outcome, &response) }
            close(cell, outcome, permit, from: start, mode, &tally)
        }
    }

    /// What a policy did that does not count: it is told, and taken back.
    private func tellMutation(
        _ cell: HookCell, _ mode: HookMode, _ session: inout MutationSession, _ before: MutationSession,
        _ outcome: PolicyOutcome, _ response: inout ReviewResponse
    ) {
        let isChanged = session.differs(from: before)
        session.restore(before)
        guard isChanged || outcome.failure != nil else { return }
        let what = outcome.failure == nil ? "would change the object" : "would fail: \(outcome.problem)"
        if mode == .warn { response.addWarning("hook '\(cell.name)' \(what) (mode warn)") }
        if mode == .audit { response.annotate(HookKeys.annotation(cell.name, "would-mutate"), what) }
    }

    /// Comes to a hook that is not made of expressions: one of this process is asked, another is to be waited for.
    private func meet(
        _ plan: MutationPlan, _ place: Int, _ asked: AskedReview, _ session: inout MutationSession,
        _ tally: inout ReviewTally, _ response: inout ReviewResponse
    ) -> ReviewRun.Other? {
        let cell = cells[plan.hook(place).index]
        guard cell.admits(asked.review, group: asked.group), host.executors != nil || !cell.rule.asksOthers else {
            return nil
        }
        prepareMatching(cell, asked, tally)
        guard isAbout(cell, evaluator.matches(plan, place, session), &tally, &response) else { return nil }
        switch cell.subject {
        case .executor:
            let key = evaluator.cacheKey(plan, place, session)
            guard let end = endAtOnce(cell, key) else { return ReviewRun.Other(cell: cell, key: key) }
            if let patch = take(end, of: cell, &tally, &response)?.patch {
                apply(patch, of: cell, &session, &tally, &response)
            }
        case .expressions: break
        case .nobody(let failure): refuse(cell, failure, &tally, &response)
        case .builtin(let hook):
            var current = asked
            current.review = session.review
            if run(cell, hook, current, &tally, &response), let patch = patchAside() {
                apply(patch, of: cell, &session, &tally, &response)
            }
        }
        return nil
    }

    /// Goes on with what a hook's patch makes of the object, as the hook's mode has it.
    func apply(
        _ patch: [UInt8], of cell: HookCell, _ session: inout MutationSession, _ tally: inout ReviewTally,
        _ response: inout ReviewResponse
    ) {
        let mode = cell.mode
        let before = session
        do {
            let document = try JSONDocument(parsing: patch)
            try document.withRoot { try evaluator.apply($0, &session) }
        } catch {
            session = before
            let problem = (error as? MutationError)?.message ?? "the patch is not JSON"
            cell.noteBreach(host)
            return settle(cell, HookFailure(.contract, problem), mode, &tally, &response)
        }
        guard mode != .enforce, session.differs(from: before) else { return }
        session = before
        if mode == .warn { response.addWarning("hook '\(cell.name)' would change the object (mode warn)") }
        if mode == .audit {
            response.annotate(HookKeys.annotation(cell.name, "would-mutate"), "would change the object")
        }
    }
}
