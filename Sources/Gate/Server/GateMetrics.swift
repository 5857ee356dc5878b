import Admission
import HTTP
import Hooks
import Telemetry

/// The metrics of the assembled server, registered once; each loop counts in a shard of its own.
struct GateMetrics: Sendable {
    let registry: MetricRegistry
    let admission: AdmissionMetrics
    let connections: Gauge
    private let certificateExpiries: MetricSet<Gauge>
    let reloads: [Counter]
    let rules: RuleMetrics
    let hooks: HookMetrics
    /// What the HTTP servers count, in the order of `ServerFigure`.
    private let figures: [Counter]

    /// What one loop's HTTP server counts and the metrics do not know otherwise.
    enum ServerFigure: Int, CaseIterable {
        case accepted, shed, evicted, handshakes, handshakeFailures, refused, slow, overloaded, undelivered
        case bytesRead, bytesWritten
    }

    /// Nil when the registry has no room for them, which is our own bug.
    init?(registry: MetricRegistry) {
        self.registry = registry
        hooks = HookMetrics(registering: registry)
        certificateExpiries = registry.gauges(
            "portcullis_certificate_expiry_timestamp_seconds", "When a certificate in use expires.", labels: ["use"])
        let reloads = registry.counters(
            "portcullis_configuration_reload", "Reloads of configuration and certificates.", labels: ["result"])
        let figures = Self.register(registry)
        guard let rules = RuleMetrics(registry: registry), let admission = AdmissionMetrics(registering: registry),
            let connections = registry.gauges("portcullis_http_connections", "Open connections.").series(),
            let loaded = reloads.series("success"),
            let failed = reloads.series("failure"), figures.count == ServerFigure.allCases.count
        else { return nil }
        (self.admission, self.connections) = (admission, connections)
        (self.reloads, self.figures, self.rules) = ([loaded, failed], figures, rules)
        ProcessMetrics.register(in: registry)
    }

    private static func register(_ registry: MetricRegistry) -> [Counter] {
        func one(_ name: String, _ help: String) -> Counter? { registry.counters(name, help).series() }
        let closed = registry.counters(
            "portcullis_http_connections_closed_early", "Connections closed for want of room.", labels: ["reason"])
        let rejected = registry.counters(
            "portcullis_http_requests_refused", "Requests that no handler saw.", labels: ["reason"])
        let handshakes = registry.counters("portcullis_tls_handshakes", "TLS handshakes.", labels: ["result"])
        let all: [Counter?] = [
            one("portcullis_http_connections_accepted", "Connections accepted."), closed.series("descriptors"),
            closed.series("evicted"), handshakes.series("success"), handshakes.series("failure"),
            rejected.series("malformed"), rejected.series("slow"), rejected.series("overload"),
            one("portcullis_http_answers_undelivered", "Answers whose client had gone."),
            one("portcullis_http_received_bytes", "Bytes of requests."),
            one("portcullis_http_sent_bytes", "Bytes of answers."),
        ]
        return all.compactMap { $0 }
    }

    func figure(_ figure: ServerFigure) -> Counter { figures[figure.rawValue] }

    /// Notes when a certificate expires, in seconds since 1970. What has none has no series: zero would be a date too.
    func note(expiry: Int64, of use: String, _ shard: MetricShard) {
        if let gauge = certificateExpiries.series(use) { shard.set(gauge, Double(expiry)) }
    }

    /// The counter of reloads that went well, or did not.
    func reloaded(_ isGood: Bool) -> Counter { reloads[isGood ? 0 : 1] }
}

/// Copies what a loop's HTTP server counted since the last time into the loop's shard.
struct ServerFigures {
    private var last = HTTPServerCounters()

    mutating func record(_ server: HTTPServer, _ metrics: GateMetrics, _ shard: MetricShard) {
        var now = server.counters
        now.shed = server.shedCount
        func add(_ figure: GateMetrics.ServerFigure, _ path: KeyPath<HTTPServerCounters, UInt64>) {
            shard.add(metrics.figure(figure), now[keyPath: path] &- last[keyPath: path])
        }
        add(.accepted, \.accepted)
        add(.shed, \.shed)
        add(.evicted, \.evicted)
        add(.handshakes, \.handshakes)
        add(.handshakeFailures, \.handshakeFailures)
        add(.refused, \.refused)
        add(.slow, \.slow)
        add(.overloaded, \.overloaded)
        add(.undelivered, \.undelivered)
        func reject(_ reason: AdmissionMetrics.Rejection, _ path: KeyPath<HTTPServerCounters, UInt64>) {
            shard.add(metrics.admission.rejected(reason), now[keyPath: path] &- last[keyPath: path])
        }
        reject(.malformed, \.refused)
        reject(.slow, \.slow)
        reject(.shed, \.overloaded)
        reject(.tooLarge, \.tooLarge)
        reject(.draining, \.abandoned)
        add(.bytesRead, \.bytesRead)
        add(.bytesWritten, \.bytesWritten)
        last = now
        shard.set(metrics.connections, Double(server.connectionCount))
        shard.set(metrics.admission.inFlight, Double(server.inFlight))
    }
}
