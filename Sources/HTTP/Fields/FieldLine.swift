/// Lines of a head or a trailer.
enum FieldLine {
    /// The index of the colon that ends the name, which directly precedes it.
    @inline(__always) static func colon(_ line: ByteRange, _ bytes: Span<UInt8>) throws(RequestError) -> Int {
        var position = line.start
        while position < line.end, ByteClass.token.contains(bytes[position]) { position &+= 1 }
        if position < line.end, position > line.start, bytes[position] == UInt8(ascii: ":") { return position }
        guard position < line.end, ByteClass.isBlank(bytes[position]) else { throw .fieldName }
        throw position == line.start ? .folding : .spaceBeforeColon
    }
}

/// Values that a message's framing hangs on, read the same way in requests and responses.
enum FieldValue {
    /// What a Connection field says about the connection's life.
    enum Persistence { case close, keepAlive, unsaid }

    /// One or more digits; a number that an `Int` does not hold reads as the largest, which every limit refuses.
    static func length(_ value: ByteRange, _ bytes: Span<UInt8>) -> Int? {
        guard !value.isEmpty else { return nil }
        var length = 0
        for index in value.indices {
            guard ByteClass.isDigit(bytes[index]) else { return nil }
            let (scaled, overflowed) = length.multipliedReportingOverflow(by: 10)
            let (sum, carried) = scaled.addingReportingOverflow(Int(bytes[index] & 0x0F))
            length = overflowed || carried ? Int.max : sum
        }
        return length
    }

    /// Whether a Transfer-Encoding is not a list, or has `chunked` at a place where it may not be.
    static func isChunkedMisplaced(_ value: ByteRange, _ bytes: Span<UInt8>) -> Bool {
        var list = ListCursor(value)
        var count = 0
        var last = ByteRange.absent
        while let coding = list.next(in: bytes) {
            if coding.equalsIgnoringCase("chunked", in: bytes) { count += 1 }
            last = coding
        }
        return count != (last.equalsIgnoringCase("chunked", in: bytes) ? 1 : 0) || !last.isPresent
            || isRagged(value, bytes)
    }

    /// Whether a list starts or ends with a comma, or has two in a row.
    private static func isRagged(_ value: ByteRange, _ bytes: Span<UInt8>) -> Bool {
        var afterComma = true
        for index in value.indices where !ByteClass.isBlank(bytes[index]) {
            let isComma = bytes[index] == UInt8(ascii: ",")
            if isComma, afterComma { return true }
            afterComma = isComma
        }
        return afterComma
    }

    static func persistence(_ value: ByteRange, _ bytes: Span<UInt8>) -> Persistence {
        var list = ListCursor(value)
        var result = Persistence.unsaid
        while let option = list.next(in: bytes) {
            if option.equalsIgnoringCase("close", in: bytes) { return .close }
            if option.equalsIgnoringCase("keep-alive", in: bytes) { result = .keepAlive }
        }
        return result
    }
}
