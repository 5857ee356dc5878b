/// What a request says about itself: offsets into the bytes of the request, and the facts drawn from them.
public struct RequestHead: BitwiseCopyable, Sendable {
    /// The method.
    public internal(set) var method = HTTPMethod.other
    /// The minor version: 0 or 1, where anything above counts as 1.
    public internal(set) var minorVersion: UInt8 = 1
    /// The body comes in chunks.
    public internal(set) var isChunked = false
    /// The client waits for `100 Continue` before it sends the body.
    public internal(set) var expectsContinue = false
    /// The client does not want the connection closed after the answer.
    public internal(set) var keepsAlive = true
    /// The length that the head announces for the body; zero without one.
    public internal(set) var contentLength = 0
    /// How many fields there are.
    public internal(set) var fieldCount = 0
    /// The bytes of the head, the empty line included.
    public internal(set) var byteCount = 0
    /// Where the fields start.
    public internal(set) var fieldsStart = 0

    /// The method's name.
    public internal(set) var methodName = ByteRange.absent
    /// The path, as sent: absolute, or `*`.
    public internal(set) var path = ByteRange.absent
    /// What follows the `?`, if there is one.
    public internal(set) var query = ByteRange.absent
    /// The authority of a target that is a whole URL.
    var authority = ByteRange.absent

    /// The value of the Host field.
    public internal(set) var host = ByteRange.absent
    /// The value of the Content-Type field.
    public internal(set) var contentType = ByteRange.absent
    /// The value of the Content-Encoding field.
    public internal(set) var contentEncoding = ByteRange.absent
    /// The value of the first Accept field.
    public internal(set) var accept = ByteRange.absent
    /// The value of the traceparent field; absent when there are several, as W3C Trace Context demands.
    public internal(set) var traceparent = ByteRange.absent
    /// The value of the Authorization field.
    public internal(set) var authorization = ByteRange.absent

    var hasLength = false
    var hasCoding = false
    var hasClose = false
    var hasUnknownExpectation = false
    var traceparentCount: UInt8 = 0
}

extension RequestHead {
    /// The fields in order, for what is looked up rarely.
    public var fields: FieldCursor { FieldCursor(start: fieldsStart, end: byteCount) }

    /// The value of the first field of that name, which is written in small letters.
    public func value(of name: StaticString, in bytes: Span<UInt8>) -> ByteRange {
        var cursor = fields
        while let field = cursor.next(in: bytes) {
            if field.name.equalsIgnoringCase(name, in: bytes) { return field.value }
        }
        return .absent
    }
}
