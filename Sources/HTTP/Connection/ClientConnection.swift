/// One connection as a client sees it: one request at a time, and the response to it.
///
/// It owns no socket and no memory. Whoever does keeps the bytes of the response at the front of one buffer, calls
/// `requestSent`, gives `received` all the bytes there are after each read, and keeps `keptBytes` of them.
public struct ClientConnection: Sendable {
    /// What to do next.
    public enum Action: Equatable, Sendable {
        /// Read more.
        case needMore
        /// The response is complete: `head` and `body` describe it. The connection is of further use if `isReusable`.
        case response
        /// Close; this is why there is no response.
        case fail(ResponseError)
        /// Close; no response was due.
        case close
    }

    private enum Phase: Equatable { case idle, head, sized, chunked, untilClose, complete, closed }

    private let limits: HTTPLimits
    private var parser: ResponseParser
    private var chunks: ChunkedBody
    private var phase = Phase.idle
    private var method = HTTPMethod.post
    private var interimCount = 0
    private var bodyEnd = 0
    private var hasRest = false
    /// How many bytes at the front of the buffer are still of use after `received`: the rest is to be cut off.
    public private(set) var keptBytes = 0

    /// A connection on which nothing has been sent yet.
    public init(limits: HTTPLimits = HTTPLimits()) {
        self.limits = limits
        parser = ResponseParser(limits: limits)
        chunks = ChunkedBody(start: 0, limits: limits)
    }

    /// The head of a complete response.
    public var head: ResponseHead { parser.head }

    /// The body of a complete response.
    public var body: Range<Int> { parser.head.end..<max(bodyEnd, parser.head.end) }

    /// Whether another request may be sent: the response is complete, and the server keeps the connection.
    public var isReusable: Bool { phase == .idle || phase == .complete && parser.head.keepsAlive && !hasRest }

    /// A request of that method is on its way; the buffer must be empty.
    public mutating func requestSent(_ method: HTTPMethod) {
        self.method = method
        parser = ResponseParser(limits: limits)
        phase = .head
        interimCount = 0
        bodyEnd = 0
        keptBytes = 0
    }
}

extension ClientConnection {
    /// Looks at the bytes of the response; chunked bodies are decoded where they lie.
    public mutating func received(_ bytes: inout MutableSpan<UInt8>) -> Action {
        keptBytes = bytes.count
        do throws(ResponseError) { return try advance(&bytes) } catch {
            phase = .closed
            return .fail(error)
        }
    }

    private mutating func advance(_ bytes: inout MutableSpan<UInt8>) throws(ResponseError) -> Action {
        while true {
            switch phase {
            case .head:
                guard try parser.parse(bytes.span) else { return .needMore }
                try headEnded()
            case .sized:
                bodyEnd = parser.head.end &+ (parser.head.contentLength ?? 0)
                if bytes.count < bodyEnd { return .needMore }
                return complete(rest: bytes.count &- bodyEnd)
            case .chunked:
                switch try decodeChunks(&bytes) {
                case .needsMore(let kept):
                    keptBytes = kept
                    return .needMore
                case .complete(let end):
                    bodyEnd = chunks.end
                    return complete(rest: bytes.count &- end)
                }
            case .untilClose:
                bodyEnd = bytes.count
                if bodyEnd &- parser.head.end > limits.bodyBytes { throw .bodyTooLong }
                return .needMore
            case .idle, .complete:
                if bytes.count > 0, phase == .idle { throw .unsolicited }
                return .needMore
            case .closed: return .close
            }
        }
    }

    private mutating func decodeChunks(
        _ bytes: inout MutableSpan<UInt8>
    ) throws(ResponseError) -> ChunkedBody.Outcome {
        do throws(RequestError) { return try chunks.decode(&bytes) } catch {
            throw error == .bodyTooLong ? .bodyTooLong : .chunk
        }
    }

    /// RFC 9112, 6.3: what delimits the body.
    private mutating func headEnded() throws(ResponseError) {
        let code = parser.head.statusCode
        if code < 200 {
            interimCount += 1
            if code == 101 || interimCount > limits.interimResponsesMax { throw .interim }
            parser = ResponseParser(limits: limits, startingAt: parser.head.end)
            return
        }
        if method == .head || code == 204 || code == 304 {
            phase = .sized
            parser.dropBody()
        } else if parser.head.isChunked {
            phase = .chunked
            chunks = ChunkedBody(start: parser.head.end, limits: limits)
        } else if let length = parser.head.contentLength {
            if length > limits.bodyBytes { throw .bodyTooLong }
            phase = .sized
        } else {
            phase = .untilClose
            parser.endsWithConnection()
        }
    }

    private mutating func complete(rest: Int) -> Action {
        hasRest = rest > 0
        phase = .complete
        return .response
    }

    /// The server has ended its side. `bytes` is what `received` would be given.
    public mutating func inputEnded(_ bytes: inout MutableSpan<UInt8>) -> Action {
        let action = received(&bytes)
        guard action == .needMore else { return action }
        switch phase {
        case .untilClose:
            phase = .complete
            return .response
        case .idle, .complete:
            phase = .closed
            return .close
        default:
            phase = .closed
            return .fail(.endedEarly)
        }
    }
}

extension ResponseParser {
    /// The response has no body, whatever length it announces.
    mutating func dropBody() {
        head.contentLength = 0
        head.isChunked = false
    }

    /// The end of the connection is the end of the body.
    mutating func endsWithConnection() { head.keepsAlive = false }
}
