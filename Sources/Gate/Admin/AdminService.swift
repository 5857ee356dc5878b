import HTTP
import Hooks
import JSON
import Telemetry

/// The answers to people, probes and Prometheus, on the server's own loop.
final class AdminService: HTTPHandler {
    enum Endpoint {
        case alive, ready, metrics, page, status, hooks, hook, decisions, shadow, failOpen, recording, deadLetters
        case reload, mode, breaker, resolve, replay

        /// Whether only those may ask who are allowed to change things.
        var changes: Bool { [.reload, .mode, .breaker, .resolve, .replay].contains(self) }
    }

    /// What is answered: a status, a body of that type.
    struct Answer {
        var status = HTTPStatus.ok
        var type: StaticString = "application/json"
    }

    static let router: Router<Endpoint> = {
        var router = Router<Endpoint>()
        router.add("/livez", .get, .alive)
        router.add("/readyz", .get, .ready)
        router.add("/metrics", .get, .metrics)
        router.add("/", .get, .page)
        router.add("/v1/status", .get, .status)
        router.add("/v1/hooks", .get, .hooks)
        router.add("/v1/hooks/{name}", .get, .hook)
        router.add("/v1/decisions", .get, .decisions)
        router.add("/v1/shadow", .get, .shadow)
        router.add("/v1/fail-open", .get, .failOpen)
        router.add("/v1/recording", .get, .recording)
        router.add("/v1/runtime/hooks/dead-letter", .get, .deadLetters)
        router.add("/v1/runtime/hooks/dead-letter/{id}/resolve", .post, .resolve)
        router.add("/v1/runtime/hooks/dead-letter/{id}/replay", .post, .replay)
        router.add("/v1/reload", .post, .reload)
        router.add("/v1/hooks/{name}/mode", .post, .mode)
        router.add("/v1/hooks/{name}/breaker", .post, .breaker)
        return router
    }()

    static let paths = "there are /livez, /readyz, /metrics, / and /v1/status, hooks, decisions, shadow, fail-open"

    /// The server, which outlives its services.
    unowned let gate: Gate
    private let credentials: AdminCredentials
    private var errors = ErrorAnswer()
    var page = ByteBuffer()
    var writer = JSONWriter(capacity: 4096)

    init(_ gate: Gate, _ credentials: AdminCredentials) {
        self.gate = gate
        self.credentials = credentials
    }

    func handle(
        _ head: RequestHead, body: Range<Int>, in bytes: Span<UInt8>, _ exchange: HTTPExchange,
        output: inout ByteBuffer
    ) -> HTTPProgress {
        switch Self.router.route(head.method, head.path, in: bytes) {
        case .endpoint(let endpoint, let name, _):
            let request = AdminRequest(
                head: head, body: body, name: name.isPresent ? name.string(in: bytes) : "", exchange: exchange)
            return answer(endpoint, request, bytes, &output)
        case .options(let methods): errors.allow(methods, .noContent, closes: exchange.closes, to: &output)
        case .methodNotAllowed(let methods):
            errors.allow(methods, .methodNotAllowed, closes: exchange.closes, to: &output)
        case .notFound:
            errors.write(.notFound, Self.paths, closes: exchange.closes, to: &output)
        }
        return .answered
    }

    private func answer(
        _ endpoint: Endpoint, _ request: AdminRequest, _ bytes: Span<UInt8>, _ output: inout ByteBuffer
    ) -> HTTPProgress {
        page.removeAll()
        writer.reset()
        do throws(AdminRefusal) {
            if credentials.isOfSupervisor { _ = try identify(request, bytes) }
            if endpoint == .decisions { return answerDecisions(request, bytes, &output) }
            if try answersLater(endpoint, request, bytes) { return .later }
            let answer: Answer
            if endpoint.changes {
                let who = try identify(request, bytes)
                answer = try change(endpoint, request, bytes, by: who)
            } else {
                answer = try show(endpoint, request, bytes)
            }
            if writer.count > 0 {
                writer.withBytes { page.append($0) }
                page.append("\n")
            }
            send(answer, request, &output)
        } catch {
            errors.write(error.status, error.message, closes: request.exchange.closes, to: &output)
        }
        return .answered
    }

    /// Takes on what a disk or a hook must be waited for.
    private func answersLater(
        _ endpoint: Endpoint, _ request: AdminRequest, _ bytes: Span<UInt8>
    ) throws(AdminRefusal) -> Bool {
        switch endpoint {
        case .failOpen: try answerEntries(of: gate.records.ledger.log, request, bytes)
        case .deadLetters: try answerEntries(of: gate.records.letters.log, request, bytes)
        case .recording:
            // What people did is told to those who look after the server, not to whoever may scrape it.
            _ = try identify(request, bytes)
            try answerRecording(request)
        case .resolve: try resolve(request, by: identify(request, bytes))
        case .replay: try replay(request, by: identify(request, bytes))
        default: return false
        }
        return true
    }

    private func identify(_ request: AdminRequest, _ bytes: Span<UInt8>) throws(AdminRefusal) -> String {
        let standing = credentials.standing(
            authorization: request.head.authorization, in: bytes, request.exchange.client)
        let name = try standing.name(gate.log)
        guard credentials.isOfSupervisor else { return name }
        let person = request.head.value(of: WorkerClient.personField, in: bytes)
        return person.isPresent ? person.string(in: bytes) : name
    }

    func send(_ answer: Answer, _ request: AdminRequest, _ output: inout ByteBuffer) {
        var response = ResponseWriter(
            status: answer.status, contentType: answer.type, closes: request.exchange.closes)
        response.forbidsCaching = true
        response.writeHead(bodyBytes: page.count, to: &output)
        if request.head.method != .head { page.withBytes { output.append($0) } }
    }

    private func show(
        _ endpoint: Endpoint, _ request: AdminRequest, _ bytes: Span<UInt8>
    ) throws(AdminRefusal) -> Answer {
        switch endpoint {
        case .alive:
            page.append("ok\n")
            return Answer(type: "text/plain; charset=utf-8")
        case .ready: return showReadiness(request, bytes)
        case .metrics:
            let format = ExpositionFormat(accept: request.head.accept, in: bytes)
            gate.metrics.registry.scrape(format, into: &page)
            return Answer(type: format.contentType)
        case .status: gate.writeStatus(to: &writer)
        case .shadow: gate.writeShadow(to: &writer)
        case .hooks: gate.writeHooks(to: &writer)
        case .hook:
            guard gate.writeHook(request.name, to: &writer) else { throw .noHook(request.name) }
        default:
            StatusPage().write(to: &page)
            return Answer(type: "text/html; charset=utf-8")
        }
        return Answer()
    }

    private func showReadiness(_ request: AdminRequest, _ bytes: Span<UInt8>) -> Answer {
        let readiness = gate.readiness
        if QueryString(request.head.query).value(of: "verbose", in: bytes).isPresent {
            for condition in Readiness.Condition.allCases {
                page.append("[\(readiness.holds(condition) ? "+" : "-")] \(condition.rawValue)\n")
            }
            for line in readiness.ruleLines { page.append(line + "\n") }
        }
        page.append(readiness.isReady ? "ok\n" : "not ready\n")
        return Answer(
            status: readiness.isReady ? .ok : .serviceUnavailable, type: "text/plain; charset=utf-8")
    }
}

/// A request to one of the endpoints for people.
struct AdminRequest {
    let head: RequestHead
    let body: Range<Int>
    /// What the path names; empty where it names nothing.
    let name: String
    let exchange: HTTPExchange
}

/// Why a request for people's endpoints is not answered as it wants.
struct AdminRefusal: Error {
    let status: HTTPStatus
    let message: String

    init(_ status: HTTPStatus, _ message: String) { (self.status, self.message) = (status, message) }

    static func noHook(_ name: String) -> AdminRefusal { AdminRefusal(.notFound, "there is no hook '\(name)'") }
}
