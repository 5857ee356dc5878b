import HTTP
import Hooks
import JSON
import Reactor
import Telemetry

/// The answers to people, probes and Prometheus for all workers together, on the supervisor's loop. Each worker that serves is
/// asked the same, and what they say is put together.
final class SupervisorService: HTTPHandler {
    typealias Answers = [(worker: Int, answer: WorkerAnswer)]

    /// A page that is put together.
    struct Page {
        let status: HTTPStatus
        let type: StaticString
        let body: [UInt8]

        init(_ body: [UInt8], _ status: HTTPStatus = .ok, type: StaticString = "application/json") {
            (self.body, self.status, self.type) = (body, status, type)
        }

        static func refusal(_ status: HTTPStatus, _ message: String) -> Page {
            var writer = JSONWriter(capacity: 256)
            StatusBody(status).write(message, to: &writer)
            return Page(writer.bytes, status)
        }
    }

    unowned let supervisor: Supervisor
    private let credentials: AdminCredentials
    private var errors = ErrorAnswer()
    /// A ticket is good once `handle` has returned, and workers may be known not to answer before.
    private var isHandling = false

    init(_ supervisor: Supervisor, _ credentials: AdminCredentials) {
        self.supervisor = supervisor
        self.credentials = credentials
    }

    func handle(
        _ head: RequestHead, body: Range<Int>, in bytes: Span<UInt8>, _ exchange: HTTPExchange,
        output: inout ByteBuffer
    ) -> HTTPProgress {
        isHandling = true
        defer { isHandling = false }
        switch AdminService.router.route(head.method, head.path, in: bytes) {
        case .endpoint(let endpoint, let name, _):
            let ticket = exchange.ticket()
            let isHead = head.method == .head
            do throws(AdminRefusal) {
                var request = SupervisorRequest(
                    endpoint: endpoint, name: name.isPresent ? name.string(in: bytes) : "",
                    path: head.path.string(in: bytes), query: head.query.isPresent ? head.query.string(in: bytes) : "")
                if endpoint.changes || endpoint == .recording { request.who = try identify(head, exchange, bytes) }
                for index in body { request.body.append(bytes[index]) }
                try answer(request) { [unowned self] page in send(page, ticket, isHead: isHead) }
                return .later
            } catch {
                errors.write(error.status, error.message, closes: exchange.closes, to: &output)
            }
        case .options(let methods): errors.allow(methods, .noContent, closes: exchange.closes, to: &output)
        case .methodNotAllowed(let methods):
            errors.allow(methods, .methodNotAllowed, closes: exchange.closes, to: &output)
        case .notFound: errors.write(.notFound, AdminService.paths, closes: exchange.closes, to: &output)
        }
        return .answered
    }

    private func identify(
        _ head: RequestHead, _ exchange: HTTPExchange, _ bytes: Span<UInt8>
    ) throws(AdminRefusal) -> String {
        let standing = credentials.standing(authorization: head.authorization, in: bytes, exchange.client)
        return try standing.name(supervisor.log)
    }

    private func send(_ page: Page, _ ticket: HTTPTicket, isHead: Bool) {
        if isHandling, let loop = supervisor.loop {
            loop.arm(after: .zero) { [unowned self] _ in send(page, ticket, isHead: isHead) }
            return
        }
        ticket.answer { output, closes in
            var response = ResponseWriter(status: page.status, contentType: page.type, closes: closes)
            response.forbidsCaching = true
            response.writeHead(bodyBytes: page.body.count, to: &output)
            if !isHead { output.append(page.body) }
        }
    }
}

/// A request to a supervisor's endpoints.
struct SupervisorRequest {
    let endpoint: AdminService.Endpoint
    /// What the path names; empty where it names nothing.
    let name: String
    let path: String
    let query: String
    /// Who asks for a change.
    var who = ""
    var body: [UInt8] = []

    /// Path and query.
    var target: String { query.isEmpty ? path : "\(path)?\(query)" }

    /// The value of that name in the query, as sent.
    func value(_ name: String) -> String? {
        query.split(separator: "&").first { $0.hasPrefix("\(name)=") }.map { String($0.dropFirst(name.count + 1)) }
    }

    /// How many entries of a list are asked for.
    var limit: Int { value("limit").flatMap { Int($0) } ?? 100 }
}
