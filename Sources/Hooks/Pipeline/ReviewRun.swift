import Admission
import JSON
import Policies
import Reactor

/// A review that waits for hooks, and is answered once all of them are settled: at its deadline at the latest, because at
/// that every call ends.
final class ReviewRun {
    let engine: HookEngine
    private(set) var asked: AskedReview
    let kept: KeptReview
    private let ticket: any ReviewTicket
    private var response = ReviewResponse()
    private var tally: ReviewTally
    /// In the phase mutate, where it has got to.
    private var session: MutationSession
    private var plan: MutationPlan?

    init(
        _ engine: HookEngine, _ asked: AskedReview, _ kept: KeptReview, _ ticket: any ReviewTicket,
        _ tally: ReviewTally
    ) {
        self.engine = engine
        self.asked = asked
        self.asked.review = kept.review
        self.kept = kept
        self.ticket = ticket
        self.tally = tally
        session = MutationSession(kept.review)
        engine.host.openReviews += 1
    }

    /// A hook that is to be asked, and what tells the review apart for its cache.
    struct Other {
        let cell: HookCell
        let key: [UInt8]?
        /// How it ended, where nobody needs to be asked.
        var end: HookCall.End?
    }

    private var results: [HookCall.End?] = []
    private var others: [Other] = []
    private var openCount = 0

    private func answer() {
        engine.conclude(tally, asked, kept, &response)
        engine.host.openReviews -= 1
        ticket.answer(response)
    }

    private func call(_ other: Other, _ review: KeptReview, _ whenEnded: @escaping (HookCall.End) -> Void) {
        if let end = other.end { return whenEnded(end) }
        guard case .executor(let executor) = other.cell.subject else {
            return whenEnded(HookCall.End(result: .failure(HookFailure(.error, "there is nobody to ask"))))
        }
        var invocation = HookInvocation(
            key: HookKeys.invocation(asked.review, other.cell.name, other.cell.rule.phase), hook: other.cell.name,
            phase: other.cell.rule.phase,
            deadline: other.cell.limit(from: engine.host.now, atMost: asked.waitingLimit),
            revision: engine.revision.hash, review: review)
        invocation.trace = asked.trace
        HookCall(other.cell, executor, invocation, key: other.key, on: engine.host, whenEnded: whenEnded).begin()
    }

    private func take(_ end: HookCall.End, of cell: HookCell) -> HookResult? {
        engine.take(end, of: cell, &tally, &response)
    }
}

// MARK: the phase validate

extension ReviewRun {
    /// Asks others, all at once, and meanwhile everything that is decided here.
    func validate(_ plan: MatchPlan, _ others: [Other], said: borrowing ReviewResponse) {
        response.takeDenial(of: said)
        response.takeRemarks(of: said)
        self.others = others
        results = Array(repeating: nil, count: others.count)
        // One more than there are, until everything here is decided too.
        openCount = others.count + 1
        for (index, other) in others.enumerated() {
            call(other, kept) { [self] end in
                results[index] = end
                settled()
            }
        }
        engine.evaluator.prepare(asked.review)
        tally.last = engine.host.now
        var mine = asked
        mine.hurry(at: tally.last)
        engine.askAll(plan, mine, &tally, &response)
        settled()
    }

    private func settled() {
        openCount -= 1
        guard openCount == 0 else { return }
        // In their order, whoever was first.
        for (index, other) in others.enumerated() { if let end = results[index] { _ = take(end, of: other.cell) } }
        answer()
    }
}

// MARK: the phase mutate

extension ReviewRun {
    /// Goes on with a review that has got to a hook that is to be waited for; `session` and what was said so far come from
    /// the way there.
    func mutate(
        _ plan: MutationPlan, at place: Int, _ other: Other, _ session: MutationSession,
        said: borrowing ReviewResponse
    ) {
        self.plan = plan
        self.session = session
        self.session.move(to: kept.review)
        response.takeDenial(of: said)
        response.takeRemarks(of: said)
        ask(other, at: place)
    }

    private func ask(_ other: Other, at place: Int) {
        guard let review = currentReview() else {
            return resume(place, other, HookCall.End(result: .failure(HookFailure(.error, "the review is too large"))))
        }
        call(other, review) { [self] end in resume(place, other, end) }
    }

    /// What the hook is given: the review with the object as it is now.
    private func currentReview() -> KeptReview? {
        guard session.isDirty, let object = session.review.object else { return kept }
        return try? KeptReview(kept.review, object: object)
    }

    private func resume(_ place: Int, _ other: Other, _ end: HookCall.End) {
        if let result = take(end, of: other.cell), let patch = result.patch {
            engine.apply(patch, of: other.cell, &session, &tally, &response)
        }
        advance(from: place + 1)
    }

    private func advance(from place: Int) {
        guard let plan else { return }
        tally.last = engine.host.now
        var mine = asked
        mine.hurry(at: tally.last)
        if let (next, other) = engine.mutate(plan, from: place, mine, &session, &tally, &response) {
            return ask(other, at: next)
        }
        engine.finishMutation(plan, mine, &session, &tally, &response)
        answer()
    }
}

extension AskedReview {
    /// The same for whoever must leave time to answer: as much as whoever is waited for, or half of what little is left.
    fileprivate mutating func hurry(at now: Instant) {
        let half = now + .nanoseconds(max((limit - now).count / 2, 0))
        self = AskedReview(self, limit: max(waitingLimit, min(half, limit)))
    }

    private init(_ other: AskedReview, limit: Instant) {
        review = other.review
        phase = other.phase
        group = other.group
        trace = other.trace
        self.limit = limit
    }
}
