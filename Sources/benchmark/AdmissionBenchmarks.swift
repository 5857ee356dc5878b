import Admission
import HTTP

/// A request from its bytes to the bytes of its answer, sockets and encryption left out: what is left for the reactor to
/// add to.
enum AdmissionBenchmarks {
    static func make() throws -> [Benchmark] {
        try [
            ("pod-create", "pod-create.json"), ("deployment", "deployment-create.json"),
            ("271KB", "pod-create-200-containers.json"), ("2MiB", "configmap-create-2mib.json"),
        ].map { try request($0.0, "reviews/\($0.1)") }
    }

    private static func request(_ name: String, _ path: String) throws -> Benchmark {
        let body = try Inputs.bytes(path)
        let loop = LoopSide(body)
        return Benchmark(
            name: "admission/\(name)", bytes: body.count, ours: { loop.serve() }, peers: [], countsMax: (0, 4))
    }
}

private struct NoTickets: ReviewExchange {
    mutating func ticket(for question: ReviewQuestion) throws(ReviewError) -> (any ReviewTicket, KeptReview) {
        throw .empty
    }
}

/// What one loop holds, and one request that comes again and again.
private final class LoopSide {
    private var bytes: [UInt8]
    private var connection = ServerConnection()
    private var endpoint = ReviewEndpoint()
    private var output = ByteBuffer(capacity: 4096)
    private let pipeline = BuiltinPipeline([PodChecks()])

    init(_ body: [UInt8]) {
        bytes = Array(
            ("POST /validate?timeout=5s HTTP/1.1\r\nHost: portcullis.portcullis-system.svc:443\r\n"
                + "User-Agent: kube-apiserver-admission\r\nContent-Length: \(body.count)\r\n"
                + "Accept: application/json, */*\r\nContent-Type: application/json\r\n"
                + "Accept-Encoding: gzip\r\n\r\n").utf8)
        bytes += body
    }

    func serve() {
        var span = bytes.mutableSpan
        guard connection.received(&span) == .request else { preconditionFailure("the request was refused") }
        var exchange = NoTickets()
        output.removeAll()
        let request = ReviewEndpoint.Request(
            head: connection.head, body: connection.body, phase: .validate, arrival: 0,
            closes: connection.closesAfterAnswer)
        let outcome = endpoint.respond(
            to: request, in: span.span, with: pipeline, &exchange, output: &output)
        guard case .answered = outcome, connection.answered() != .close else {
            preconditionFailure("the review was refused")
        }
    }
}
