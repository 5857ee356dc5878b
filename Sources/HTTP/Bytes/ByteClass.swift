/// Sets of ASCII characters as the specifications name them, each two words of bits: a test without a table in memory.
struct ByteClass {
    private let low: UInt64
    private let high: UInt64

    private init(_ low: UInt64, _ high: UInt64) {
        self.low = low
        self.high = high
    }

    /// `tchar` of RFC 9110, 5.6.2: what methods and field names are made of.
    static let token = ByteClass(0x03FF_6CFA_0000_0000, 0x57FF_FFFF_C7FF_FFFE)
    /// `pchar`, `/` and `?` of RFC 3986: what a path and a query are made of.
    static let target = ByteClass(0xAFFF_FFF2_0000_0000, 0x47FF_FFFE_87FF_FFFF)
    /// Letters, digits, `-`, `.` and `_`: what host names are made of in practice.
    static let hostName = ByteClass(0x03FF_6000_0000_0000, 0x07FF_FFFE_87FF_FFFE)

    @inline(__always) func contains(_ byte: UInt8) -> Bool {
        if byte < 64 { return low &>> UInt64(byte) & 1 != 0 }
        return byte < 128 && high &>> UInt64(byte &- 64) & 1 != 0
    }

    /// A space or a tab.
    @inline(__always) static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

    @inline(__always) static func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") <= 9 }

    /// The same letter as a small one; every other byte as it is.
    @inline(__always) static func lowercase(_ byte: UInt8) -> UInt8 {
        byte &- UInt8(ascii: "A") < 26 ? byte | 0x20 : byte
    }

    /// The value of a hexadecimal digit, or nil.
    @inline(__always) static func hexadecimal(_ byte: UInt8) -> UInt8? {
        if isDigit(byte) { return byte & 0x0F }
        let letter = lowercase(byte)
        return letter >= UInt8(ascii: "a") && letter <= UInt8(ascii: "f") ? letter &- UInt8(ascii: "a") &+ 10 : nil
    }
}
