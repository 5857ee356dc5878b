import CEL

/// What keeps a text from being an address: words, and where the trouble begins.
struct AddressProblem: Error, BitwiseCopyable {
    var words: StaticString
    var place: ByteView?

    /// The sentence as Go's `netip` has it.
    func message(_ text: ByteView) -> String {
        let start = "ParseAddr(\(GoText.quote(text))): \(words)"
        return place.map { "\(start) (at \(GoText.quote($0)))" } ?? start
    }
}

extension Address {
    /// Reads an address as Go's `netip` does, and the zone behind it.
    static func parse(_ text: ByteView) throws(AddressProblem) -> (address: Address, zone: ByteView?) {
        for byte in text {
            switch byte {
            case UInt8(ascii: "."): return (Address(bits: UInt128(try parseIPv4(text)), isIPv6: false), nil)
            case UInt8(ascii: ":"): return try parseIPv6(text)
            case UInt8(ascii: "%"): throw AddressProblem(words: "missing IPv6 address")
            default: break
            }
        }
        throw AddressProblem(words: "unable to parse IP")
    }

    fileprivate static func parseIPv4(_ text: ByteView) throws(AddressProblem) -> UInt32 {
        var (bits, value): (UInt32, UInt32) = (0, 0)
        var (fields, digits) = (0, 0)
        for index in 0..<text.count {
            let byte = text[index]
            if byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") {
                if digits == 1, value == 0 {
                    throw AddressProblem(words: "IPv4 field has octet with leading zero")
                }
                value = value * 10 + UInt32(byte - UInt8(ascii: "0"))
                digits += 1
                if value > 255 { throw AddressProblem(words: "IPv4 field has value >255") }
            } else if byte == UInt8(ascii: ".") {
                if index == 0 || index == text.count - 1 || text[index - 1] == byte {
                    throw AddressProblem(
                        words: "IPv4 field must have at least one digit", place: text[view: index..<text.count])
                }
                if fields == 3 { throw AddressProblem(words: "IPv4 address too long") }
                bits = bits << 8 | value
                fields += 1
                (value, digits) = (0, 0)
            } else {
                throw AddressProblem(words: "unexpected character", place: text[view: index..<text.count])
            }
        }
        if fields < 3 { throw AddressProblem(words: "IPv4 address too short") }
        return bits << 8 | value
    }

    private static func parseIPv6(_ text: ByteView) throws(AddressProblem) -> (Address, ByteView?) {
        var body = text
        var zone: ByteView?
        if let mark = text.firstIndex(of: UInt8(ascii: "%")) {
            body = text[view: 0..<mark]
            zone = text[view: mark + 1..<text.count]
            if mark + 1 == text.count { throw AddressProblem(words: "zone must be a non-empty string") }
        }
        var groups = IPv6Groups(body)
        return (Address(bits: try groups.parse(), isIPv6: true), zone)
    }
}

/// Reads the groups of an IPv6 address from left to right.
private struct IPv6Groups {
    private var rest: ByteView
    private var bits: UInt128 = 0
    /// How many bytes have been read.
    private var count = 0
    /// How many bytes stand before the `::`.
    private var ellipsis: Int?

    init(_ text: ByteView) { rest = text }

    private mutating func drop(_ count: Int) { rest = rest[view: count..<rest.count] }

    mutating func parse() throws(AddressProblem) -> UInt128 {
        if rest.count >= 2, rest[0] == UInt8(ascii: ":"), rest[1] == UInt8(ascii: ":") {
            ellipsis = 0
            drop(2)
            if rest.count == 0 { return 0 }
        }
        while count < 16, try readGroup() {}
        if rest.count > 0 { throw AddressProblem(words: "trailing garbage after address", place: rest) }
        guard count < 16 else {
            if ellipsis == nil { return bits }
            throw AddressProblem(words: "the :: must expand to at least one field of zeros")
        }
        guard let ellipsis else { throw AddressProblem(words: "address string too short") }
        let tail = UInt128(8 * (count - ellipsis))
        let lower = tail == 0 ? 0 : bits & (~0 >> (128 - tail))
        let upper = ellipsis == 0 ? 0 : (bits >> tail) << UInt128(128 - 8 * ellipsis)
        return upper | lower
    }

    /// Reads a group and what separates it from the next; false at the end.
    private mutating func readGroup() throws(AddressProblem) -> Bool {
        let (value, width) = try number()
        if width < rest.count, rest[width] == UInt8(ascii: ".") { return try readIPv4() }
        bits = bits << 16 | UInt128(value)
        count += 2
        drop(width)
        if rest.count == 0 { return false }
        guard rest[0] == UInt8(ascii: ":") else {
            throw AddressProblem(words: "unexpected character, want colon", place: rest)
        }
        if rest.count == 1 { throw AddressProblem(words: "colon must be followed by more characters", place: rest) }
        drop(1)
        guard rest[0] == UInt8(ascii: ":") else { return true }
        if ellipsis != nil { throw AddressProblem(words: "multiple :: in address", place: rest) }
        ellipsis = count
        drop(1)
        return rest.count > 0
    }

    private func number() throws(AddressProblem) -> (UInt32, Int) {
        var value: UInt32 = 0
        var width = 0
        while width < rest.count, let digit = Self.hexValue(rest[width]) {
            value = value << 4 | digit
            if width > 3 { throw AddressProblem(words: "each group must have 4 or less digits", place: rest) }
            width += 1
        }
        if width == 0 {
            throw AddressProblem(words: "each colon-separated field must have at least one digit", place: rest)
        }
        return (value, width)
    }

    private static func hexValue(_ byte: UInt8) -> UInt32? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt32(byte - UInt8(ascii: "a")) + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt32(byte - UInt8(ascii: "A")) + 10
        default: nil
        }
    }

    /// The last 32 bits, written as an IPv4 address.
    private mutating func readIPv4() throws(AddressProblem) -> Bool {
        if ellipsis == nil, count != 12 {
            throw AddressProblem(
                words: "embedded IPv4 address must replace the final 2 fields of the address", place: rest)
        }
        if count + 4 > 16 {
            throw AddressProblem(
                words: "too many hex fields to fit an embedded IPv4 at the end of the address", place: rest)
        }
        bits = bits << 32 | UInt128(try Address.parseIPv4(rest))
        count += 4
        rest = .empty
        return false
    }
}
