import HTTP
import Reactor
import TLS

/// Asks HTTP servers one thing after the other, and waits for each answer.
struct WebCaller {
    /// Why there is no answer.
    struct Problem: Error, CustomStringConvertible {
        let description: String
    }

    /// What came back.
    struct Answer {
        let status: Int
        let body: [UInt8]
    }

    static let flags = """
          --ca FILE                       certificates (PEM) to trust instead of the system's
          --certificate FILE --key FILE   a client certificate and its key (PEM)
        """
    static let values: Set<String> = ["--ca", "--certificate", "--key"]

    private let loop: EventLoop
    private let tls: TLSContext?
    private static let bodyBytesMax = 64 << 20

    /// Trusts those authorities (PEM), or the system's, and shows that pair if it is asked.
    init(trusting authorities: [UInt8]?, pair: CertificatePair? = nil) throws(Problem) {
        var configuration = TLSClientConfiguration()
        configuration.authorities = authorities
        configuration.pair = pair
        do {
            loop = try EventLoop(clock: SystemClock())
            tls = try TLSContext(configuration)
        } catch {
            throw Problem(description: "the certificates cannot be used: \(error)")
        }
        SignalWatch.ignoreBrokenPipes()
    }

    /// With what the options of a command say of certificates.
    static func make(_ arguments: Arguments) throws(UsageError) -> Result<WebCaller, Problem> {
        guard (arguments.value("--key") == nil) == (arguments.value("--certificate") == nil) else {
            throw UsageError(message: "--certificate and --key go together")
        }
        do {
            let authorities = try arguments.value("--ca").map { try WholeFile.read($0, bytesMax: 1 << 20) }
            var pair: CertificatePair?
            if let certificate = arguments.value("--certificate"), let key = arguments.value("--key") {
                pair = CertificatePair(
                    chain: try WholeFile.read(certificate, bytesMax: 1 << 20),
                    key: try WholeFile.read(key, bytesMax: 1 << 20))
            }
            return .success(try WebCaller(trusting: authorities, pair: pair))
        } catch {
            return .failure(Problem(description: "\(error)"))
        }
    }

    /// What happens in a call, on top of where it goes.
    struct Request {
        var method = HTTPMethod.get
        /// The name that the certificate must bear, where that is not the address's.
        var serverName: String?
        var fields: [(name: String, value: String)] = []
        var body: [UInt8] = []
        var patience = Nanoseconds.seconds(10)
    }

    /// Makes a call.
    func send(_ request: Request, to url: HTTPURL) throws(Problem) -> Answer {
        loop.turn(waits: false)
        var target = HTTPTarget(url, tls: url.isSecure ? tls : nil)
        target.serverName = request.serverName
        target.limits.bodyBytesMax = Self.bodyBytesMax
        let client = HTTPClient(target, on: loop, resolver: Resolver(on: loop))
        defer { client.close() }
        var outcome: Result<HTTPResponse, HTTPClientError>?
        do throws(RequestWriter.Problem) {
            let writer = try RequestWriter(request.method, url, fields: request.fields)
            try client.send(writer, request.method, body: request.body, deadline: loop.now + request.patience) {
                outcome = $0
            }
        } catch {
            throw Problem(description: error.sentence)
        }
        while outcome == nil { loop.turn() }
        switch outcome {
        case .success(let response): return Answer(status: response.head.statusCode, body: Array(response.body))
        case .failure(let error): throw Problem(description: error.sentence)
        case nil: throw Problem(description: "there was no answer")
        }
    }

    /// Lets time pass.
    func rest(for time: Nanoseconds) {
        loop.turn(waits: false)
        var isOver = false
        loop.arm(after: time) { _ in isOver = true }
        while !isOver { loop.turn() }
    }

    /// The time since the machine started.
    var now: Instant { loop.clock.now }
}
