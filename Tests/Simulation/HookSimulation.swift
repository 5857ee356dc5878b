import Admission
import HTTP
public import Hooks
import JSON
public import Policies
public import Reactor
import Telemetry

/// Hooks that hang, slow down, flap, fail and talk nonsense, under reloads, overrides and restarts, in virtual time; and
/// somebody who looks at every answer.
///
/// What must hold: every review is answered once, before its deadline. A hook without a verdict is settled by its own
/// failure policy. Breakers change their states as they may, when they may. No hook has more calls at a time than it may
/// have. Retries stay within the server's budget. Every admission that skipped a check is in the answer, in the ledger,
/// in the metrics: equally often. In the end nothing is left.
public final class HookSimulation: Script {
    private static let loopCount = 2
    private static let retryPercent = 4
    private static let retryReserve = 5

    private struct Lane {
        var host: HookHost
        var pipeline: HookPipeline
    }

    private final class Ledger: HookRecords, @unchecked Sendable {
        var failOpens = 0
        var pending: [UInt64: AfterTask] = [:]
        private var number: UInt64 = 0

        private var asked = 0

        func takesReview(at now: Instant) -> Bool {
            asked += 1
            return asked.isMultiple(of: 3)
        }
        func note(_ entry: FailOpenEntry) { failOpens += 1 }
        func noteBriefly(_ entry: FailOpenEntry, of review: AdmissionReview) { failOpens += 1 }
        func keep(_ letter: DeadLetter) {}
        func begin(_ task: AfterTask) -> UInt64? {
            number += 1
            pending[number] = task
            return number
        }
        func finish(_ task: UInt64) { pending[task] = nil }
    }

    private let clock = SimulatedClock(start: Instant(nanoseconds: 0) + .seconds(1))
    private let registry = MetricRegistry(slotsMax: 1 << 14)
    private let board: HookBoard
    private let retryBudget = RetryBudget(percent: retryPercent, reserve: retryReserve)
    private let ledger = Ledger()
    private let loops: [SimulatedLoop]
    private var lanes: [Lane] = []
    private var rules: SimulationRules
    private var revision: HookRevision
    private var chance: Chance
    private var report: SimulationReport

    private var weather: [String: Weather] = [:]
    private var witnesses: [String: BreakerWitness] = [:]
    private var active: [String: Int] = [:]
    private var firsts = 0
    private var openReviews = 0
    private var executors = 0
    /// What hooks said that is worth something, by review.
    private var said: [String: [String: HookResult.Verdict]] = [:]
    /// Good words on their way, by invocation.
    private var promises: [String: Bool] = [:]

    /// A simulation; everything in it comes from the seed.
    public init(seed: UInt64) throws {
        chance = Chance(seed: seed)
        report = SimulationReport(seed: seed)
        rules = SimulationRules(seed: seed)
        board = HookBoard(metrics: HookMetrics(registering: registry), clock: clock, seed: chance.next())
        loops = [SimulatedLoop(clock), SimulatedLoop(clock)]
        revision = board.revise(try Self.set(rules.next()), hash: "0")
        for number in loops.indices { lanes.append(lane(number)) }
    }

    private static func set(_ text: String) throws -> PolicySet {
        let (set, problems) = PolicySet.load([RuleFile(name: "rules.yaml", bytes: Array(text.utf8))])
        if let problem = problems.first(where: { $0.severity == .error }) { throw problem }
        return set
    }

    private func lane(_ number: Int) -> Lane {
        let host = HookHost(
            on: loops[number], number: number, executors: Source(loops[number], self), builtins: BuiltinRegistry(),
            retryBudget: retryBudget, records: ledger, shard: registry.makeShard(), seed: chance.next())
        return Lane(host: host, pipeline: HookPipeline(revision, on: host))
    }

    /// Counts executors, and breaks the circle between hosts and the simulation that owns them.
    private final class Source: HookExecutorSource {
        private weak var simulation: HookSimulation?
        private let loop: SimulatedLoop

        init(_ loop: SimulatedLoop, _ simulation: HookSimulation) {
            (self.loop, self.simulation) = (loop, simulation)
        }

        func executor(for rule: HookRule) throws(HookFailure) -> any HookExecutor {
            guard let simulation else { throw HookFailure(.error, "over") }
            simulation.executors += 1
            return try ScriptedExecutors(on: loop, simulation).executor(for: rule)
        }
    }
}

// MARK: what happens

extension HookSimulation {
    /// Asks about so many reviews, and looks at everything.
    public func run(reviews: Int) throws -> SimulationReport {
        let start = clock.now
        while report.reviews < reviews {
            let pause = Nanoseconds.microseconds(Int64(chance.below(8000)))
            SimulatedLoop.run(loops, clock, until: clock.now + pause)
            let burst = chance.oneIn(400) ? chance.within(20...80) : 1
            for _ in 0..<min(burst, reviews - report.reviews) { try ask() }
            if chance.oneIn(1500) { try reload() }
            if chance.oneIn(1200) { override() }
            if chance.oneIn(4000) { restart(chance.below(lanes.count)) }
        }
        for number in lanes.indices { drain(number) }
        report.seconds = Double((clock.now - start).count) / 1e9
        checkEnd()
        return report
    }

    private func ask() throws {
        report.reviews += 1
        let phase: ReviewPhase = chance.oneIn(4) ? .mutate : .validate
        let uid = "u\(report.reviews)"
        let text = SampleReview.text(
            uid: uid, namespace: "team-\(chance.below(20))", user: "user-\(chance.below(50))",
            name: chance.oneIn(30) ? "bad" : "pod-\(chance.below(12))")
        let document = try JSONDocument(parsing: text)
        let allowed = chance.pick([1, 5, 20, 100, 450, 450, 450, 950, 950, 950, 950, 950, 950, 2950, 9950])
        let deadline = clock.now + .milliseconds(Int64(allowed))
        let asked = try Asked(document, phase, deadline, revision.set, board.overrides.mapValues(\.mode))
        openReviews += 1
        said[uid] = [:]
        let asker = Asker(clock) { [self] answer in answered(asked, answer) }
        try asker.ask(chance.pick(lanes).pipeline, document, phase, deadline: deadline)
    }

    private func reload() throws {
        report.reloads += 1
        revision = board.revise(try Self.set(rules.next()), hash: "\(report.reloads)")
        for lane in lanes { lane.pipeline.use(revision) }
        for state in board.states {
            if let breaker = state.breakerNow { witnesses[state.name, default: .init()].reset(breaker) }
        }
    }

    private func override() {
        report.overrides += 1
        let name = "h\(chance.below(9))"
        var change = HookOverride()
        if chance.oneIn(2) { change.breaker = chance.pick([.forcedOpen, .forcedClosed]) }
        guard board.set(change, of: name), let state = board.state(named: name) else { return }
        if let breaker = state.breakerNow { witnesses[name, default: .init()].reset(breaker) }
    }

    /// A loop ends: what it was asked is answered, what is to run after answers runs; then another takes its place.
    private func restart(_ number: Int) {
        report.restarts += 1
        drain(number)
        lanes[number] = lane(number)
    }

    private func drain(_ number: Int) {
        let host = lanes[number].host
        let end = clock.now + .seconds(60)
        while host.openReviews > 0 || host.openTasks > 0, clock.now < end {
            SimulatedLoop.run(loops, clock, until: clock.now + .milliseconds(20))
        }
        if host.openReviews > 0 { report.violation("\(host.openReviews) reviews are still open") }
        if host.openCalls > 0 { report.violation("\(host.openCalls) calls are still open") }
        if host.openTasks > 0 { report.violation("\(host.openTasks) tasks are still open") }
        if loops[number].timerCount > 0 { report.violation("\(loops[number].timerCount) timers are still armed") }
    }
}

// MARK: what executors are asked

extension HookSimulation {
    /// An attempt begins.
    public func begin(_ invocation: HookInvocation, of hook: HookRule, at now: Instant) -> Behaviour {
        report.attempts += 1
        if invocation.attempt == 1 { firsts += 1 } else { report.retries += 1 }
        if report.retries * 100 > Self.retryReserve * 100 + Self.retryPercent * firsts {
            report.violation("\(report.retries) retries of \(firsts) calls")
        }
        let count = active[hook.name, default: 0] + 1
        active[hook.name] = count
        if count > hook.settings.concurrency.callsMax {
            report.violation("\(hook.name): \(count) calls of \(hook.settings.concurrency.callsMax)")
        }
        if now >= invocation.deadline { report.violation("\(hook.name): asked when its time was up") }
        if let breaker = board.state(named: hook.name)?.breakerNow {
            witnesses[hook.name, default: .init()].call(breaker, hook.name, at: now, &report)
        }
        let (behaviour, isGood) = weather[hook.name, default: Weather()].behaviour(hook.phase, at: now, &chance)
        promises["\(invocation.key)#\(invocation.attempt)"] = isGood
        return behaviour
    }

    /// An attempt is over.
    public func end(_ invocation: HookInvocation, of hook: HookRule, _ result: Result<HookResult, HookFailure>?) {
        active[hook.name, default: 0] -= 1
        let isGood = promises.removeValue(forKey: "\(invocation.key)#\(invocation.attempt)") ?? false
        guard let result else {
            report.cancellations += 1
            return
        }
        guard isGood, case .success(let said) = result else { return }
        self.said[invocation.review.review.uid.string]?[hook.name] = said.verdict
    }

    /// An executor is closed.
    public func closed(_ hook: HookRule) { executors -= 1 }
}

// MARK: what answers must be

/// A review, with what decides about it when it is asked.
private struct Asked {
    let uid: String
    let phase: ReviewPhase
    let deadline: Instant
    /// Those that are asked in this phase and have no cache, in their order.
    let hooks: [(rule: HookRule, mode: HookMode)]

    init(
        _ document: JSONDocument, _ phase: ReviewPhase, _ deadline: Instant, _ set: PolicySet,
        _ modes: [String: HookMode?]
    ) throws {
        let review = try AdmissionReview(decoding: document.root)
        uid = review.uid.string
        self.phase = phase
        self.deadline = deadline
        let wanted: HookPhase = phase == .validate ? .validate : .mutate
        hooks = set.hooks.filter {
            $0.phase == wanted && $0.asksOthers && $0.settings.rollout.includes(review, hook: $0.name)
        }
        .sorted { ($0.settings.weight, $0.name) < ($1.settings.weight, $1.name) }
        .map { ($0, (modes[$0.name] ?? nil) ?? $0.settings.mode) }
    }
}

extension HookSimulation {
    private func answered(_ asked: Asked, _ answer: Answer) {
        openReviews -= 1
        guard let said = said.removeValue(forKey: asked.uid) else {
            return report.violation("\(asked.uid) was answered twice")
        }
        if answer.at >= asked.deadline { report.violation("\(asked.uid) was answered too late") }
        if !answer.isAllowed { report.denials += 1 }
        let complaints = answer.complaints
        var unchecked: [Substring: Substring] = [:]
        for entry in (answer.annotations["fail-open"] ?? "").split(separator: ",") {
            let parts = entry.split(separator: "=")
            if parts.count == 2 { unchecked[parts[0]] = parts[1] }
        }
        report.unchecked += unchecked.count
        if !answer.isAllowed, !unchecked.isEmpty { report.violation("\(asked.uid): denied, and admitted unchecked") }
        if unchecked.count != answer.warnings.count(where: { $0.hasSuffix("admitted unchecked") }) {
            report.violation("\(asked.uid): \(unchecked.count) skipped checks, warnings \(answer.warnings)")
        }
        for (rule, mode) in asked.hooks where mode != .off && rule.settings.cache == nil {
            let mine = complaints.first { $0.hasPrefix("hook '\(rule.name)' ") }
            let isUnchecked = unchecked[Substring(rule.name)] != nil
            let problem = Self.problem(rule, mode, said[rule.name], mine, isUnchecked, answer.isAllowed)
            if let problem { report.violation("\(asked.uid): \(rule.name) in mode \(mode): \(problem)") }
            // Behind whoever denied nobody was asked.
            if asked.phase == .mutate, mine != nil { break }
        }
    }

    /// What is wrong about how one hook was settled; nil where nothing is.
    private static func problem(
        _ rule: HookRule, _ mode: HookMode, _ said: HookResult.Verdict?, _ complaint: String?, _ isUnchecked: Bool,
        _ isAllowed: Bool
    ) -> String? {
        if mode != .enforce {
            return complaint != nil || isUnchecked ? "it decided something" : nil
        }
        let hasFailed = complaint?.hasPrefix("hook '\(rule.name)' failed: ") ?? false
        let hasDenied = complaint?.hasPrefix("hook '\(rule.name)' denied request: ") ?? false
        switch said {
        case .deny: return hasDenied && !isUnchecked ? nil : "it said no, and that is \(complaint ?? "not heard")"
        case .pass, .warn: return complaint == nil && !isUnchecked ? nil : "it said yes, and that is not heard"
        case nil:
            if rule.settings.failurePolicy == .ignore {
                if complaint != nil { return "it was to be ignored: \(complaint ?? "")" }
                return isUnchecked || !isAllowed ? nil : "it was passed over in silence"
            }
            return hasFailed ? nil : "it has no verdict, and nobody minds"
        }
    }

    private func checkEnd() {
        for state in board.states where state.load.active + state.load.waiting + state.load.flights > 0 {
            report.violation("\(state.name): \(state.load) is left")
        }
        if openReviews != 0 { report.violation("\(openReviews) reviews have no answer") }
        for (name, count) in active where count != 0 { report.violation("\(name): \(count) attempts are left") }
        if !promises.isEmpty { report.violation("\(promises.count) attempts did not end") }
        let ledger = (ledger.failOpens, self.ledger.pending.count)
        let counted = sum("portcullis_fail_open_total{")
        let seen = [ledger.0, counted].map { $0 == report.unchecked }
        if seen.contains(false) {
            report.violation(
                "skipped checks: \(report.unchecked) in answers, \(ledger.0) in the ledger, \(counted) counted")
        }
        if ledger.1 != 0 { report.violation("\(ledger.1) tasks are still kept") }
        let retries = sum("portcullis_hook_retries_total{")
        if retries != report.retries { report.violation("\(report.retries) retries, \(retries) counted") }
        lanes = []
        if executors != 0 { report.violation("\(executors) executors are not closed") }
    }

    /// The sum of a family's samples.
    private func sum(_ family: String) -> Int {
        var buffer = ByteBuffer()
        registry.scrape(.text, into: &buffer)
        return buffer.text.split(separator: "\n").filter { $0.hasPrefix(family) }
            .reduce(0) { $0 + (Int($1.split(separator: " ").last ?? "") ?? 0) }
    }
}
