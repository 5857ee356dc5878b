/// Reads the head of a response, line by line, from bytes that arrive in pieces. See RFC 9112, sections 4 and 5.
public struct ResponseParser: Sendable {
    /// What is known so far; all of it once `parse` has returned true.
    public internal(set) var head = ResponseHead()

    private let limits: HTTPLimits
    private var lineStart: Int
    private var scanned: Int
    private var hasStatusLine = false

    /// A parser for a response that begins at that index of the bytes.
    public init(limits: HTTPLimits, startingAt start: Int = 0) {
        self.limits = limits
        lineStart = start
        scanned = start
        head.start = start
    }

    /// Goes on reading bytes that never shrink. True when the head is complete.
    public mutating func parse(_ bytes: Span<UInt8>) throws(ResponseError) -> Bool {
        while let line = try nextLine(bytes) {
            if !hasStatusLine {
                try statusLine(line, bytes)
                hasStatusLine = true
                head.fieldsStart = lineStart
            } else if line.isEmpty {
                head.end = lineStart
                if head.hasCoding, head.contentLength != nil || head.minorVersion == 0 { throw .length }
                return true
            } else {
                try field(line, bytes)
            }
        }
        return false
    }

    private mutating func nextLine(_ bytes: Span<UInt8>) throws(ResponseError) -> ByteRange? {
        let limit = head.start &+ limits.headBytes
        guard scanned <= limit else { throw .headTooLong }
        let end = min(bytes.count, limit)
        switch LineScan.next(in: bytes, from: min(scanned, end), to: end) {
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
            if end < bytes.count { throw .headTooLong }
            return nil
        case .strayReturn, .strayLineFeed, .control: throw hasStatusLine ? .head : .statusLine
        }
    }

    /// `version SP 3DIGIT SP [phrase]`. The space before an absent phrase may be missing: common servers leave it out.
    private mutating func statusLine(_ line: ByteRange, _ bytes: Span<UInt8>) throws(ResponseError) {
        let start = line.start
        guard line.count >= 12, ByteRange(start, start &+ 5).equals("HTTP/", in: bytes),
            ByteClass.isDigit(bytes[start &+ 5]), bytes[start &+ 6] == UInt8(ascii: "."),
            ByteClass.isDigit(bytes[start &+ 7]), bytes[start &+ 8] == 0x20,
            let code = FieldValue.length(ByteRange(start &+ 9, start &+ 12), bytes), code >= 100,
            line.count == 12 || bytes[start &+ 12] == 0x20
        else { throw .statusLine }
        guard bytes[start &+ 5] == UInt8(ascii: "1") else { throw .version }
        head.minorVersion = bytes[start &+ 7] == UInt8(ascii: "0") ? 0 : 1
        head.keepsAlive = head.minorVersion > 0
        head.statusCode = code
    }

    private mutating func field(_ line: ByteRange, _ bytes: Span<UInt8>) throws(ResponseError) {
        head.fieldCount &+= 1
        if head.fieldCount > limits.fieldCountMax { throw .headTooLong }
        let colon: Int
        do throws(RequestError) { colon = try FieldLine.colon(line, bytes) } catch { throw .head }
        let value = ByteRange(colon &+ 1, line.end).trimmed(in: bytes)
        switch FieldName(ByteRange(line.start, colon), in: bytes) {
        case .contentLength:
            guard head.contentLength == nil, let length = FieldValue.length(value, bytes) else { throw .length }
            head.contentLength = length
        case .transferEncoding:
            guard !head.hasCoding, value.equalsIgnoringCase("chunked", in: bytes) else { throw .coding }
            head.hasCoding = true
            head.isChunked = true
        case .connection:
            switch FieldValue.persistence(value, bytes) {
            case .close:
                head.hasClose = true
                head.keepsAlive = false
            case .keepAlive: head.keepsAlive = !head.hasClose
            case .unsaid: break
            }
        case .contentType: head.contentType = value
        case .contentEncoding: head.contentEncoding = value
        case .retryAfter: head.retryAfter = value
        default: break
        }
    }
}
