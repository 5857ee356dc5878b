import HTTP
import JSON
import Reactor
import TLS

/// Asks a running server for what its endpoints for people say.
struct AdminClient {
    static let flags = """
          --server URL         the server's address for people (default http://127.0.0.1:9090)
          --token-file FILE    the admin token, which changes need
          --ca FILE            certificates (PEM) to trust instead of the system's
          --certificate FILE --key FILE   a client certificate and its key (PEM)
          --timeout TIME       how long to wait for the answer (default 15s)
        """
    static let values: Set<String> = ["--server", "--token-file", "--ca", "--certificate", "--key", "--timeout"]

    /// What the server said.
    struct Answer {
        let status: Int
        let document: JSONDocument
    }

    /// Why there is no answer.
    struct Problem: Error {
        let message: String
    }

    private let base: HTTPURL
    private let token: String?
    private let authorities: String?
    private let pair: (certificate: String, key: String)?
    private let patience: Nanoseconds
    private static let bytesMax = 64 << 20

    init(_ arguments: Arguments) throws(UsageError) {
        let text = arguments.value("--server") ?? "http://127.0.0.1:9090"
        do throws(HTTPURL.Problem) { base = try HTTPURL(text) } catch {
            throw UsageError(message: "'\(text)': \(error.sentence)")
        }
        token = arguments.value("--token-file")
        authorities = arguments.value("--ca")
        guard (arguments.value("--key") == nil) == (arguments.value("--certificate") == nil) else {
            throw UsageError(message: "--certificate and --key go together")
        }
        pair = arguments.value("--certificate").flatMap { certificate in
            arguments.value("--key").map { (certificate, $0) }
        }
        let time = arguments.value("--timeout") ?? "15s"
        guard let duration = GoDuration(time), duration.nanoseconds > 0 else {
            throw UsageError(message: "--timeout must be a time such as 10s, not '\(time)'")
        }
        patience = Nanoseconds(count: duration.nanoseconds)
    }

    /// Asks for a path; a body makes it a change.
    func ask(_ path: String, body: String? = nil) throws(Problem) -> Answer {
        do {
            let loop = try EventLoop(clock: SystemClock())
            var target = HTTPTarget(try url(path))
            target.tls = try base.isSecure ? context() : nil
            target.limits.bodyBytesMax = Self.bytesMax
            let client = HTTPClient(target, on: loop, resolver: Resolver(on: loop))
            defer { client.close() }
            let method: HTTPMethod = body == nil ? .get : .post
            var outcome: Result<HTTPResponse, HTTPClientError>?
            try client.send(
                try RequestWriter(method, target.url, fields: try credentials()), method,
                body: Array((body ?? "").utf8),
                deadline: loop.now + patience
            ) { outcome = $0 }
            while outcome == nil { loop.turn() }
            return try Self.answer(outcome, base)
        } catch let problem as Problem {
            throw problem
        } catch {
            throw Problem(message: "\(error)")
        }
    }

    private static func answer(
        _ outcome: Result<HTTPResponse, HTTPClientError>?, _ base: HTTPURL
    ) throws(Problem) -> Answer {
        switch outcome {
        case .success(let response):
            guard let document = try? JSONDocument(parsing: Array(response.body)) else {
                throw Problem(
                    message: "\(base.authority) answered with status \(response.head.statusCode), and not with JSON")
            }
            return Answer(status: response.head.statusCode, document: document)
        case .failure(let error): throw Problem(message: "\(base.authority): \(error.sentence)")
        case nil: throw Problem(message: "\(base.authority) did not answer")
        }
    }

    private func url(_ path: String) throws(Problem) -> HTTPURL {
        let scheme = base.isSecure ? "https" : "http"
        do throws(HTTPURL.Problem) { return try HTTPURL("\(scheme)://\(base.authority)\(path)") } catch {
            throw Problem(message: "'\(path)': \(error.sentence)")
        }
    }

    private func credentials() throws -> [(name: String, value: String)] {
        guard let token else { return [] }
        let bytes = try WholeFile.read(token, bytesMax: 4096)
        let text = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isWhitespace).joined(separator: " ")
        return [("Authorization", "Bearer \(text)")]
    }

    private func context() throws -> TLSContext {
        var configuration = TLSClientConfiguration()
        if let authorities { configuration.authorities = try WholeFile.read(authorities, bytesMax: 1 << 20) }
        if let pair {
            configuration.pair = try CertificatePair(
                chain: WholeFile.read(pair.certificate, bytesMax: 1 << 20),
                key: WholeFile.read(pair.key, bytesMax: 1 << 20))
        }
        return try TLSContext(configuration)
    }
}

/// A name as a segment of a path.
enum PathSegment {
    /// Nil where no hook or letter can have that name.
    static func checked(_ name: String) -> String? {
        let isPlain = name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: ":"),
                UInt8(ascii: "_"):
                true
            default: false
            }
        }
        return isPlain && !name.isEmpty ? name : nil
    }
}

/// What commands make of answers.
enum AdminOutput {
    /// Prints the answer as JSON, or has `text` print it for people; says what the server refused.
    static func show(
        _ name: String, _ answer: AdminClient.Answer, isJSON: Bool, _ text: (JSONNode) -> String
    ) -> ExitStatus {
        guard answer.status < 300 else {
            let message = answer.document.withRoot { $0["message"]?.string } ?? "status \(answer.status)"
            Console.error("portcullis \(name): \(message)\n")
            return answer.status == 401 || answer.status == 403 ? .cannotRun : .bad
        }
        answer.document.withRoot { root in Console.print(isJSON ? root.text() + "\n" : text(root)) }
        return .fine
    }

    /// Asks, and prints; says what went wrong.
    static func run(
        _ name: String, _ arguments: Arguments, _ path: String, body: String? = nil, _ text: (JSONNode) -> String
    ) throws(UsageError) -> ExitStatus {
        let isJSON = try arguments.choice("--output", [("text", false), ("json", true)]) ?? false
        let client = try AdminClient(arguments)
        do throws(AdminClient.Problem) {
            return show(name, try client.ask(path, body: body), isJSON: isJSON, text)
        } catch {
            Console.error("portcullis \(name): \(error.message)\n")
            return .cannotRun
        }
    }

    /// A table whose columns are as wide as they must be.
    static func table(_ names: [String], _ rows: [[String]]) -> String {
        var widths = names.map(\.count)
        for row in rows { for (index, cell) in row.enumerated() { widths[index] = max(widths[index], cell.count) } }
        return ([names] + rows).map { row in
            let cells = row.enumerated().map { index, cell in
                index == row.count - 1 ? cell : cell + String(repeating: " ", count: widths[index] - cell.count)
            }
            return cells.joined(separator: "  ") + "\n"
        }.joined()
    }
}
