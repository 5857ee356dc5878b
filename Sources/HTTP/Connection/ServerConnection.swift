/// One connection as the server sees it: which bytes make a request, what to do next, and when it is over.
///
/// It owns no socket and no memory. Whoever does keeps the bytes of the current request at the front of one buffer:
///
/// 1. after reading, `received` with all of them; then exactly what the action says (and `keptBytes`);
/// 2. after `.request`, an answer with `Connection: close` if `closesAfterAnswer`; then `answered`, which says how many
///    bytes at the front to drop; then `received` again with the rest, if there is any;
/// 3. `inputEnded` when the client has ended its side.
///
/// The same bytes give the same requests and refusals however they are cut.
public struct ServerConnection: Sendable {
    /// What to do next.
    public enum Action: Equatable, Sendable {
        /// Read more.
        case needMore
        /// Send `100 Continue` (`ResponseWriter.writeContinue`), then call `received` again.
        case sendContinue
        /// A request is complete: `head` and `body` describe it.
        case request
        /// Answer with this error and `Connection: close`, then close.
        case refuse(RequestError)
        /// Close; there is nobody to answer.
        case close
    }

    /// What to do after an answer.
    public enum Next: Equatable, Sendable {
        /// Drop so many bytes at the front of the buffer and go on with what follows.
        case request(dropping: Int)
        /// Close.
        case close
    }

    private enum Phase: Equatable { case head, sized, chunked, answering, closed }

    private let limits: HTTPLimits
    private var parser: RequestParser
    private var chunks: ChunkedBody
    private var phase = Phase.head
    private var bodyEnd = 0
    private var mustContinue = false
    private var hasInputEnded = false
    /// How many requests have been read completely.
    public private(set) var requestCount = 0
    /// How many bytes at the front of the buffer are still of use after `received`: the rest is to be cut off.
    public private(set) var keptBytes = 0
    /// How many bytes the current request occupies in the buffer, once it is complete.
    public private(set) var requestBytes = 0
    /// Set to have the connection closed after the answer to the current request, as when the server drains.
    public var isDraining = false

    /// A connection on which nothing has arrived yet.
    public init(limits: HTTPLimits = HTTPLimits()) {
        self.limits = limits
        parser = RequestParser(limits: limits)
        chunks = ChunkedBody(start: 0, limits: limits)
    }

    /// The head of the current request: complete while it is read on or answered, partial before.
    public var head: RequestHead { parser.head }

    /// The body of a complete request.
    public var body: Range<Int> { parser.head.byteCount..<max(bodyEnd, parser.head.byteCount) }

    /// Whether the connection waits for a request of which nothing has arrived.
    public var isIdle: Bool { phase == .head && parser.isAtStart }

    /// Whether a request is with the handler.
    public var isAnswering: Bool { phase == .answering }

    /// Whether the answer to the current request is the connection's last.
    public var closesAfterAnswer: Bool {
        isDraining || !parser.head.keepsAlive || requestCount >= limits.requestsPerConnectionMax || phase == .closed
    }

    /// The size that the buffer will need for the current request, as far as it is known.
    public var wantedBytes: Int {
        phase == .sized ? parser.head.byteCount &+ parser.head.contentLength : keptBytes
    }
}

extension ServerConnection {
    /// Looks at the bytes of the current request and whatever follows them; chunked bodies are decoded where they lie.
    public mutating func received(_ bytes: inout MutableSpan<UInt8>) -> Action {
        keptBytes = bytes.count
        do throws(RequestError) {
            let action = try advance(&bytes)
            guard action == .needMore, hasInputEnded, phase != .answering else { return action }
            if isIdle { return close() }
            throw .endedEarly
        } catch {
            phase = .closed
            return .refuse(error)
        }
    }

    private mutating func advance(_ bytes: inout MutableSpan<UInt8>) throws(RequestError) -> Action {
        while true {
            switch phase {
            case .head:
                guard try parser.parse(bytes.span) else { return .needMore }
                beginBody()
            case .sized:
                bodyEnd = parser.head.byteCount &+ parser.head.contentLength
                if bytes.count >= bodyEnd { return complete(at: bodyEnd) }
                return awaitBody(hasBegun: bytes.count > parser.head.byteCount)
            case .chunked:
                let hasBegun = bytes.count > parser.head.byteCount
                switch try chunks.decode(&bytes) {
                case .complete(let end):
                    bodyEnd = chunks.end
                    return complete(at: end)
                case .needsMore(let kept):
                    keptBytes = kept
                    return awaitBody(hasBegun: hasBegun)
                }
            case .answering: return .needMore
            case .closed: return .close
            }
        }
    }

    private mutating func beginBody() {
        mustContinue = parser.head.expectsContinue
        phase = parser.head.isChunked ? .chunked : .sized
        chunks = ChunkedBody(start: parser.head.byteCount, limits: limits)
    }

    /// A client that sends its body without waiting for leave does not need it (RFC 9110, 10.1.1).
    private mutating func awaitBody(hasBegun: Bool) -> Action {
        defer { mustContinue = false }
        return mustContinue && !hasBegun ? .sendContinue : .needMore
    }

    private mutating func complete(at end: Int) -> Action {
        requestCount += 1
        requestBytes = end
        phase = .answering
        return .request
    }

    /// The answer to the current request has been handed to the transport.
    public mutating func answered() -> Next {
        guard phase == .answering, !closesAfterAnswer else {
            phase = .closed
            return .close
        }
        phase = .head
        bodyEnd = 0
        keptBytes = 0
        parser = RequestParser(limits: limits)
        return .request(dropping: requestBytes)
    }

    /// The client has ended its side; what it sent before is still answered. `bytes` is what `received` would be given.
    public mutating func inputEnded(_ bytes: inout MutableSpan<UInt8>) -> Action {
        hasInputEnded = true
        return received(&bytes)
    }

    /// The request did not arrive in time: an error to answer with, or nothing when none had begun.
    public mutating func timedOut() -> Action {
        if isIdle { return close() }
        phase = .closed
        return .refuse(.tooSlow)
    }

    private mutating func close() -> Action {
        phase = .closed
        return .close
    }
}
