import HTTP
import Reactor
import TLS
import Telemetry

/// Posts spans to a collector, on the server's own loop: a batch at a time, never in the way of a review.
///
/// A collector that is not there costs the spans that do not fit into the queue, which is counted.
final class SpanExporter {
    private static let spansPerBatch = 256
    private static let period = Nanoseconds.seconds(2)
    private static let patience = Nanoseconds.seconds(5)

    private let sink: SpanSink
    private let client: HTTPClient
    private let request: RequestWriter
    private let service: String
    private let loop: EventLoop
    private let log: Logger
    private var isPosting = false
    private var isFailing = false
    private var isClosed = false
    private let counts: Guarded<Counts>

    /// What became of spans.
    struct Counts {
        var exported: UInt64 = 0
        var lost: UInt64 = 0
    }

    init(
        _ traces: ServerConfiguration.Traces, to endpoint: HTTPURL, _ sink: SpanSink, _ registry: MetricRegistry,
        log: Logger, on loop: EventLoop
    ) throws(GateError) {
        self.sink = sink
        self.loop = loop
        self.log = log
        service = traces.service
        var target = HTTPTarget(endpoint)
        target.connectionsMax = 1
        do {
            if endpoint.isSecure {
                var tls = TLSClientConfiguration()
                if let path = traces.authorities { tls.authorities = try WholeFile.read(path, bytesMax: 1 << 20) }
                target.tls = try TLSContext(tls)
            }
            request = try RequestWriter(.post, endpoint, fields: [("Content-Type", "application/json")])
        } catch {
            throw GateError("cannot export traces to \(endpoint.authority): \(error)")
        }
        client = HTTPClient(target, on: loop, resolver: Resolver(on: loop))
        let counts = Guarded(Counts())
        self.counts = counts
        registry.collect { [weak sink] writer in
            let now = counts.withLock { $0 }
            writer.counter("portcullis_spans", "Spans, by what became of them.")
            writer.sample(Double(now.exported), [("result", "exported")])
            writer.sample(Double(now.lost), [("result", "lost")])
            writer.sample(Double(sink?.dropped ?? 0), [("result", "dropped")])
        }
        wait()
    }

    private func wait() {
        _ = loop.arm(after: Self.period) { [weak self] _ in
            guard let self, !isClosed else { return }
            post()
            wait()
        }
    }

    private func post() {
        guard !isPosting else { return }
        let batch = sink.take(Self.spansPerBatch)
        guard !batch.isEmpty else { return }
        isPosting = true
        let body = SpanExport.json(batch, service: service, version: Release.version)
        do throws(RequestWriter.Problem) {
            try client.send(request, .post, body: body, deadline: loop.now + Self.patience) { [weak self] result in
                self?.posted(batch.count, result)
            }
        } catch {
            // The fields were checked when the writer was made.
            posted(batch.count, .failure(.cancelled))
        }
    }

    private func posted(_ count: Int, _ result: Result<HTTPResponse, HTTPClientError>) {
        isPosting = false
        var problem: String?
        switch result {
        case .success(let response) where (200..<300).contains(response.head.statusCode): break
        case .success(let response): problem = "it answered with status \(response.head.statusCode)"
        case .failure(let error): problem = error.sentence
        }
        counts.withLock { counts in
            if problem == nil { counts.exported += UInt64(count) } else { counts.lost += UInt64(count) }
        }
        // Said when it begins and when it is over, not for each batch.
        if let problem, !isFailing { log.note(.warning, "traces are lost: the collector fails", [("reason", problem)]) }
        if problem == nil, isFailing { log.log(.info, "the collector takes traces again") }
        isFailing = problem != nil
        if problem == nil, !isClosed { post() }
    }

    /// Ends; what waits is lost.
    func close() {
        isClosed = true
        client.close()
    }
}
