import CEL

/// The forms of texts that schemas know by name.
enum TextFormat {
    @inline(__always) private static func isDigit(_ byte: UInt8) -> Bool {
        byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
    }

    private static func isHexDigit(_ byte: UInt8) -> Bool {
        isDigit(byte) || byte | 0x20 >= UInt8(ascii: "a") && byte | 0x20 <= UInt8(ascii: "f")
    }

    /// Groups of 8, 4, 4, 4 and 12 hexadecimal digits, with or without dashes between.
    static func isUUID(_ text: ByteView) -> Bool {
        var rest = text
        for (place, length) in [8, 4, 4, 4, 12].enumerated() {
            if place > 0, rest.first == UInt8(ascii: "-") { rest = rest[view: 1..<rest.count] }
            guard rest.count >= length, rest[view: 0..<length].allSatisfy(isHexDigit) else { return false }
            rest = rest[view: length..<rest.count]
        }
        return rest.count == 0
    }

    /// Base64 with its padding; not nothing.
    static func isBase64(_ text: ByteView) -> Bool {
        guard text.count > 0, text.count % 4 == 0 else { return false }
        let padding = text.reversed().prefix { $0 == UInt8(ascii: "=") }.count
        guard padding <= 2 else { return false }
        return text[view: 0..<text.count - padding].allSatisfy { byte in
            (byte | 0x20) &- UInt8(ascii: "a") < 26 || isDigit(byte) || byte == UInt8(ascii: "+")
                || byte == UInt8(ascii: "/")
        }
    }

    /// A day of the calendar as `2006-01-02`.
    static func isDate(_ text: ByteView) -> Bool {
        guard text.count == 10, text[4] == UInt8(ascii: "-"), text[7] == UInt8(ascii: "-"),
            let year = number(text[view: 0..<4]), let month = number(text[view: 5..<7]),
            let day = number(text[view: 8..<10]), month >= 1, month <= 12
        else { return false }
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        let days = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        return day >= 1 && day <= days[month - 1]
    }

    private static func number(_ digits: ByteView) -> Int? {
        var number = 0
        for digit in digits {
            guard isDigit(digit) else { return nil }
            number = number * 10 + Int(digit - UInt8(ascii: "0"))
        }
        return number
    }

    /// A date and a time with a `t` between them. What may follow a second `t` is not looked at: so it is there.
    static func isDateTime(_ text: ByteView) -> Bool {
        guard let mark = text.firstIndex(where: { $0 | 0x20 == UInt8(ascii: "t") }),
            isDate(text[view: 0..<mark])
        else { return false }
        let rest = text[view: mark + 1..<text.count]
        let end = rest.firstIndex { $0 | 0x20 == UInt8(ascii: "t") } ?? rest.count
        return isTime(rest[view: 0..<end])
    }

    /// `15:04:05`, perhaps with a fraction of which the first character may be any, and a zone.
    private static func isTime(_ text: ByteView) -> Bool {
        guard text.count > 8, text[2] == UInt8(ascii: ":"), text[5] == UInt8(ascii: ":"),
            let hour = number(text[view: 0..<2]), let minute = number(text[view: 3..<5]),
            let second = number(text[view: 6..<8]), hour <= 23, minute <= 59, second <= 59
        else { return false }
        let rest = text[view: 8..<text.count]
        return isZone(rest) || isFractionAndZone(rest)
    }

    private static func isFractionAndZone(_ text: ByteView) -> Bool {
        guard text[0] != UInt8(ascii: "\n") else { return false }
        var start = 1
        while start < text.count, text[start] & 0xC0 == 0x80 { start += 1 }
        var end = start
        while end < text.count, isDigit(text[end]) { end += 1 }
        return end > start && isZone(text[view: end..<text.count])
    }

    private static func isZone(_ text: ByteView) -> Bool {
        if text.count == 1 { return text[0] | 0x20 == UInt8(ascii: "z") }
        return text.count == 6 && (text[0] == UInt8(ascii: "+") || text[0] == UInt8(ascii: "-"))
            && text[3] == UInt8(ascii: ":") && number(text[view: 1..<3]) != nil && number(text[view: 4..<6]) != nil
    }
}
