/// Reads the head of a request, line by line, from bytes that arrive in pieces.
///
/// The same bytes give the same result however they are cut: each line is judged when it is complete, and within a line
/// only what no continuation can mend (a control character, a length) is judged before. See RFC 9112, sections 2 to 6.
public struct RequestParser: Sendable {
    /// What is known so far; all of it once `parse` has returned true.
    public internal(set) var head = RequestHead()

    let limits: HTTPLimits
    private var lineStart = 0
    /// Up to here the line that is being read holds nothing but text.
    private var scanned = 0
    private var hasRequestLine = false

    /// A parser before the first byte of a request.
    public init(limits: HTTPLimits) { self.limits = limits }

    /// Whether no byte of a request has been seen.
    public var isAtStart: Bool { scanned == 0 }

    /// Goes on reading; `bytes` starts with the request's first byte and never shrinks. True when the head is complete.
    public mutating func parse(_ bytes: Span<UInt8>) throws(RequestError) -> Bool {
        while let line = try nextLine(bytes) {
            if hasRequestLine {
                if line.isEmpty {
                    try finish(bytes)
                    return true
                }
                try field(line, bytes)
            } else if line.start == 0, line.isEmpty {
                // RFC 9112, 2.2: one empty line before a request is passed over; some clients end a body with it.
            } else {
                try requestLine(line, bytes)
                hasRequestLine = true
                head.fieldsStart = lineStart
            }
        }
        return false
    }

    /// The next complete line without its end.
    @inline(__always)
    private mutating func nextLine(_ bytes: Span<UInt8>) throws(RequestError) -> ByteRange? {
        let limit = hasRequestLine ? limits.headBytes : min(lineStart &+ limits.requestLineBytesMax, limits.headBytes)
        // The end of a line as long as the limit is the byte after it.
        let end = min(bytes.count, limit &+ (hasRequestLine ? 0 : 1))
        guard scanned <= end else { throw tooLong }
        switch LineScan.next(in: bytes, from: scanned, to: end) {
        case .lineEnd(let index):
            let line = ByteRange(lineStart, index)
            lineStart = index &+ 2
            scanned = lineStart
            return line
        case .halfLineEnd(let index):
            scanned = index
            return nil
        case .none:
            scanned = end
            if end < bytes.count { throw tooLong }
            return nil
        case .strayReturn: throw .strayReturn
        case .strayLineFeed: throw .strayLineFeed
        case .control: throw .controlCharacter
        }
    }

    private var tooLong: RequestError { hasRequestLine ? .headTooLong : .lineTooLong }

    /// The head is complete: what only all of it can tell.
    private mutating func finish(_ bytes: Span<UInt8>) throws(RequestError) {
        head.byteCount = lineStart
        if lineStart > limits.headBytes { throw .headTooLong }
        try checkHost(bytes)
        if head.hasCoding {
            if head.hasLength { throw .bothLengths }
            if head.minorVersion == 0 { throw .codingInvalid }
        }
        if head.contentLength > limits.bodyBytes { throw .bodyTooLong }
        if head.contentEncoding.isPresent, !head.contentEncoding.equalsIgnoringCase("identity", in: bytes) {
            throw .contentCoding
        }
        if head.hasUnknownExpectation { throw .expectation }
        if head.traceparentCount > 1 { head.traceparent = .absent }
    }

    private func checkHost(_ bytes: Span<UInt8>) throws(RequestError) {
        guard head.host.isPresent else {
            if head.minorVersion == 0 { return }
            throw .hostMissing
        }
        guard Authority.isValid(head.host, in: bytes) else { throw .hostInvalid }
        guard head.authority.isPresent else { return }
        guard head.authority.hasSameBytesIgnoringCase(as: head.host, in: bytes) else { throw .hostMismatch }
    }
}

extension ByteRange {
    func hasSameBytesIgnoringCase(as other: ByteRange, in bytes: Span<UInt8>) -> Bool {
        guard count == other.count else { return false }
        for offset in 0..<count {
            let left = ByteClass.lowercase(bytes[start &+ offset])
            if left != ByteClass.lowercase(bytes[other.start &+ offset]) { return false }
        }
        return true
    }
}
