import Admission
import HTTP
import Hooks
import JSON
import Policies
import Reactor
import Telemetry

/// Policies asked through the runtime of hooks, beside the same policies asked alone; and what a scrape costs.
enum HookBenchmarks {
    /// What the runtime may add for each hook.
    private static let extraNanosecondsMax = 2_000.0
    /// What a scrape of a thousand hooks may take.
    private static let scrapeNanosecondsMax = 20_000_000.0

    static func make() throws -> [Benchmark] {
        let body = try Inputs.bytes("reviews/pod-create.json")
        let knobs =
            "portcullis.dev/budget: 50ms, portcullis.dev/breaker: '{slowCall: 20ms}', "
            + "portcullis.dev/rollout: '{percent: 99.9, by: user}'"
        let bare = PolicyText.policies(matching: 10, others: 0)
        let knobbed = bare.replacing("metadata: {name: pods", with: "metadata: {annotations: {\(knobs)}, name: pods")
            .replacing(
                "kind: ValidatingAdmissionPolicyBinding\nmetadata: {annotations: {\(knobs)}, ",
                with: "kind: ValidatingAdmissionPolicyBinding\nmetadata: {")
        return try [("10-policies", bare), ("10-policies-with-knobs", knobbed)].map { name, rules in
            let side = try HookSide(body, rules)
            let alone = try PolicySide(body, bare)
            var peer = Peer(name: "policies alone", work: .here { alone.ask() }, ratioMax: nil)
            peer.extra = Peer.Extra(nanosecondsMax: extraNanosecondsMax, count: 10)
            return Benchmark(
                name: "hooks/\(name)", bytes: body.count, ours: { side.ask() }, peers: [peer], countsMax: (0, 400))
        } + [try openBreaker(body, bare), try scrape(body)]
    }

    /// A hook that is gone, and left alone: every request is admitted unchecked, and that is told.
    private static func openBreaker(_ body: [UInt8], _ bare: String) throws -> Benchmark {
        let gone = """
            ---
            apiVersion: portcullis.dev/v1
            kind: Hook
            metadata: {name: gone}
            spec:
              phase: validate
              failurePolicy: Ignore
              run: {http: {url: "https://gone.example/"}}

            """
        let side = try HookSide(body, bare + gone)
        side.openBreaker(of: "gone")
        let alone = try HookSide(body, bare)
        return Benchmark(
            name: "hooks/breaker-open", bytes: body.count, ours: { side.ask() },
            peers: [Peer(name: "without the hook", work: .here { alone.ask() }, ratioMax: nil)])
    }

    private static func scrape(_ body: [UInt8]) throws -> Benchmark {
        let side = try HookSide(
            body,
            PolicyText.policies(matching: 1000, others: 0).replacing(
                "metadata: {name: pods",
                with: "metadata: {annotations: {portcullis.dev/breaker: '{}'}, name: pods"
            ).replacing(
                "kind: ValidatingAdmissionPolicyBinding\nmetadata: {annotations: {portcullis.dev/breaker: '{}'}, ",
                with: "kind: ValidatingAdmissionPolicyBinding\nmetadata: {"))
        for _ in 0..<20 { side.ask() }
        var benchmark = Benchmark(
            name: "hooks/scrape-1000", bytes: side.scrape(), ours: { _ = side.scrape() }, peers: [])
        benchmark.nanosecondsMax = scrapeNanosecondsMax
        return benchmark
    }
}

/// What one loop holds, and one review that comes again and again.
private final class HookSide {
    /// Nobody is asked here but the hooks of this process.
    private final class Nobody: HookExecutorSource {
        func executor(for rule: HookRule) throws(HookFailure) -> any HookExecutor { Silence() }
    }

    private final class Silence: HookExecutor, HookAttempt {
        func start(_ invocation: HookInvocation, completion: @escaping Completion) -> any HookAttempt { self }
        func close() {}
        func cancel() {}
    }

    /// Keeps what it is given for a moment, as a ledger that writes elsewhere does.
    private final class Ledger: HookRecords {
        private let last = Guarded<FailOpenEntry?>(nil)

        func takesReview(at now: Instant) -> Bool { true }
        func noteBriefly(_ entry: FailOpenEntry, of review: AdmissionReview) { note(entry) }
        func note(_ entry: FailOpenEntry) { last.withLock { $0 = entry } }
        func keep(_ letter: DeadLetter) {}
        func begin(_ task: AfterTask) -> UInt64? { nil }
        func finish(_ task: UInt64) {}
    }

    private struct NoExchange: ReviewExchange {
        mutating func ticket(for question: ReviewQuestion) throws(ReviewError) -> (any ReviewTicket, KeptReview) {
            throw .empty
        }
    }

    private let document: JSONDocument
    private let review: AdmissionReview
    private let clock = SystemClock()
    private let registry = MetricRegistry(slotsMax: 1 << 18)
    private let board: HookBoard
    private let pipeline: HookPipeline
    private var response = ReviewResponse()
    private var exchange = NoExchange()
    private var buffer = ByteBuffer()

    init(_ body: [UInt8], _ rules: String) throws {
        document = try JSONDocument(parsing: body)
        review = try AdmissionReview(decoding: document.root)
        let (set, problems) = PolicySet.load([RuleFile(name: "rules.yaml", bytes: Array(rules.utf8))])
        if let problem = problems.first(where: { $0.severity == .error }) { throw problem }
        board = HookBoard(metrics: HookMetrics(registering: registry), clock: clock, seed: 1)
        let host = HookHost(
            on: ServedLoop(try EventLoop(clock: clock)), number: 0, executors: Nobody(), builtins: BuiltinRegistry(),
            retryBudget: RetryBudget(), records: Ledger(), shard: registry.makeShard(), seed: 1)
        pipeline = HookPipeline(board.revise(set, hash: "r"), on: host)
    }

    func ask() {
        response.reset()
        let now = clock.now.nanoseconds
        let question = ReviewQuestion(review: review, phase: .validate, arrival: now, deadline: now + 1_000_000_000)
        _ = pipeline.handle(question, &response, &exchange)
    }

    func openBreaker(of hook: String) {
        var change = HookOverride()
        change.breaker = .forcedOpen
        _ = board.set(change, of: hook)
    }

    func scrape() -> Int {
        buffer.removeAll()
        registry.scrape(.text, into: &buffer)
        return buffer.count
    }
}
