/// A range of addresses as CIDR notation has it.
public struct IPRange: Hashable, Sendable, BitwiseCopyable {
    /// Why a text is no range.
    public enum Problem: Error, Hashable, Sendable {
        /// What stands before the slash is no address.
        case address
        /// What stands behind the slash is no number of bits that such an address has.
        case prefix
        /// The address has bits behind the prefix; this is the range that may have been meant.
        case strayBits(IPRange)

        /// What is wrong and what to do about it.
        public var sentence: String {
            switch self {
            case .address: "must be a range of addresses, such as 10.0.0.0/8 or fd00::/8"
            case .prefix: "has no usable number of bits behind the slash: 0 to 32 for IPv4, 0 to 128 for IPv6"
            case .strayBits(let range): "has bits behind its prefix; the range would be written \(range)"
            }
        }
    }

    /// The first address.
    public let address: IPAddress
    /// How many bits all addresses of the range have in common.
    public let prefixLength: Int

    /// Reads `10.0.0.0/8`, `fd00::/8`, or an address, which is a range of one.
    public init(_ text: String) throws(Problem) {
        let parts = text.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        guard let first = parts.first, parts.count <= 2, let address = IPAddress(String(Substring(first))) else {
            throw .address
        }
        let width = address.isV4 ? 32 : 128
        var length = width
        if parts.count == 2 {
            let digits = parts[1]
            guard (1...3).contains(digits.count), digits.allSatisfy({ (0x30...0x39).contains($0) }),
                let number = Int(String(Substring(digits))), number <= width
            else { throw .prefix }
            length = number
        }
        self.init(masking: address, prefixLength: length)
        if self.address != address { throw .strayBits(self) }
    }

    /// The range of that many common bits that the address is in; lengths beyond the address' own become that.
    public init(masking address: IPAddress, prefixLength: Int) {
        let length = min(max(prefixLength, 0), address.isV4 ? 32 : 128)
        self.prefixLength = length
        if address.isV4 {
            self.address = IPAddress(v4: UInt32(truncatingIfNeeded: address.low & Self.mask(32 + length)))
        } else {
            self.address = IPAddress(
                high: address.high & Self.mask(min(length, 64)), low: address.low & Self.mask(max(length - 64, 0)))
        }
    }

    /// The first `length` of 64 bits.
    private static func mask(_ length: Int) -> UInt64 { length == 0 ? 0 : UInt64.max << UInt64(64 - length) }

    /// Whether the address is in the range; IPv4 and IPv6 addresses are never in each other's ranges.
    public func contains(_ other: IPAddress) -> Bool {
        other.isV4 == address.isV4 && IPRange(masking: other, prefixLength: prefixLength).address == address
    }
}

extension IPRange: CustomStringConvertible {
    /// The range in CIDR notation.
    public var description: String { "\(address)/\(prefixLength)" }
}
