/// What a response says about itself: offsets into its bytes, and the facts drawn from them.
public struct ResponseHead: BitwiseCopyable, Sendable {
    /// The status code, 100 to 999.
    public internal(set) var statusCode = 0
    /// The minor version, 0 or 1.
    public internal(set) var minorVersion: UInt8 = 1
    /// The body comes in chunks.
    public internal(set) var isChunked = false
    /// The server keeps the connection.
    public internal(set) var keepsAlive = true
    /// The length that the head announces for the body; nil without one.
    public internal(set) var contentLength: Int?
    /// How many fields there are.
    public internal(set) var fieldCount = 0
    /// Where the head starts in the bytes: behind interim responses.
    public internal(set) var start = 0
    /// Where the head ends and the body begins.
    public internal(set) var end = 0
    var fieldsStart = 0

    /// The value of the Content-Type field.
    public internal(set) var contentType = ByteRange.absent
    /// The value of the Content-Encoding field.
    public internal(set) var contentEncoding = ByteRange.absent
    /// The value of the Retry-After field.
    public internal(set) var retryAfter = ByteRange.absent

    var hasCoding = false
    var hasClose = false
}

extension ResponseHead {
    /// The fields in order, for what is looked up rarely.
    public var fields: FieldCursor { FieldCursor(start: fieldsStart, end: end) }

    /// The value of the first field of that name, which is written in small letters.
    public func value(of name: StaticString, in bytes: Span<UInt8>) -> ByteRange {
        var cursor = fields
        while let field = cursor.next(in: bytes) {
            if field.name.equalsIgnoringCase(name, in: bytes) { return field.value }
        }
        return .absent
    }

    /// The seconds of a Retry-After field that is a number; nil for a date or none.
    public func retryAfterSeconds(in bytes: Span<UInt8>) -> Int? {
        retryAfter.isPresent ? FieldValue.length(retryAfter, bytes) : nil
    }
}
