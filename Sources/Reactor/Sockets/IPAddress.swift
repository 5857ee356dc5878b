/// An IPv4 or IPv6 address.
public struct IPAddress: Hashable, Sendable, BitwiseCopyable {
    /// The first 64 bits of an IPv6 address; zero for IPv4.
    public let high: UInt64
    /// The last 64 bits of an IPv6 address, or the 32 of an IPv4 address.
    public let low: UInt64
    /// True for IPv4.
    public let isV4: Bool

    /// The IPv4 address with these 32 bits.
    public init(v4: UInt32) {
        high = 0
        low = UInt64(v4)
        isV4 = true
    }

    /// The IPv6 address with these 128 bits.
    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
        isV4 = false
    }

    /// The address with these 4 or 16 bytes in network order; nil for any other count.
    public init?(bytes: some Collection<UInt8>) {
        switch bytes.count {
        case 4: self.init(v4: bytes.reduce(0) { $0 << 8 | UInt32($1) })
        case 16:
            let high = bytes.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            self.init(high: high, low: bytes.dropFirst(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
        default: return nil
        }
    }

    /// The 4 or 16 bytes in network order.
    public var bytes: [UInt8] {
        let all = [high, low].flatMap { half in (0..<8).map { UInt8(truncatingIfNeeded: half >> (56 - 8 * $0)) } }
        return isV4 ? Array(all.suffix(4)) : all
    }

    /// 127.0.0.1
    public static let loopbackV4 = IPAddress(v4: 0x7F00_0001)
    /// ::1
    public static let loopbackV6 = IPAddress(high: 0, low: 1)

    /// The IPv4 address inside an IPv4-mapped IPv6 address, else the address itself: what a guard must look at.
    public var unmapped: IPAddress {
        guard !isV4, high == 0, low >> 32 == 0xFFFF else { return self }
        return IPAddress(v4: UInt32(truncatingIfNeeded: low))
    }
}

/// An address and a port.
public struct SocketAddress: Hashable, Sendable, BitwiseCopyable {
    /// The host's address.
    public let ip: IPAddress
    /// The port.
    public let port: UInt16

    /// That port of that address.
    public init(_ ip: IPAddress, port: UInt16) {
        self.ip = ip
        self.port = port
    }

    /// Reads `192.0.2.1:80` or `[2001:db8::1]:80`; nil for anything else.
    public init?(_ text: String) {
        guard let colon = text.utf8.lastIndex(of: UInt8(ascii: ":")) else { return nil }
        let digits = text.utf8[colon...].dropFirst()
        guard (1...5).contains(digits.count), digits.allSatisfy({ (0x30...0x39).contains($0) }),
            let port = UInt16(String(Substring(digits)))
        else { return nil }
        var host = text[..<colon]
        let isBracketed = host.hasPrefix("[") && host.hasSuffix("]")
        if isBracketed { host = host.dropFirst().dropLast() }
        guard let ip = IPAddress(String(host)), ip.isV4 != isBracketed else { return nil }
        self.init(ip, port: port)
    }
}

extension SocketAddress: CustomStringConvertible {
    /// `192.0.2.1:80` or `[2001:db8::1]:80`.
    public var description: String { ip.isV4 ? "\(ip):\(port)" : "[\(ip)]:\(port)" }
}
