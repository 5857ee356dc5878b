import HTTP
import JSON
import Synchronization
import Telemetry

/// Whether the server can take reviews, seen by all threads.
final class Readiness: Sendable {
    /// What must hold for the server to be ready.
    enum Condition: String, CaseIterable {
        /// Every loop listens.
        case listening
        /// The server is not on its way out.
        case staying
    }

    private let met = Mutex<Set<Condition>>([.staying])
    private let rules = Mutex<(problems: [String], hash: String)>(([], ""))

    func set(_ condition: Condition, _ holds: Bool) {
        met.withLock { met in
            if holds { met.insert(condition) } else { met.remove(condition) }
        }
    }

    func holds(_ condition: Condition) -> Bool { met.withLock { $0.contains(condition) } }

    /// What is wrong with the rules, which does not make the server unready: it serves what was right.
    func set(rules problems: [String], hash: String) { rules.withLock { $0 = (problems, hash) } }

    /// The rules in a few lines, for people.
    var ruleLines: [String] {
        rules.withLock { rules in
            guard !rules.hash.isEmpty else { return [] }
            let sign = rules.problems.isEmpty ? "+" : "!"
            return ["[\(sign)] rules \(rules.hash)"] + rules.problems.map { "    \($0)" }
        }
    }

    var isReady: Bool { Condition.allCases.allSatisfy(holds) }
}

/// The answers to people, probes and Prometheus.
final class AdminService: HTTPHandler {
    private enum Endpoint {
        case alive, ready, metrics, index
    }

    private static let router: Router<Endpoint> = {
        var router = Router<Endpoint>()
        router.add("/livez", .get, .alive)
        router.add("/readyz", .get, .ready)
        router.add("/metrics", .get, .metrics)
        router.add("/", .get, .index)
        return router
    }()

    private let readiness: Readiness
    private let registry: MetricRegistry
    private var errors = ErrorAnswer()
    private var page = ByteBuffer()

    init(readiness: Readiness, registry: MetricRegistry) {
        self.readiness = readiness
        self.registry = registry
    }

    func handle(
        _ head: RequestHead, body: Range<Int>, in bytes: Span<UInt8>, _ exchange: HTTPExchange,
        output: inout ByteBuffer
    ) -> HTTPProgress {
        let isHead = head.method == .head
        switch Self.router.route(head.method, head.path, in: bytes) {
        case .endpoint(let endpoint, _, _):
            page.removeAll()
            let (status, type) = write(endpoint, head, bytes)
            send(status, type, isHead: isHead, closes: exchange.closes, to: &output)
        case .options(let methods): errors.allow(methods, .noContent, closes: exchange.closes, to: &output)
        case .methodNotAllowed(let methods):
            errors.allow(methods, .methodNotAllowed, closes: exchange.closes, to: &output)
        case .notFound:
            errors.write(.notFound, "there are /livez, /readyz and /metrics", closes: exchange.closes, to: &output)
        }
        return .answered
    }

    private func write(_ endpoint: Endpoint, _ head: RequestHead, _ bytes: Span<UInt8>) -> (HTTPStatus, StaticString) {
        switch endpoint {
        case .alive: page.append("ok\n")
        case .ready:
            let isReady = readiness.isReady
            if QueryString(head.query).value(of: "verbose", in: bytes).isPresent {
                for condition in Readiness.Condition.allCases {
                    page.append("[\(readiness.holds(condition) ? "+" : "-")] \(condition.rawValue)\n")
                }
                for line in readiness.ruleLines { page.append(line + "\n") }
            }
            page.append(isReady ? "ok\n" : "not ready\n")
            return (isReady ? .ok : .serviceUnavailable, "text/plain; charset=utf-8")
        case .metrics:
            let format = ExpositionFormat(accept: head.accept, in: bytes)
            registry.scrape(format, into: &page)
            return (.ok, format.contentType)
        case .index: page.append("Portcullis\n\n/livez\n/readyz\n/readyz?verbose\n/metrics\n")
        }
        return (.ok, "text/plain; charset=utf-8")
    }

    private func send(
        _ status: HTTPStatus, _ type: StaticString, isHead: Bool, closes: Bool, to output: inout ByteBuffer
    ) {
        var response = ResponseWriter(status: status, contentType: type, closes: closes)
        response.forbidsCaching = true
        response.writeHead(bodyBytes: page.count, to: &output)
        if !isHead { output.append(page.bytes) }
    }
}
