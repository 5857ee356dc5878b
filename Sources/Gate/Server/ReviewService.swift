import Admission
import HTTP
import Hooks
import JSON
import Policies
import Reactor
import Telemetry

/// One loop's answers to the API server: routes a request, has the review decided, counts and logs what came of it.
final class ReviewService: HTTPHandler {
    /// What may be replaced while it serves.
    struct Plan: Sendable {
        let deadline: DeadlineRule
        let bodyBytesMax: Int
        /// Hooks that the configuration names, and their names.
        let hooks: [any BuiltinHook]
        let hookNames: [String]
        let revision: HookRevision
        /// Rules that are tried beside those in force; nil: none.
        let shadow: PolicySet?
        let logLevel: LogLevel
    }

    /// What a path asks for.
    private struct Endpoint {
        let phase: ReviewPhase
        /// Whether only hooks that belong to no group are asked.
        var isUngrouped = false
    }

    private static let router: Router<Endpoint> = {
        var router = Router<Endpoint>()
        router.add("/validate", .post, Endpoint(phase: .validate))
        router.add("/mutate", .post, Endpoint(phase: .mutate))
        router.add("/validate/{group}", .post, Endpoint(phase: .validate))
        router.add("/mutate/{group}", .post, Endpoint(phase: .mutate))
        router.add("/ungrouped/validate", .post, Endpoint(phase: .validate, isUngrouped: true))
        router.add("/ungrouped/mutate", .post, Endpoint(phase: .mutate, isUngrouped: true))
        return router
    }()

    private let clock: any Clock
    private let metrics: GateMetrics
    let shard: MetricShard
    let log: Logger
    private let host: HookHost
    private let unstable: UnstableCounts
    private var plan: Plan
    private var endpoint: ReviewEndpoint
    private var keptAnswers = ReviewAnswerWriter()
    private var pipeline: HookPipeline
    private var decisions = DecisionRing()
    private let tracer: ReviewTracer
    private let hooks: HookShare
    private let loop: ServedLoop
    private var errors = ErrorAnswer()

    /// A loop's service; to be made on the loop's thread.
    init(_ plan: Plan, on loop: EventLoop, number: Int, _ hooks: HookShare, metrics: GateMetrics, log: Logger) {
        self.plan = plan
        clock = loop.clock
        self.metrics = metrics
        self.log = log
        shard = metrics.registry.makeShard()
        self.hooks = hooks
        self.loop = ServedLoop(loop)
        tracer = ReviewTracer(hooks.spans, share: hooks.traceShare)
        host = hooks.host(on: loop, number: number, shard: shard, log: log)
        endpoint = ReviewEndpoint(rule: plan.deadline, bytesMax: plan.bodyBytesMax)
        pipeline = HookPipeline(plan.revision, own: plan.hooks, on: host)
        unstable = UnstableCounts(metrics.rules, shard)
        host.noteUnstable = { [unstable] in unstable.add($0) }
        castShadow()
    }

    /// Tries the candidate rules, if there are any, beside those in force.
    private func castShadow() {
        host.shadow = plan.shadow.map { candidate in
            ShadowLoop(
                active: plan.revision.set, candidate: candidate, on: loop, builtins: hooks.builtins,
                findings: hooks.findings)
        }
    }

    /// Replaces what may be replaced; requests that are being answered are not touched by it.
    func adopt(_ plan: Plan) {
        if plan.deadline != self.plan.deadline || plan.bodyBytesMax != self.plan.bodyBytesMax {
            endpoint = ReviewEndpoint(rule: plan.deadline, bytesMax: plan.bodyBytesMax)
        }
        if plan.hookNames != self.plan.hookNames {
            pipeline = HookPipeline(plan.revision, own: plan.hooks, on: host)
        } else {
            pipeline.use(plan.revision)
        }
        log.level = plan.logLevel
        let isSame = plan.revision === self.plan.revision && plan.shadow === self.plan.shadow
        self.plan = plan
        if !isSame { castShadow() }
    }

    func handle(
        _ head: RequestHead, body: Range<Int>, in bytes: Span<UInt8>, _ exchange: HTTPExchange,
        output: inout ByteBuffer
    ) -> HTTPProgress {
        switch Self.router.route(head.method, head.path, in: bytes) {
        case .endpoint(let endpoint, let name, _):
            guard let group = endpoint.isUngrouped ? ReviewQuestion.ungrouped : group(name, bytes) else {
                return refuse(
                    .notFound, "no hook is labelled portcullis.dev/group=\(name.string(in: bytes))", exchange, &output)
            }
            return review(endpoint.phase, group, head, body, bytes, exchange, &output)
        case .options(let methods):
            shard.add(metrics.admission.rejected(.unsupported))
            errors.allow(methods, .noContent, closes: exchange.closes, to: &output)
        case .methodNotAllowed(let methods):
            shard.add(metrics.admission.rejected(.unsupported))
            errors.allow(methods, .methodNotAllowed, closes: exchange.closes, to: &output)
        case .notFound:
            return refuse(.notFound, "the reviews are at /validate and /mutate", exchange, &output)
        }
        return .answered
    }

    /// The number of the group in a path, zero where it names none; nil where no hook belongs to it.
    private func group(_ name: ByteRange, _ bytes: Span<UInt8>) -> UInt32? {
        name.isPresent ? plan.revision.set.group(named: name.string(in: bytes)) : 0
    }

    private func refuse(
        _ status: HTTPStatus, _ message: String, _ exchange: HTTPExchange, _ output: inout ByteBuffer
    ) -> HTTPProgress {
        shard.add(metrics.admission.rejected(.unsupported))
        errors.write(status, message, closes: exchange.closes, to: &output)
        return .answered
    }

    private func review(
        _ phase: ReviewPhase, _ group: UInt32, _ head: RequestHead, _ body: Range<Int>, _ bytes: Span<UInt8>,
        _ exchange: HTTPExchange, _ output: inout ByteBuffer
    ) -> HTTPProgress {
        var way = ReviewWay(service: self, exchange: exchange, head: head, last: clock.now)
        way.trace = tracer.begin(head.traceparent, in: bytes)
        observe(.read, way.last - exchange.arrival)
        let request = ReviewEndpoint.Request(
            head: head, body: body, phase: phase, group: group, arrival: exchange.arrival.nanoseconds,
            closes: exchange.closes, trace: way.trace?.own)
        switch endpoint.respond(to: request, in: bytes, with: pipeline, &way, output: &output) {
        case .answered:
            observeDuration(way.last - exchange.arrival, way.trace)
            return .answered
        case .later: return .later
        case .refused(let error):
            shard.add(metrics.admission.rejected(error == .mediaType ? .unsupported : .invalid))
            log.note(.warning, "a request that is no review was refused", [("reason", error.description)])
            return .answered
        }
    }

    func handshakeEnded(after duration: Nanoseconds) { observe(.tls, duration) }

    func answersWritten(in duration: Nanoseconds) { observe(.write, duration) }

    fileprivate func observe(_ step: AdmissionMetrics.Step, _ duration: Nanoseconds) {
        shard.observe(metrics.admission.step(step), UInt64(clamping: duration.count))
    }

    /// Observes the time since `last` as that step's, and begins the next.
    fileprivate func observe(_ step: AdmissionMetrics.Step, since last: inout Instant) {
        let now = clock.now
        observe(step, now - last)
        last = now
    }

    /// A trace that is kept becomes the exemplar of its bucket.
    private func observeDuration(_ took: Nanoseconds, _ trace: ReviewTrace?) {
        let value = UInt64(clamping: took.count)
        if let own = trace?.own, own.isSampled {
            shard.observe(
                metrics.admission.duration, value, trace: (own.high, own.low), wall: UInt64(clamping: clock.wall))
        } else {
            shard.observe(metrics.admission.duration, value)
        }
    }

    /// Gives memory back that larger reviews than those of late have needed; true where there was any.
    func shrink() -> Bool { endpoint.shrink() }

    /// What was decided of late, the latest first.
    func recent(_ filter: DecisionFilter) -> [Decision] { decisions.recent(filter) }
}

// MARK: what is noted of a decision

extension ReviewService {
    /// Counts a decision, keeps it among the recent ones, and logs it: denials always, the others for those who want to see
    /// everything.
    fileprivate func note(
        _ review: AdmissionReview, _ phase: ReviewPhase, _ response: borrowing ReviewResponse, after took: Nanoseconds,
        _ trace: ReviewTrace?
    ) {
        let outcome: AdmissionMetrics.Outcome =
            response.isAllowed ? (response.hasPatch ? .patched : .allowed) : .denied
        shard.add(metrics.admission.requests(phase, review.operation, outcome))
        decisions.note(review, phase, outcome, response, wall: clock.wall, took: took)
        if let recorder = hooks.recorder, recorder.wants(review) { record(review, phase, response, recorder) }
        if let trace { tracer.end(trace, review, phase, outcome, wall: clock.wall, took: took) }
        if response.isAllowed, log.level > .debug { return }
        let level = response.isAllowed ? LogLevel.debug : max(log.level, .info)
        let hash = plan.revision.hash
        review.uid.withUTF8 { uid in
            log.log(level, outcome.name, request: uid) { line in
                decisions.writeLatest(to: &line)
                line.key("revision")
                line.string(hash)
            }
        }
    }

    private func record(
        _ review: AdmissionReview, _ phase: ReviewPhase, _ response: borrowing ReviewResponse, _ recorder: Recorder
    ) {
        guard let kept = try? KeptReview(review) else { return }
        var writer = JSONWriter(capacity: 1024)
        var scratch = ByteBuffer()
        response.write(for: review, to: &writer, scratch: &scratch)
        recorder.record(kept, phase, revision: plan.revision.hash, answer: writer.bytes)
    }

    /// Ends whatever hooks have running elsewhere.
    func close() { pipeline.close() }

    /// Goes on with tasks that were to run after answers of an earlier life; gives back those whose hooks are gone.
    func resume(_ tasks: [(number: UInt64, task: AfterTask)]) -> [(number: UInt64, task: AfterTask)] {
        tasks.filter { !pipeline.resume($0.task, number: $0.number) }
    }

    /// Sends the answer to a review that was kept.
    fileprivate func finish(
        _ kept: KeptReview, _ phase: ReviewPhase, _ response: borrowing ReviewResponse, _ way: ReviewWay,
        _ ticket: HTTPTicket
    ) {
        var last = way.last
        observe(.hooks, since: &last)
        note(kept.review, phase, response, after: last - way.exchange.arrival, way.trace)
        ticket.answer { output, closes in
            keptAnswers.answer(kept.review, response, head: way.head, closes: closes, output: &output)
            observe(.encode, since: &last)
        }
        observeDuration(clock.now - way.exchange.arrival, way.trace)
    }
}

/// How a review came, and how its answer goes back.
private struct ReviewWay: ReviewExchange {
    let service: ReviewService
    let exchange: HTTPExchange
    let head: RequestHead
    /// When the step before this one ended.
    var last: Instant
    /// The review's place among traces.
    var trace: ReviewTrace?

    mutating func passed(_ step: AdmissionMetrics.Step) { service.observe(step, since: &last) }

    mutating func decided(_ question: ReviewQuestion, _ response: borrowing ReviewResponse) {
        service.note(question.review, question.phase, response, after: last - exchange.arrival, trace)
    }

    func ticket(for question: ReviewQuestion) throws(ReviewError) -> (any ReviewTicket, KeptReview) {
        let kept = try KeptReview(question.review)
        return (Ticket(way: self, http: exchange.ticket(), kept: kept, phase: question.phase), kept)
    }

    private final class Ticket: ReviewTicket {
        private let way: ReviewWay
        private let http: HTTPTicket
        private let kept: KeptReview
        private let phase: ReviewPhase
        private var isSpent = false

        init(way: ReviewWay, http: HTTPTicket, kept: KeptReview, phase: ReviewPhase) {
            (self.way, self.http, self.kept, self.phase) = (way, http, kept, phase)
        }

        func answer(_ response: borrowing ReviewResponse) {
            guard !isSpent else { return }
            isSpent = true
            way.service.finish(kept, phase, response, way, http)
        }
    }
}

/// Answers that are no verdict.
struct ErrorAnswer: ~Copyable {
    private var writer = JSONWriter(capacity: 256)

    mutating func write(_ status: HTTPStatus, _ message: String, closes: Bool, to output: inout ByteBuffer) {
        writer.reset()
        StatusBody(status).write(message, to: &writer)
        writer.withBytes { ResponseWriter(status: status, closes: closes).write($0, to: &output) }
    }

    /// An answer that says which methods there are.
    mutating func allow(_ methods: HTTPMethodSet, _ status: HTTPStatus, closes: Bool, to output: inout ByteBuffer) {
        writer.reset()
        if status != .noContent { StatusBody(status).write("this path has other methods", to: &writer) }
        var response = ResponseWriter(status: status, closes: closes)
        response.allow = methods
        writer.withBytes { response.write($0, to: &output) }
    }
}
