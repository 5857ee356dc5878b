import Admission
import HTTP
import Hooks
import JSON
import Policies
import Reactor
import Simulation
import Telemetry
import Testing

/// A loop with a pipeline in virtual time, and executors that do what the test says.
final class Stage: Script {
    let clock = SimulatedClock(start: Instant(nanoseconds: 0) + .seconds(1))
    let loop: SimulatedLoop
    let registry = MetricRegistry()
    let board: HookBoard
    let records = Records()
    let host: HookHost
    let pipeline: HookPipeline
    /// What each hook does; one that is not here passes at once.
    var behaviours: [String: [Behaviour]] = [:]
    /// Attempts in their order: the hook, and its attempt's number.
    var attempts: [String] = []
    var invocations: [HookInvocation] = []
    var closed: [String] = []
    var openAttempts = 0
    var answers: [Answer] = []

    /// What records were given.
    final class Records: HookRecords, @unchecked Sendable {
        var failOpens: [FailOpenEntry] = []
        var letters: [DeadLetter] = []
        var begun: [AfterTask] = []
        var finished: [UInt64] = []

        /// Whether whole reviews are taken.
        var takesReviews = true
        /// The uids of those that were only named.
        var named: [String] = []

        func takesReview(at now: Instant) -> Bool { takesReviews }
        func note(_ entry: FailOpenEntry) { failOpens.append(entry) }
        func noteBriefly(_ entry: FailOpenEntry, of review: AdmissionReview) {
            failOpens.append(entry)
            named.append(review.uid.string)
        }
        func keep(_ letter: DeadLetter) { letters.append(letter) }
        func begin(_ task: AfterTask) -> UInt64? {
            begun.append(task)
            return UInt64(begun.count)
        }
        func finish(_ task: UInt64) { finished.append(task) }
    }

    init(
        _ rules: String, own: [any BuiltinHook] = [], builtins: BuiltinRegistry = BuiltinRegistry(),
        retryBudget: RetryBudget = RetryBudget(), hooksMax: Int = 1000
    ) throws {
        loop = SimulatedLoop(clock)
        board = HookBoard(metrics: HookMetrics(registering: registry, hooksMax: hooksMax), clock: clock, seed: 7)
        let script = Weak()
        host = HookHost(
            on: loop, number: 0, executors: ScriptedExecutors(on: loop, script), builtins: builtins,
            retryBudget: retryBudget, records: records, shard: registry.makeShard(), seed: 7)
        pipeline = HookPipeline(board.revise(try Self.set(rules), hash: "r1"), own: own, on: host)
        script.stage = self
    }

    static func set(_ rules: String) throws -> PolicySet {
        let (set, problems) = PolicySet.load([RuleFile(name: "rules/hooks.yaml", bytes: Array(rules.utf8))])
        try #require(problems.filter { $0.severity == .error }.isEmpty, "\(problems)")
        return set
    }

    func reload(_ rules: String, hash: String = "r2") throws {
        pipeline.use(board.revise(try Self.set(rules), hash: hash))
    }

    /// A hook that asks somebody.
    static func hook(_ name: String, _ fields: String = "", phase: String = "validate", match: String = "{}") -> String
    {
        """
        ---
        apiVersion: portcullis.dev/v1
        kind: Hook
        metadata: {name: \(name)}
        spec:
          phase: \(phase)
          match: \(match)
          run: {http: {url: "https://hooks.example/\(name)"}}
        \(fields.split(separator: "\n").map { "  \($0)" }.joined(separator: "\n"))

        """
    }

    /// Asks about a review; the answer may come later.
    func ask(
        _ text: String = SampleReview.text(), _ phase: ReviewPhase = .validate,
        within time: Nanoseconds = .milliseconds(1000), group: UInt32 = 0
    ) throws {
        let asker = Asker(clock) { [self] in answers.append($0) }
        try asker.ask(
            pipeline, try JSONDocument(parsing: text), phase, deadline: clock.now + time, group: group)
    }

    func pass(_ time: Nanoseconds) { SimulatedLoop.run([loop], clock, until: clock.now + time) }

    /// Asks, and lets the time pass that there is for the answer.
    func answer(
        _ text: String = SampleReview.text(), _ phase: ReviewPhase = .validate,
        within time: Nanoseconds = .milliseconds(1000), group: UInt32 = 0
    ) throws -> Answer {
        let before = answers.count
        try ask(text, phase, within: time, group: group)
        pass(time)
        try #require(answers.count == before + 1, "one answer in time")
        return answers[before]
    }

    /// What Prometheus would be told.
    func scrape() -> String {
        var buffer = ByteBuffer()
        registry.scrape(.text, into: &buffer)
        return buffer.text
    }

    /// The value of a sample of the scrape.
    func metric(_ sample: String) -> String? {
        scrape().split(separator: "\n").first { $0.hasPrefix(sample + " ") }
            .map { String($0.dropFirst(sample.count + 1)) }
    }

    func expectNothingLeft(_ location: SourceLocation = #_sourceLocation) {
        #expect(host.openReviews == 0, sourceLocation: location)
        #expect(host.openCalls == 0, sourceLocation: location)
        #expect(host.openTasks == 0, sourceLocation: location)
        #expect(openAttempts == 0, sourceLocation: location)
        #expect(loop.timerCount == 0, sourceLocation: location)
    }

    // MARK: the script

    func begin(_ invocation: HookInvocation, of hook: HookRule, at now: Instant) -> Behaviour {
        attempts.append("\(hook.name)#\(invocation.attempt)")
        invocations.append(invocation)
        openAttempts += 1
        guard var list = behaviours[hook.name], !list.isEmpty else { return .answers(HookResult(.pass), after: .zero) }
        let behaviour = list.removeFirst()
        behaviours[hook.name] = list.isEmpty ? [behaviour] : list
        return behaviour
    }

    func end(_ invocation: HookInvocation, of hook: HookRule, _ result: Result<HookResult, HookFailure>?) {
        openAttempts -= 1
    }

    func closed(_ hook: HookRule) { closed.append(hook.name) }

    /// The stage owns its host, which owns the script.
    private final class Weak: Script {
        weak var stage: Stage?

        func begin(_ invocation: HookInvocation, of hook: HookRule, at now: Instant) -> Behaviour {
            stage?.begin(invocation, of: hook, at: now) ?? .hangs
        }
        func end(_ invocation: HookInvocation, of hook: HookRule, _ result: Result<HookResult, HookFailure>?) {
            stage?.end(invocation, of: hook, result)
        }
        func closed(_ hook: HookRule) { stage?.closed(hook) }
    }
}

extension Behaviour {
    static func passes(after milliseconds: Int64 = 1) -> Behaviour {
        .answers(HookResult(.pass), after: .milliseconds(milliseconds))
    }

    static func denies(_ message: String, after milliseconds: Int64 = 1) -> Behaviour {
        var result = HookResult(.deny)
        result.message = message
        return .answers(result, after: .milliseconds(milliseconds))
    }

    static func patches(_ patch: String, after milliseconds: Int64 = 1) -> Behaviour {
        var result = HookResult(.pass)
        result.patch = Array(patch.utf8)
        return .answers(result, after: .milliseconds(milliseconds))
    }

    static func breaks(_ message: String = "connection reset", retryable: Bool = true, after ms: Int64 = 1) -> Behaviour
    {
        .fails(HookFailure(.error, message, isRetryable: retryable), after: .milliseconds(ms))
    }
}
