/// A host with an optional port, RFC 3986, 3.2 without user information.
enum Authority {
    /// Whether this is a name, an IPv4 address or an IPv6 address in brackets, and then nothing or a port.
    static func isValid(_ range: ByteRange, in bytes: Span<UInt8>) -> Bool { split(range, in: bytes) != nil }

    /// The host (brackets left out) and the port, if it is well-formed.
    static func split(_ range: ByteRange, in bytes: Span<UInt8>) -> (host: ByteRange, port: Int?, isIPv6: Bool)? {
        guard !range.isEmpty, range.end <= bytes.count else { return nil }
        let isIPv6 = bytes[range.start] == UInt8(ascii: "[")
        let hostStart = isIPv6 ? range.start &+ 1 : range.start
        var position = hostStart
        while position < range.end, isHostByte(bytes[position], isIPv6) { position &+= 1 }
        let host = ByteRange(hostStart, position)
        if host.isEmpty { return nil }
        if isIPv6 {
            guard position < range.end, bytes[position] == UInt8(ascii: "]"), hasColons(host, bytes) else { return nil }
            position &+= 1
        }
        if position == range.end { return (host, nil, isIPv6) }
        guard bytes[position] == UInt8(ascii: ":"),
            let port = port(ByteRange(position &+ 1, range.end), bytes)
        else { return nil }
        return (host, port, isIPv6)
    }

    private static func isHostByte(_ byte: UInt8, _ isIPv6: Bool) -> Bool {
        guard isIPv6 else { return ByteClass.hostName.contains(byte) }
        return ByteClass.hexadecimal(byte) != nil || byte == UInt8(ascii: ":") || byte == UInt8(ascii: ".")
    }

    /// The shortest address, `::`, has two colons.
    private static func hasColons(_ host: ByteRange, _ bytes: Span<UInt8>) -> Bool {
        var colons = 0
        for index in host.indices where bytes[index] == UInt8(ascii: ":") { colons += 1 }
        return colons >= 2 && colons <= 8
    }

    private static func port(_ range: ByteRange, _ bytes: Span<UInt8>) -> Int? {
        guard range.count <= 5, let port = FieldValue.length(range, bytes), port <= 65535 else { return nil }
        return port
    }
}
