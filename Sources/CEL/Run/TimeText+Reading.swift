// Reading times: RFC 3339 and lengths of time, with exactly the leniency that Go has.

extension TimeText {
    private static func byte(_ character: Unicode.Scalar) -> UInt8 { UInt8(truncatingIfNeeded: character.value) }

    /// The units of a length of time, in nanoseconds. Both signs for "micro" are known.
    private static let units: [(name: StaticString, nanoseconds: UInt64)] = [
        ("ns", 1), ("us", 1000), ("µs", 1000), ("μs", 1000), ("ms", 1_000_000), ("s", 1_000_000_000),
        ("m", 60_000_000_000), ("h", 3_600_000_000_000),
    ]

    private static let magnitudeMax: UInt64 = 1 << 63

    /// The nanoseconds of a text such as `-1h2.5s`; nil where it is none or they do not fit.
    static func duration(_ text: ByteView) -> Int64? {
        var rest = text
        var isNegative = false
        if let sign = rest.first, sign == byte("-") || sign == byte("+") {
            isNegative = sign == byte("-")
            rest = rest[view: 1..<rest.count]
        }
        if rest.count == 1, rest[0] == byte("0") { return 0 }
        guard rest.count > 0 else { return nil }
        var total: UInt64 = 0
        while rest.count > 0 {
            guard let part = durationPart(&rest) else { return nil }
            let (sum, overflows) = total.addingReportingOverflow(part)
            guard !overflows, sum <= magnitudeMax else { return nil }
            total = sum
        }
        if isNegative { return total == magnitudeMax ? .min : -Int64(total) }
        return Int64(exactly: total)
    }

    /// One number with its unit.
    private static func durationPart(_ rest: inout ByteView) -> UInt64? {
        let before = rest.count
        guard let whole = leadingInteger(&rest) else { return nil }
        var hasDigits = rest.count < before
        var fraction: UInt64 = 0
        var scale = 1.0
        if rest.first == byte(".") {
            rest = rest[view: 1..<rest.count]
            let before = rest.count
            (fraction, scale) = leadingFraction(&rest)
            hasDigits = hasDigits || rest.count < before
        }
        let length = rest.prefix { $0 != byte(".") && !Lexer.isDigit($0) }.count
        let name = rest[view: 0..<length]
        guard hasDigits, let unit = units.first(where: { ByteView($0.name).hasSameBytes(as: name) })?.nanoseconds,
            whole <= magnitudeMax / unit
        else { return nil }
        rest = rest[view: length..<rest.count]
        let part = whole * unit + UInt64(Double(fraction) * (Double(unit) / scale))
        return part <= magnitudeMax ? part : nil
    }

    private static func leadingInteger(_ rest: inout ByteView) -> UInt64? {
        var value: UInt64 = 0
        while let digit = rest.first, Lexer.isDigit(digit) {
            guard value <= magnitudeMax / 10 else { return nil }
            value = value * 10 + UInt64(digit - byte("0"))
            guard value <= magnitudeMax else { return nil }
            rest = rest[view: 1..<rest.count]
        }
        return value
    }

    /// Digits that no longer fit are read and left out.
    private static func leadingFraction(_ rest: inout ByteView) -> (value: UInt64, scale: Double) {
        var value: UInt64 = 0
        var scale = 1.0
        var overflows = false
        while let digit = rest.first, Lexer.isDigit(digit) {
            rest = rest[view: 1..<rest.count]
            guard !overflows, value <= (magnitudeMax - 1) / 10 else {
                overflows = true
                continue
            }
            value = value * 10 + UInt64(digit - byte("0"))
            scale *= 10
        }
        return (value, scale)
    }
}

extension TimeText {
    /// The timestamp that an RFC 3339 text is; nil where it is none, and an error outside of the years 1 to 9999.
    static func timestamp(_ text: ByteView) -> Value? {
        var reader = TimestampReader(rest: text)
        return reader.read()
    }
}

private struct TimestampReader {
    var rest: ByteView

    private static let zero = UInt8(ascii: "0")

    mutating func read() -> Value? {
        guard let year = year(), skip("-"), let month = number(1...12), skip("-"), let day = number(0...31), skip("T"),
            let hour = number(0...23, mayBeShort: true), skip(":"), let minute = number(0...59), skip(":"),
            let second = number(0...59)
        else { return nil }
        let nanoseconds = fraction()
        guard let zone = zone(), rest.count == 0, day >= 1, day <= CivilTime.days(of: month, in: year) else {
            return nil
        }
        let days = CivilTime.days(year: year, month: month, day: day)
        let seconds = days * 86_400 + hour * 3600 + minute * 60 + second - zone * 60
        return Instant(seconds: seconds, nanoseconds: nanoseconds, zone: Int16(zone)).value
    }

    private mutating func take(_ count: Int) { rest = rest[view: count..<rest.count] }

    private func digit(_ index: Int) -> Int64? {
        guard index < rest.count, Lexer.isDigit(rest[index]) else { return nil }
        return Int64(rest[index] - Self.zero)
    }

    private mutating func skip(_ character: Unicode.Scalar) -> Bool {
        guard let first = rest.first, UInt32(first) == character.value else { return false }
        take(1)
        return true
    }

    private mutating func year() -> Int64? {
        guard let a = digit(0), let b = digit(1), let c = digit(2), let d = digit(3) else { return nil }
        take(4)
        return a * 1000 + b * 100 + c * 10 + d
    }

    /// Two digits; the hour may have one.
    private mutating func number(_ range: ClosedRange<Int64>, mayBeShort: Bool = false) -> Int64? {
        guard let first = digit(0) else { return nil }
        var value = first
        if let second = digit(1) {
            value = first * 10 + second
            take(2)
        } else {
            guard mayBeShort else { return nil }
            take(1)
        }
        return range.contains(value) ? value : nil
    }

    /// A fraction of a second after a point or a comma; digits after the ninth are left out.
    private mutating func fraction() -> Int64 {
        guard let mark = rest.first, mark == UInt8(ascii: ".") || mark == UInt8(ascii: ","), digit(1) != nil else {
            return 0
        }
        take(1)
        var value: Int64 = 0
        var count = 0
        while let next = digit(0) {
            if count < 9 { value = value * 10 + next }
            count += 1
            take(1)
        }
        for _ in min(count, 9)..<9 { value *= 10 }
        return value
    }

    /// The minutes ahead of UTC.
    private mutating func zone() -> Int64? {
        if skip("Z") { return 0 }
        let sign: Int64
        if skip("+") { sign = 1 } else if skip("-") { sign = -1 } else { return nil }
        guard let hours = number(0...24), skip(":"), let minutes = number(0...60) else { return nil }
        return sign * (hours * 60 + minutes)
    }
}
