import CEL

/// An address with the length of its network's prefix.
struct AddressRange: BitwiseCopyable, Equatable {
    var address: Address
    var prefixLength: Int

    /// The range with everything behind the prefix set to zero.
    var masked: AddressRange { AddressRange(address: network(prefixLength), prefixLength: prefixLength) }

    private func network(_ length: Int) -> Address {
        let hostBits = UInt128(address.width - length)
        return Address(bits: hostBits == 128 ? 0 : (address.bits >> hostBits) << hostBits, isIPv6: address.isIPv6)
    }

    func contains(_ other: Address) -> Bool {
        guard other.isIPv6 == address.isIPv6 else { return false }
        return network(prefixLength) == AddressRange(address: other, prefixLength: prefixLength).network(prefixLength)
    }

    func contains(_ other: AddressRange) -> Bool {
        prefixLength <= other.prefixLength && contains(other.address)
    }

    /// The range as it is written.
    var description: String { "\(address.description)/\(prefixLength)" }
}

extension AddressRange {
    /// Why a text is no range, in Go's words.
    enum Problem: Error {
        case noSlash
        case address(AddressProblem, ByteView)
        case zone
        case bits(ByteView)
        case length

        func message(_ text: ByteView) -> String {
            let reason =
                switch self {
                case .noSlash: "no '/'"
                case .address(let problem, let part): problem.message(part)
                case .zone: "IPv6 zones cannot be present in a prefix"
                case .bits(let bits): "bad bits after slash: \(GoText.quote(bits))"
                case .length: "prefix length out of range"
                }
            return "netip.ParsePrefix(\(GoText.quote(text))): \(reason)"
        }
    }

    /// Reads a range as Go's `netip` does.
    init(_ text: ByteView) throws(Problem) {
        guard let slash = text.lastIndex(of: UInt8(ascii: "/")) else { throw .noSlash }
        let part = text[view: 0..<slash]
        let parsed: (address: Address, zone: ByteView?)
        do throws(AddressProblem) { parsed = try Address.parse(part) } catch { throw .address(error, part) }
        if parsed.zone != nil { throw .zone }
        let bits = text[view: slash + 1..<text.count]
        let isNumber = bits.allSatisfy { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
        guard bits.count > 0, isNumber, bits.count == 1 || bits[0] != UInt8(ascii: "0") else { throw .bits(bits) }
        // A number that no integer holds is no number there.
        guard let length = Int(bits.text) else { throw .bits(bits) }
        guard length <= parsed.address.width else { throw .length }
        (address, prefixLength) = (parsed.address, length)
    }
}
