extension RequestParser {
    /// `name ":" OWS value OWS`, RFC 9112, section 5.
    @inline(__always)
    mutating func field(_ line: ByteRange, _ bytes: Span<UInt8>) throws(RequestError) {
        head.fieldCount &+= 1
        if head.fieldCount > limits.fieldCountMax { throw .tooManyFields }
        let colon = try FieldLine.colon(line, bytes)
        let name = ByteRange(line.start, colon)
        try take(FieldName(name, in: bytes), ByteRange(colon &+ 1, line.end).trimmed(in: bytes), bytes)
    }

    @inline(__always)
    private mutating func take(_ name: FieldName, _ value: ByteRange, _ bytes: Span<UInt8>) throws(RequestError) {
        switch name {
        case .other, .retryAfter: break
        case .host:
            if head.host.isPresent { throw .hostRepeated }
            head.host = value
        case .contentLength:
            if head.hasLength { throw .lengthRepeated }
            guard let length = FieldValue.length(value, bytes) else { throw .lengthInvalid }
            head.hasLength = true
            head.contentLength = length
        case .transferEncoding: try coding(value, bytes)
        case .connection: connection(value, bytes)
        case .expect: expectation(value, bytes)
        case .accept: if !head.accept.isPresent { head.accept = value }
        case .traceparent:
            head.traceparent = value
            head.traceparentCount = min(head.traceparentCount &+ 1, 2)
        case .contentType: try once(&head.contentType, value)
        case .contentEncoding: try once(&head.contentEncoding, value)
        case .authorization: try once(&head.authorization, value)
        }
    }

    private func once(_ field: inout ByteRange, _ value: ByteRange) throws(RequestError) {
        if field.isPresent { throw .fieldRepeated }
        field = value
    }

    /// RFC 9112, 6.1: `chunked` once and last; everything else would let two readers see two different bodies.
    private mutating func coding(_ value: ByteRange, _ bytes: Span<UInt8>) throws(RequestError) {
        if head.hasCoding { throw .codingInvalid }
        head.hasCoding = true
        if value.equalsIgnoringCase("chunked", in: bytes) {
            head.isChunked = true
            return
        }
        throw FieldValue.isChunkedMisplaced(value, bytes) ? .codingInvalid : .codingUnknown
    }

    private mutating func connection(_ value: ByteRange, _ bytes: Span<UInt8>) {
        switch FieldValue.persistence(value, bytes) {
        case .close:
            head.hasClose = true
            head.keepsAlive = false
        case .keepAlive: head.keepsAlive = !head.hasClose
        case .unsaid: break
        }
    }

    private mutating func expectation(_ value: ByteRange, _ bytes: Span<UInt8>) {
        guard value.equalsIgnoringCase("100-continue", in: bytes) else {
            head.hasUnknownExpectation = true
            return
        }
        // RFC 9110, 10.1.1: an expectation of an HTTP/1.0 client is ignored.
        head.expectsContinue = head.minorVersion > 0
    }
}
