/// Writes a response, head and body, behind what a buffer already holds; nothing is allocated once the buffer is warm.
public struct ResponseWriter: Sendable {
    /// The status.
    public var status: HTTPStatus
    /// The body's media type; left out when there is no body.
    public var contentType: StaticString
    /// Whether the connection ends with this response, which is then said.
    public var closes: Bool
    /// Whether the client is one of HTTP/1.0 that asked to keep the connection: it must be told that it may.
    public var keepsOldConnection = false
    /// Seconds after which to come again.
    public var retryAfterSeconds: Int?
    /// The methods that the resource knows, for 405 and OPTIONS.
    public var allow: HTTPMethodSet?
    /// The moment of the answer; left out when nil.
    public var date: HTTPDate?
    /// Asks caches to keep nothing.
    public var forbidsCaching = false

    /// A response with that status whose body, if any, is JSON.
    public init(status: HTTPStatus, contentType: StaticString = "application/json", closes: Bool = false) {
        self.status = status
        self.contentType = contentType
        self.closes = closes
    }

    /// Writes head and body.
    public func write(_ body: Span<UInt8>, to buffer: inout ByteBuffer) {
        buffer.reserve(body.count &+ 384)
        writeHead(bodyBytes: body.count, to: &buffer)
        buffer.append(body)
    }

    /// Writes the head alone: before a body that follows, or for the answer to HEAD.
    public func writeHead(bodyBytes: Int, to buffer: inout ByteBuffer) {
        buffer.append("HTTP/1.1 ")
        buffer.append(decimal: status.code)
        buffer.append(" ")
        buffer.append(status.phrase)
        if status.code != 204 {
            buffer.append("\r\nContent-Length: ")
            buffer.append(decimal: bodyBytes)
        }
        if bodyBytes > 0 {
            buffer.append("\r\nContent-Type: ")
            buffer.append(contentType)
        }
        writeRareFields(to: &buffer)
        if closes {
            buffer.append("\r\nConnection: close\r\n\r\n")
        } else {
            buffer.append(keepsOldConnection ? "\r\nConnection: keep-alive\r\n\r\n" : "\r\n\r\n")
        }
    }

    private func writeRareFields(to buffer: inout ByteBuffer) {
        if let date {
            buffer.append("\r\nDate: ")
            date.write(to: &buffer)
        }
        if let retryAfterSeconds {
            buffer.append("\r\nRetry-After: ")
            buffer.append(decimal: max(retryAfterSeconds, 0))
        }
        if let allow { Self.write(allow, to: &buffer) }
        if forbidsCaching { buffer.append("\r\nCache-Control: no-store") }
    }

    private static func write(_ allow: HTTPMethodSet, to buffer: inout ByteBuffer) {
        buffer.append("\r\nAllow: ")
        var isFirst = true
        for method in HTTPMethod.allCases where method != .other && allow.contains(HTTPMethodSet(method)) {
            if !isFirst { buffer.append(", ") }
            isFirst = false
            buffer.append(method.name)
        }
    }

    /// The interim response that lets a waiting client send its body.
    public static func writeContinue(to buffer: inout ByteBuffer) { buffer.append("HTTP/1.1 100 Continue\r\n\r\n") }
}
