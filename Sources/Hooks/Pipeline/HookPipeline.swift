public import Admission
import JSON
import Policies
import Reactor

/// Answers the reviews of one loop by everything that decides about them: the hooks that the server's configuration names,
/// then those of the rules.
///
/// A review that only hooks of this process have a say in is answered before `handle` returns, and nothing is allocated
/// for it. Where others are to be asked the review is kept, and its ticket answered once everything is settled.
public final class HookPipeline: ReviewHandler {
    private let host: HookHost
    private let own: BuiltinPipeline?
    private var engine: HookEngine
    /// What hooks of the configuration change where rules change objects too.
    private var aside = ReviewResponse()

    /// A loop's pipeline. `own` are hooks that run before those of the rules, whatever a review is about.
    public init(_ revision: HookRevision, own: [any BuiltinHook] = [], on host: HookHost) {
        self.host = host
        self.own = own.isEmpty ? nil : BuiltinPipeline(own)
        engine = HookEngine(revision, on: host, after: nil)
    }

    /// The revision of the rules that is served.
    public var revision: HookRevision { engine.revision }

    /// Goes on with another revision, from the next question on; reviews that wait go on with theirs.
    public func use(_ revision: HookRevision) {
        guard revision !== engine.revision else { return }
        engine = HookEngine(revision, on: host, after: engine)
    }

    /// Ends whatever hooks have running elsewhere; nothing is asked any more.
    public func close() { host.close() }

    /// Takes up a task that was to run after an answer of an earlier life; false where its hook is not there any more.
    public func resume(_ task: AfterTask, number: UInt64) -> Bool {
        guard let cell = engine.cells.first(where: { $0.name == task.hook && $0.rule.phase == .after }) else {
            return false
        }
        host.after.resume(task, number: number, cell)
        return true
    }

    /// Answers at once, or takes a ticket.
    public func handle(
        _ question: ReviewQuestion, _ response: inout ReviewResponse, _ exchange: inout some ReviewExchange
    ) -> ReviewProgress {
        switch question.phase {
        case .validate: validate(question, &response, &exchange)
        case .mutate: mutate(question, &response, &exchange)
        }
    }
}

// MARK: the phase validate

extension HookPipeline {
    private func validate(
        _ question: ReviewQuestion, _ response: inout ReviewResponse, _ exchange: inout some ReviewExchange
    ) -> ReviewProgress {
        let engine = engine
        var tally = ReviewTally(at: host.now)
        let asked = AskedReview(question)
        let plan = engine.evaluator.validations(for: question.review)
        if plan != nil { engine.evaluator.prepare(question.review) }
        exchange.passed(.match)
        if question.asksUngrouped { own?.review(question, &response) }
        guard let plan else {
            engine.conclude(tally, asked, nil, &response)
            return .answered
        }
        let others = engine.others(plan, asked, &tally, &response)
        if others.contains(where: { $0.end == nil }), let (ticket, kept) = try? exchange.ticket(for: question) {
            let run = ReviewRun(engine, asked, kept, ticket, tally)
            run.validate(plan, others, said: response)
            return .later
        }
        engine.askAll(plan, asked, &tally, &response)
        for other in others {
            _ = engine.take(other.end ?? HookCall.End(result: .failure(.unkept)), of: other.cell, &tally, &response)
        }
        engine.conclude(tally, asked, nil, &response)
        return .answered
    }
}

extension HookEngine {
    /// Those hooks of the plan that are to be waited for.
    func others(
        _ plan: MatchPlan, _ asked: AskedReview, _ tally: inout ReviewTally, _ response: inout ReviewResponse
    ) -> [ReviewRun.Other] {
        if !plan.hasOthers || host.executors == nil { return [] }
        var others: [ReviewRun.Other] = []
        for index in 0..<plan.count where plan.hook(index).asksOthers {
            let cell = cells[plan.hook(index).index]
            guard cell.admits(asked.review, group: asked.group) else { continue }
            prepareMatching(cell, asked, tally)
            guard isAbout(cell, evaluator.matches(plan, index, asked.review), &tally, &response) else { continue }
            let key = evaluator.cacheKey(plan, index, asked.review)
            others.append(ReviewRun.Other(cell: cell, key: key, end: endAtOnce(cell, key)))
        }
        return others
    }

    /// How a call would end that need not be made: a verdict is kept, the breaker is open, or there is nobody to ask. Then
    /// nothing is copied and nobody waits: a hook that is gone costs next to nothing.
    func endAtOnce(_ cell: HookCell, _ key: [UInt8]?) -> HookCall.End? {
        let now = host.now
        var end: HookCall.End?
        if let cache = cell.cache, let key, let result = cache.fresh(key, at: now) {
            end = HookCall.End(result: .success(result))
        } else if let failure = cell.absence {
            end = HookCall.End(result: .failure(failure))
        } else if cell.state.refuses(at: now) {
            end = HookCall.End(result: .failure(.refused))
        }
        guard let end else { return nil }
        cell.note(end.result.ending, end.result.failure?.reason, from: now, to: now, host)
        return end.orStale(cell, key, at: now)
    }
}

// MARK: the phase mutate

extension HookPipeline {
    private func mutate(
        _ question: ReviewQuestion, _ response: inout ReviewResponse, _ exchange: inout some ReviewExchange
    ) -> ReviewProgress {
        let engine = engine
        var tally = ReviewTally(at: host.now)
        let asked = AskedReview(question)
        let plan = engine.evaluator.mutations(for: question.review)
        exchange.passed(.match)
        guard let plan else {
            if question.asksUngrouped { own?.review(question, &response) }
            engine.conclude(tally, asked, nil, &response)
            return .answered
        }
        var session = MutationSession(question.review)
        if question.asksUngrouped, let own { mutate(by: own, question, &session, &response) }
        let stop = engine.mutate(plan, from: 0, asked, &session, &tally, &response)
        guard let (place, other) = stop else {
            engine.finishMutation(plan, asked, &session, &tally, &response)
            engine.conclude(tally, asked, nil, &response)
            return .answered
        }
        guard let (ticket, kept) = try? exchange.ticket(for: question) else {
            response.fail(hook: other.cell.name, HookFailure.unkept.message)
            engine.conclude(tally, asked, nil, &response)
            return .answered
        }
        let run = ReviewRun(engine, asked, kept, ticket, tally)
        run.mutate(plan, at: place, other, session, said: response)
        return .later
    }

    /// The rules see what the hooks of the configuration have made of the object.
    private func mutate(
        by own: BuiltinPipeline, _ question: ReviewQuestion, _ session: inout MutationSession,
        _ response: inout ReviewResponse
    ) {
        aside.reset()
        own.review(question, &aside)
        response.takeDenial(of: aside)
        response.takeRemarks(of: aside)
        guard aside.isAllowed, aside.hasPatch else { return }
        do {
            let patch = try JSONDocument(parsing: aside.patch.bytes)
            try patch.withRoot { try engine.evaluator.apply($0, &session) }
        } catch {
            response.fail(hook: "hooks of the configuration", "their patch does not apply: \(error)")
        }
    }
}

extension HookFailure {
    /// The review cannot be copied, which only an absurd one can bring about.
    static let unkept = HookFailure(.error, "the review cannot be kept until it answers")
}
