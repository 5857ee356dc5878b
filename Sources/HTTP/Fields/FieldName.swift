/// The fields that a head's framing and a server's decisions hang on.
enum FieldName: UInt8 {
    case host, accept, expect, connection, traceparent, contentType, authorization, contentLength, contentEncoding
    case transferEncoding, retryAfter, other

    /// The field that these bytes, a token, name.
    @inline(__always) init(_ range: ByteRange, in bytes: Span<UInt8>) {
        self = .other
        switch range.count {
        case 4: match(.host, "host", range, bytes)
        case 6:
            match(.accept, "accept", range, bytes)
            match(.expect, "expect", range, bytes)
        case 10: match(.connection, "connection", range, bytes)
        case 11:
            match(.traceparent, "traceparent", range, bytes)
            match(.retryAfter, "retry-after", range, bytes)
        case 12: match(.contentType, "content-type", range, bytes)
        case 13: match(.authorization, "authorization", range, bytes)
        case 14: match(.contentLength, "content-length", range, bytes)
        case 16: match(.contentEncoding, "content-encoding", range, bytes)
        case 17: match(.transferEncoding, "transfer-encoding", range, bytes)
        default: break
        }
    }

    @inline(__always)
    private mutating func match(_ name: FieldName, _ text: StaticString, _ range: ByteRange, _ bytes: Span<UInt8>) {
        if range.equalsIgnoringCase(text, in: bytes) { self = name }
    }
}
