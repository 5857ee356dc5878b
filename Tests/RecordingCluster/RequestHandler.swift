internal import HTTP
internal import Reactor
internal import TLS

/// Records each request, finds out who sent it, and answers.
final class RequestHandler: HTTPHandler {
    private let state: Guarded<ClusterState>

    init(_ state: Guarded<ClusterState>) { self.state = state }

    func handle(
        _ head: RequestHead, body: Range<Int>, in bytes: Span<UInt8>, _ exchange: HTTPExchange,
        output: inout ByteBuffer
    ) -> HTTPProgress {
        var fields: [String: String] = [:]
        var cursor = head.fields
        while let field = cursor.next(in: bytes) {
            fields[field.name.string(in: bytes).lowercased()] = field.value.string(in: bytes)
        }
        let answer = state.withLock { state in
            state.answer(
                RecordedRequest(
                    method: head.methodName.string(in: bytes), path: Self.decoded(head.path.string(in: bytes)),
                    query: Self.query(head.query.isPresent ? head.query.string(in: bytes) : ""), fields: fields,
                    body: body.map { bytes[$0] },
                    user: Self.user(fields["authorization"], exchange.client?.commonName, state.tokens)))
        }
        var writer = ResponseWriter(
            status: HTTPStatus(answer.code),
            contentType: answer.plain == nil ? "application/json" : "text/plain; charset=utf-8",
            closes: exchange.closes)
        writer.retryAfterSeconds = answer.retryAfter
        writer.write((answer.plain ?? answer.body.json + "\n").utf8.span, to: &output)
        return .answered
    }

    /// A token that is nobody's is refused; who shows nothing is anonymous.
    private static func user(_ authorization: String?, _ commonName: String?, _ tokens: [String: String]) -> String? {
        if let commonName { return commonName }
        guard let authorization else { return "system:anonymous" }
        guard authorization.hasPrefix("Bearer ") else { return nil }
        return tokens[String(authorization.dropFirst(7))]
    }

    private static func query(_ text: String) -> [String: String] {
        var pairs: [String: String] = [:]
        for pair in text.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            pairs[decoded(parts[0])] = decoded(parts.count > 1 ? parts[1] : "")
        }
        return pairs
    }

    private static func decoded(_ text: String) -> String {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            let digits = String(decoding: rest.prefix(2), as: UTF8.self)
            if byte == UInt8(ascii: "%"), rest.count >= 2, let value = UInt8(digits, radix: 16) {
                bytes.append(value)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
