/// Walks the text between two quotes and yields the value's UTF-8: runs that stand for themselves, and decoded scalars.
///
/// Offending bytes and lone surrogates yield U+FFFD, one for each byte or escape; where the parser was told to refuse
/// them, none arrive here.
struct StringPieces {
    enum Piece {
        /// Bytes of the text that are the value's own.
        case run(start: Int, count: Int)
        /// A scalar that the text spells differently.
        case scalar(UInt32)
    }

    private let text: TextBytes
    private var position = 0

    init(_ text: TextBytes) { self.text = text }

    mutating func next() -> Piece? {
        let start = position
        while position < text.count, text[position] != UInt8(ascii: "\\") {
            let length = UTF8Scan.length(text, at: position)
            if length == 0 { break }
            position += length
        }
        if position > start { return .run(start: start, count: position - start) }
        if position >= text.count { return nil }
        if text[position] != UInt8(ascii: "\\") {
            position += 1
            return .scalar(0xFFFD)
        }
        return .scalar(escape())
    }

    /// The scalar of the escape at the position, which moves past it.
    private mutating func escape() -> UInt32 {
        let kind = position + 1 < text.count ? text[position + 1] : 0
        guard kind == UInt8(ascii: "u") else {
            position = min(position + 2, text.count)
            return UInt32(Self.simple(kind))
        }
        guard let first = Self.hexadecimal(text, at: position + 2) else {
            position = text.count
            return 0xFFFD
        }
        position += 6
        guard first & 0xF800 == 0xD800 else { return first }
        if first < 0xDC00, let second = Self.escapedUnit(text, at: position), second & 0xFC00 == 0xDC00 {
            position += 6
            return 0x10000 + (first & 0x3FF) << 10 + second & 0x3FF
        }
        return 0xFFFD
    }

    /// The character that a one-letter escape stands for, or zero when it is none.
    static func simple(_ kind: UInt8) -> UInt8 {
        switch kind {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): kind
        case UInt8(ascii: "b"): 0x08
        case UInt8(ascii: "f"): 0x0C
        case UInt8(ascii: "n"): 0x0A
        case UInt8(ascii: "r"): 0x0D
        case UInt8(ascii: "t"): 0x09
        default: 0
        }
    }

    /// The UTF-16 unit of a whole `\uXXXX` at that place, if there is one.
    static func escapedUnit(_ text: TextBytes, at index: Int) -> UInt32? {
        guard index + 6 <= text.count, text[index] == UInt8(ascii: "\\"), text[index + 1] == UInt8(ascii: "u") else {
            return nil
        }
        return hexadecimal(text, at: index + 2)
    }

    /// The value of four hexadecimal digits, if that is what is there.
    static func hexadecimal(_ text: TextBytes, at index: Int) -> UInt32? {
        guard index + 4 <= text.count else { return nil }
        var value: UInt32 = 0
        for place in index..<index + 4 {
            let byte = text[place]
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = value << 4 | UInt32(byte & 0x0F)
            case UInt8(ascii: "a")...UInt8(ascii: "f"), UInt8(ascii: "A")...UInt8(ascii: "F"):
                value = value << 4 | UInt32(byte & 0x0F + 9)
            default: return nil
            }
        }
        return value
    }
}

/// UTF-8 as Unicode's table 3-7 defines it: shortest forms only, no surrogates, nothing past U+10FFFF.
enum UTF8Scan {
    /// The length of the character at `index`, or zero when the bytes there are not one.
    @inline(__always) static func length(_ text: TextBytes, at index: Int) -> Int {
        let lead = text[index]
        if lead < 0x80 { return 1 }
        return longLength(text, at: index, lead: lead)
    }

    static func longLength(_ text: TextBytes, at index: Int, lead: UInt8) -> Int {
        let left = text.count - index
        guard lead >= 0xC2, lead <= 0xF4, left >= 2 else { return 0 }
        let second = text[index + 1]
        if lead < 0xE0 { return second & 0xC0 == 0x80 ? 2 : 0 }
        guard second >= lowest(lead), second <= highest(lead) else { return 0 }
        guard left >= 3, text[index + 2] & 0xC0 == 0x80 else { return 0 }
        if lead < 0xF0 { return 3 }
        return left >= 4 && text[index + 3] & 0xC0 == 0x80 ? 4 : 0
    }

    private static func lowest(_ lead: UInt8) -> UInt8 { lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80 }
    private static func highest(_ lead: UInt8) -> UInt8 { lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF }

    /// The UTF-8 of a scalar: the bytes from the lowest up, and how many they are.
    static func encode(_ scalar: UInt32) -> (bytes: UInt32, count: Int) {
        if scalar < 0x80 { return (scalar, 1) }
        if scalar < 0x800 { return (0x80C0 | scalar >> 6 | (scalar & 0x3F) << 8, 2) }
        if scalar < 0x10000 {
            return (0x8080E0 | scalar >> 12 | (scalar >> 6 & 0x3F) << 8 | (scalar & 0x3F) << 16, 3)
        }
        let high = scalar >> 18 | (scalar >> 12 & 0x3F) << 8
        return (0x808080F0 | high | (scalar >> 6 & 0x3F) << 16 | (scalar & 0x3F) << 24, 4)
    }
}
