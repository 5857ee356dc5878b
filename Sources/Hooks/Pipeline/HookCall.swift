import Admission
import Policies
import Reactor
import Telemetry

/// One hook's verdict on one review, with everything that may happen on the way to it.
///
///                 ┌─ a verdict is kept ───────────────────────────────────────────┐
///     begin ──────┼─ another asks the same ─▶ following ─┬─ it has the end ───────┤
///                 │                                      └─ it gave up ─┐         ▼
///                 └────────▶ breaker, bulkhead ◀────────────────────────┘       ended
///                              │ ▲    └─ no turn yet ─▶ waiting ─▶ attempting ────▲
///                              │ │                                    │           │
///                              │ └── pausing ◀── worth another try ───┘           │
///                              └─ refused ────────────────────────────────────────┘
///
/// Whatever stage it is in, at the deadline it ends. It is used on its loop's thread only; what other threads are given of
/// it does nothing but post to that loop.
final class HookCall: @unchecked Sendable {
    /// How it ended.
    struct End {
        var result: Result<HookResult, HookFailure>
        /// Whether the verdict is an old one, in the place of one that is not to be had.
        var isStale = false
    }

    private enum Stage {
        case begun
        case following(VerdictCache.Follower)
        case waiting(Bulkhead.Waiter)
        case attempting(any HookAttempt)
        /// An attempt is being started and has not said yet what it is.
        case starting
        case pausing(Timer)
        case ended
    }

    let cell: HookCell
    private let host: HookHost
    private var invocation: HookInvocation
    private let executor: OwnedExecutor
    private let key: [UInt8]?
    private let deadline: Instant
    /// The span of the review, of which those of the attempts are part.
    private let trace: TraceContext?
    private var whenEnded: ((End) -> Void)?

    private var stage = Stage.begun
    private var timer: Timer?
    private var begunAt = Instant(nanoseconds: 0)
    private var launchedAt = Instant(nanoseconds: 0)
    private var permit: Breaker.Permit?
    private var hasPlace = false
    /// Whether others wait for this call to end.
    private var isLeading = false
    private var attempts = 0
    private var lastFailure: HookFailure?

    /// A call that is to end by the deadline of its invocation.
    init(
        _ cell: HookCell, _ executor: OwnedExecutor, _ invocation: HookInvocation, key: [UInt8]?, on host: HookHost,
        whenEnded: @escaping (End) -> Void
    ) {
        self.cell = cell
        self.executor = executor
        self.invocation = invocation
        self.key = cell.cache == nil ? nil : key
        self.host = host
        deadline = invocation.deadline
        trace = invocation.trace
        self.whenEnded = whenEnded
    }

    /// Begins; the end may come before this returns.
    func begin() {
        begunAt = host.now
        host.openCalls += 1
        guard begunAt < deadline else { return end(.failure(.late(.zero))) }
        timer = host.loop.arm(at: deadline) { [self] in expire() }
        guard let cache = cell.cache, let key else { return ask() }
        let (found, follower) = cache.find(key, at: begunAt, follower())
        switch found {
        case .verdict(let result): end(.success(result))
        case .lead:
            isLeading = true
            ask()
        case .follow: if let follower { stage = .following(follower) }
        }
    }

    private func follower() -> VerdictCache.Follower {
        VerdictCache.Follower { [self, mail = host.mail] end in mail.post { [self] in landed(end) } }
    }

    /// What others wait for has come, on this loop.
    private func landed(_ flight: VerdictCache.FlightEnd) {
        guard case .following = stage else {
            // The time was up meanwhile: whoever waits next has to do it.
            if case .takeOver = flight, let key { cell.cache?.land(key, .takeOver, at: host.now) }
            return
        }
        switch flight {
        case .verdict(let result): end(.success(result))
        case .failure(let failure): end(.failure(failure))
        case .takeOver:
            isLeading = true
            ask()
        }
    }
}

// MARK: attempts

extension HookCall {
    /// Makes the next attempt, if the breaker and the bulkhead let it.
    private func ask() {
        // A timer may be late: the deadline may have come before its own timer has.
        guard host.now < deadline else { return end(.failure(lastFailure ?? .late(host.now - begunAt))) }
        switch cell.state.permit(at: host.now) {
        case .noBreaker: break
        case .permit(let permit): self.permit = permit
        case .refused: return end(.failure(lastFailure ?? .refused))
        }
        let (entry, waiter) = cell.state.bulkhead.enter(
            Bulkhead.Waiter { [self, mail = host.mail] in mail.post { [self] in turnCame() } })
        switch entry {
        case .entered:
            hasPlace = true
            launch()
        case .waits: if let waiter { stage = .waiting(waiter) }
        case .full:
            giveBackPermit()
            end(.failure(HookFailure(.overload, "too many calls of it are on their way, and too many wait")))
        }
    }

    private func turnCame() {
        guard case .waiting = stage else {
            // The time was up meanwhile: the place is for whoever waits next.
            return cell.state.bulkhead.leave()
        }
        hasPlace = true
        guard host.now < deadline else {
            giveBackPermit()
            leave()
            return end(.failure(.noTurn))
        }
        launch()
    }

    private func launch() {
        if permit.map({ !cell.state.holds($0) }) ?? cell.state.asksBreaker {
            // The breaker has changed its state while this call waited, or has only come to be one.
            permit = nil
            switch cell.state.permit(at: host.now) {
            case .noBreaker: break
            case .permit(let fresh): permit = fresh
            case .refused:
                leave()
                return end(.failure(lastFailure ?? .refused))
            }
        }
        attempts += 1
        if attempts == 1 {
            host.retryBudget.noteCall()
        } else if let shard = host.shard, let series = cell.state.series {
            shard.add(series.retries)
        }
        invocation.attempt = attempts
        invocation.trace = trace.map { $0.child(host.jitter.next()) }
        launchedAt = host.now
        stage = .starting
        let number = attempts
        let attempt = executor.executor.start(invocation) { [self] result in attempted(number, result) }
        // It may be over already, or another may be on its way.
        if case .starting = stage, number == attempts { stage = .attempting(attempt) }
    }

    private func attempted(_ number: Int, _ result: Result<HookResult, HookFailure>) {
        switch stage {
        case .starting, .attempting: guard number == attempts else { return }
        default: return
        }
        stage = .begun
        let result = checked(result)
        let now = host.now
        recordAttempt(hasFailed: !result.isSuccess, at: now)
        tellSpan(result, at: now)
        leave()
        guard case .failure(let failure) = result, let wait = waitBeforeRetry(failure, now) else { return end(result) }
        lastFailure = failure
        stage = .pausing(host.loop.arm(at: now + wait) { [self] in paused() })
    }

    /// What executors give is held to the contract once more.
    private func checked(_ result: Result<HookResult, HookFailure>) -> Result<HookResult, HookFailure> {
        guard case .success(let verdict) = result, verdict.patch != nil, invocation.phase != .mutate else {
            return result
        }
        return .failure(HookFailure(.contract, "a hook of the phase \(invocation.phase) cannot change the object"))
    }

    /// How long to wait before the next attempt; nil where there is to be none.
    private func waitBeforeRetry(_ failure: HookFailure, _ now: Instant) -> Nanoseconds? {
        let settings = cell.rule.settings.retry
        guard failure.isRetryable, attempts < settings.attempts else { return nil }
        let wait = Backoff.wait(
            afterAttempt: attempts, settings, retryAfter: failure.retryAfter, fraction: host.jitter.fraction())
        guard now + wait < deadline, host.retryBudget.takeRetry() else { return nil }
        return wait
    }

    private func paused() {
        guard case .pausing = stage else { return }
        stage = .begun
        ask()
    }

    private func recordAttempt(hasFailed: Bool, at now: Instant) {
        guard let permit else { return }
        self.permit = nil
        cell.state.record(permit, hasFailed: hasFailed, took: now - launchedAt, at: now)
    }

    /// An attempt is over.
    private func tellSpan(_ result: Result<HookResult, HookFailure>, at now: Instant) {
        guard let spans = host.spans, let trace, let own = invocation.trace, own.isSampled else { return }
        let end = host.clock.wall
        var span = FinishedSpan(
            "hook \(cell.name)", .client, own, parent: trace.span, start: end - (now - launchedAt).count, end: end)
        span.attributes = [
            ("portcullis.hook", cell.name), ("portcullis.phase", "\(invocation.phase)"),
            ("portcullis.attempt", "\(attempts)"),
        ]
        switch result {
        case .success(let verdict): span.attributes.append(("portcullis.result", verdict.verdict.rawValue))
        case .failure(let failure): span.problem = "\(failure.reason.name): \(failure.message)"
        }
        spans.add(span)
    }

    private func giveBackPermit() {
        if let permit { cell.state.giveBack(permit) }
        permit = nil
    }

    private func leave() {
        guard hasPlace else { return }
        hasPlace = false
        cell.state.bulkhead.leave()
    }
}

// MARK: the end

extension HookCall {
    /// The time is up.
    private func expire() {
        timer = nil
        stop()
    }

    /// Ends now, without a verdict.
    func stop() {
        let now = host.now
        var failure = HookFailure.late(now - begunAt)
        switch stage {
        case .ended: return
        case .begun, .starting: break
        case .following(let follower):
            if let key { cell.cache?.giveUp(key, follower) }
        case .waiting(let waiter):
            // Where the turn has come meanwhile, `turnCame` gives it away.
            _ = cell.state.bulkhead.giveUp(waiter)
            giveBackPermit()
            failure = .noTurn
        case .attempting(let attempt):
            attempt.cancel()
            recordAttempt(hasFailed: true, at: now)
            tellSpan(.failure(failure), at: now)
            leave()
        case .pausing(let timer):
            host.loop.cancel(timer)
            failure = lastFailure ?? failure
        }
        end(.failure(failure))
    }

    private func end(_ result: Result<HookResult, HookFailure>) {
        if case .ended = stage { return }
        let now = host.now
        stage = .ended
        if let timer { host.loop.cancel(timer) }
        timer = nil
        host.openCalls -= 1
        cell.note(result.ending, result.failure?.reason, from: begunAt, to: now, host)
        land(result, now)
        if let failure = result.failure { keep(failure) }
        let whenEnded = whenEnded.take()
        whenEnded?(End(result: result).orStale(cell, key, at: now))
    }

    /// Tells those who wait for the same.
    private func land(_ result: Result<HookResult, HookFailure>, _ now: Instant) {
        guard isLeading, let key, let cache = cell.cache else { return }
        switch result {
        case .success(let verdict): cache.land(key, .verdict(verdict), at: now)
        case .failure(let failure):
            // A request that had less time than the hook is given says nothing about the hook.
            let ownLimit = cell.rule.settings.budget.map { begunAt + $0 } ?? .never
            let isCutShort = deadline < ownLimit && now >= deadline
            cache.land(key, isCutShort ? .takeOver : .failure(failure), at: now)
        }
    }

    /// A call that was made and failed for good is told and kept. What was not even tried is not: there is nothing to be
    /// learnt, and there may be a great deal of it.
    private func keep(_ failure: HookFailure) {
        guard attempts > 0 else { return }
        host.log?.log(.warning, hook: cell.name, "a hook has no verdict", failure, invocation.review.review)
        host.records?.keep(DeadLetter(invocation: invocation, failure: failure, wall: host.clock.wall))
    }
}

extension HookCall.End {
    /// An old verdict in the place of one that is not to be had, where the hook's failure policy is so and there is one.
    func orStale(_ cell: HookCell, _ key: [UInt8]?, at now: Instant) -> HookCall.End {
        guard !result.isSuccess, cell.rule.settings.failurePolicy == .cached, let key, let cache = cell.cache,
            let old = cache.stale(key, at: now)
        else { return self }
        return HookCall.End(result: .success(old), isStale: true)
    }
}

extension Result where Success == HookResult, Failure == HookFailure {
    var isSuccess: Bool { failure == nil }

    var failure: HookFailure? {
        if case .failure(let failure) = self { return failure }
        return nil
    }

    var ending: HookEnding {
        switch self {
        case .failure: .failure
        case .success(let result):
            switch result.verdict {
            case .pass: .pass
            case .warn: .warn
            case .deny: .deny
            }
        }
    }
}

extension HookFailure {
    /// Nothing was said in time.
    static func late(_ waited: Nanoseconds) -> HookFailure {
        HookFailure(.timeout, "no verdict within \(waited.millisecondsUp) ms")
    }

    /// It waited for a place in vain.
    static let noTurn = HookFailure(.overload, "its turn did not come in time")

    /// The breaker is open.
    static let refused = HookFailure(.breakerOpen, "it failed too often of late and is left alone for a while")
}
