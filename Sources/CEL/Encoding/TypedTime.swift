/// Points in time and lengths of time as the typed encoding spells them: in UTC, and in seconds.
enum TypedTime {
    private static let perSecond: Int64 = 1_000_000_000

    /// `-1.5s`
    static func duration(nanoseconds: Int64) -> String {
        let magnitude = nanoseconds.magnitude
        let (seconds, rest) = magnitude.quotientAndRemainder(dividingBy: UInt64(perSecond))
        return "\(nanoseconds < 0 ? "-" : "")\(seconds)\(fraction(rest))s"
    }

    private static func fraction(_ nanoseconds: UInt64) -> String {
        guard nanoseconds > 0 else { return "" }
        var digits = String(nanoseconds)
        digits = String(repeating: "0", count: 9 - digits.count) + digits
        while digits.hasSuffix("0") { digits.removeLast() }
        return "." + digits
    }

    /// Reads `-1.5s`.
    static func duration(_ text: String) -> Value? {
        guard text.hasSuffix("s") else { return nil }
        let isNegative = text.hasPrefix("-")
        guard let (seconds, rest) = secondsAndNanoseconds(text.dropLast().dropFirst(isNegative ? 1 : 0)) else {
            return nil
        }
        let (scaled, first) = seconds.multipliedReportingOverflow(by: perSecond)
        let sign: Int64 = isNegative ? -1 : 1
        let (total, second) = (scaled &* sign).addingReportingOverflow(rest * sign)
        return first || second ? nil : Value(durationNanoseconds: total)
    }

    /// Reads `2009-02-13T23:31:30.5Z`.
    static func timestamp(_ text: String) -> Value? {
        let bytes = Array(text.utf8)
        guard bytes.count >= 20, bytes.last == UInt8(ascii: "Z"), bytes[4] == UInt8(ascii: "-"),
            bytes[7] == UInt8(ascii: "-"), bytes[10] == UInt8(ascii: "T"), bytes[13] == UInt8(ascii: ":"),
            bytes[16] == UInt8(ascii: ":"), let year = number(bytes[0..<4]), let month = number(bytes[5..<7]),
            let day = number(bytes[8..<10]), let hour = number(bytes[11..<13]), let minute = number(bytes[14..<16]),
            let (second, nanoseconds) = secondsAndNanoseconds(
                Substring(decoding: bytes[17..<(bytes.count - 1)], as: UTF8.self)),
            (1...12).contains(month), (1...31).contains(day), hour < 24, minute < 60, second < 60
        else { return nil }
        let days = CivilTime.days(year: year, month: month, day: day)
        let value = Instant(seconds: days * 86_400 + hour * 3600 + minute * 60 + second, nanoseconds: nanoseconds).value
        return value.isError ? nil : value
    }

    private static func number(_ digits: ArraySlice<UInt8>) -> Int64? {
        guard digits.allSatisfy({ $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }) else { return nil }
        return Int64(String(decoding: digits, as: UTF8.self))
    }

    private static func secondsAndNanoseconds(_ text: Substring) -> (seconds: Int64, nanoseconds: Int64)? {
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard let whole = number(Array(parts[0].utf8)[...]) else { return nil }
        guard parts.count == 2 else { return (whole, 0) }
        let digits = Array(parts[1].utf8)
        guard (1...9).contains(digits.count), let fraction = number(digits[...]) else { return nil }
        var scale: Int64 = 1
        for _ in digits.count..<9 { scale *= 10 }
        return (whole, fraction * scale)
    }
}
