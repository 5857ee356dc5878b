/// Escapes that stand for one code point.
extension Parser {
    /// The code point of the escape that begins here.
    mutating func parseEscape() throws(LinearRegexError) -> Int32 {
        let start = position
        position += 1
        guard position < pattern.count else { throw failure(.trailingBackslash, position..<position) }
        let symbol = try nextCodePoint()
        if let point = try escapedPoint(symbol) { return point }
        throw failure(.invalidEscape, start..<position)
    }

    private mutating func escapedPoint(_ symbol: Int32) throws(LinearRegexError) -> Int32? {
        guard let letter = UInt8(exactly: symbol), letter < 0x80 else { return nil }
        switch letter {
        case UInt8(ascii: "a"): return 7
        case UInt8(ascii: "f"): return 12
        case UInt8(ascii: "n"): return 10
        case UInt8(ascii: "r"): return 13
        case UInt8(ascii: "t"): return 9
        case UInt8(ascii: "v"): return 11
        case UInt8(ascii: "x"): return try parseHexadecimal()
        case UInt8(ascii: "0"): return parseOctal(symbol)
        // One digit alone would refer back to a group, which no automaton can.
        case UInt8(ascii: "1")...UInt8(ascii: "7"): return octalDigit == nil ? nil : parseOctal(symbol)
        default: return WordByte.contains(letter) && letter != UInt8(ascii: "_") ? nil : symbol
        }
    }

    private var octalDigit: Int32? {
        guard let digit = peek(), digit & 0xF8 == 0x30 else { return nil }
        return Int32(digit & 7)
    }

    /// Up to three octal digits, of which one is read.
    private mutating func parseOctal(_ first: Int32) -> Int32 {
        var value = first & 7
        for _ in 0..<2 {
            guard let digit = octalDigit else { break }
            value = value * 8 + digit
            position += 1
        }
        return value
    }

    /// `\x7F` and `\x{10FFFF}`, after the letter.
    private mutating func parseHexadecimal() throws(LinearRegexError) -> Int32? {
        guard position < pattern.count else { return nil }
        let first = try nextCodePoint()
        if first == Int32(UInt8(ascii: "{")) { return try parseBracedHexadecimal() }
        // Go reads the second digit before it looks at either, and at the end of the pattern reads a harmless nothing.
        let second = position < pattern.count ? try nextCodePoint() : -1
        guard let high = Self.hexadecimal(first), let low = Self.hexadecimal(second) else { return nil }
        return high * 16 + low
    }

    private mutating func parseBracedHexadecimal() throws(LinearRegexError) -> Int32? {
        var value: Int32 = 0
        var isEmpty = true
        while position < pattern.count {
            let symbol = try nextCodePoint()
            if symbol == Int32(UInt8(ascii: "}")) { return isEmpty ? nil : value }
            guard let digit = Self.hexadecimal(symbol) else { return nil }
            value = value * 16 + digit
            if value > CodePointSet.last { return nil }
            isEmpty = false
        }
        return nil
    }

    private static func hexadecimal(_ symbol: Int32) -> Int32? {
        switch symbol {
        case 0x30...0x39: symbol - 0x30
        case 0x41...0x46: symbol - 0x41 + 10
        case 0x61...0x66: symbol - 0x61 + 10
        default: nil
        }
    }
}
