extension RequestParser {
    /// `method SP target SP version`, RFC 9112, section 3.
    mutating func requestLine(_ line: ByteRange, _ bytes: Span<UInt8>) throws(RequestError) {
        var position = line.start
        while position < line.end, ByteClass.token.contains(bytes[position]) { position &+= 1 }
        guard position < line.end, bytes[position] == 0x20 else {
            throw position < line.end && bytes[position] != 0x09 ? .method : .requestLine
        }
        guard position > line.start else { throw .requestLine }
        head.methodName = ByteRange(line.start, position)
        head.method = HTTPMethod(head.methodName, in: bytes)
        let targetStart = position &+ 1
        position = targetStart
        while position < line.end, bytes[position] != 0x20 { position &+= 1 }
        guard position < line.end, position > targetStart else { throw .requestLine }
        head.minorVersion = try Self.minorVersion(ByteRange(position &+ 1, line.end), bytes)
        if head.method == .connect { throw .connectMethod }
        try target(ByteRange(targetStart, position), bytes)
        if head.minorVersion == 0 { head.keepsAlive = false }
    }

    /// `HTTP/1.0` is 0, and every later version of the first line is understood as 1 (RFC 9110, 2.5).
    private static func minorVersion(_ range: ByteRange, _ bytes: Span<UInt8>) throws(RequestError) -> UInt8 {
        guard range.count == 8, ByteRange(range.start, range.start &+ 5).equals("HTTP/", in: bytes),
            bytes[range.start &+ 6] == UInt8(ascii: "."), ByteClass.isDigit(bytes[range.start &+ 5]),
            ByteClass.isDigit(bytes[range.start &+ 7])
        else { throw .requestLine }
        guard bytes[range.start &+ 5] == UInt8(ascii: "1") else { throw .version }
        return bytes[range.start &+ 7] == UInt8(ascii: "0") ? 0 : 1
    }

    /// A path with an optional query, a whole URL, or `*` for OPTIONS.
    private mutating func target(_ range: ByteRange, _ bytes: Span<UInt8>) throws(RequestError) {
        if bytes[range.start] == UInt8(ascii: "/") { return try split(range, bytes) }
        if range.equals("*", in: bytes), head.method == .options {
            head.path = range
            return
        }
        guard let scheme = Self.scheme(range, bytes) else { throw .target }
        let authorityStart = range.start &+ scheme
        var position = authorityStart
        while position < range.end, bytes[position] != UInt8(ascii: "/") { position &+= 1 }
        head.authority = ByteRange(authorityStart, position)
        guard position < range.end, Authority.isValid(head.authority, in: bytes) else { throw .target }
        try split(ByteRange(position, range.end), bytes)
    }

    /// The length of the scheme and the slashes of a whole URL, which must be an HTTP one.
    private static func scheme(_ range: ByteRange, _ bytes: Span<UInt8>) -> Int? {
        for (text, length) in [("http://", 7), ("https://", 8)] as [(StaticString, Int)] {
            guard range.count > length else { continue }
            if ByteRange(range.start, range.start &+ length).equalsIgnoringCase(text, in: bytes) { return length }
        }
        return nil
    }

    private mutating func split(_ range: ByteRange, _ bytes: Span<UInt8>) throws(RequestError) {
        var position = range.start
        var mark = range.end
        while position < range.end {
            let byte = bytes[position]
            guard ByteClass.target.contains(byte) else { throw .target }
            if byte == UInt8(ascii: "%"), !PercentEncoding.isTriplet(bytes, at: position, before: range.end) {
                throw .target
            }
            if byte == UInt8(ascii: "?"), mark == range.end { mark = position }
            position &+= 1
        }
        head.path = ByteRange(range.start, mark)
        if mark < range.end { head.query = ByteRange(mark &+ 1, range.end) }
    }
}
