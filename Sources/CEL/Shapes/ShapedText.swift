/// Texts of a known format, with the leniency and the words of the API server.
///
/// A text that is longer than any such needs to be is refused unread, and an error shows the start of it only.
enum ShapedText {
    private static let bytesMax = 4096
    private static let shownBytesMax = 1024

    static func duration(_ text: ByteView, _ evaluator: inout Evaluator) -> Value {
        var words = DurationWords(rest: text)
        if text.count <= bytesMax, let nanoseconds = TimeText.duration(text) ?? words.read() {
            return Value(durationNanoseconds: nanoseconds)
        }
        let shown = shown(text).text
        return refusal(&evaluator, "Invalid duration \(shown): unable to parse \(shown) as duration")
    }

    static func date(_ text: ByteView, _ evaluator: inout Evaluator) -> Value {
        time(text, isDay: true, &evaluator)
    }

    /// No text at all is the start of 1970, and a time without a zone is one of UTC.
    static func dateTime(_ text: ByteView, _ evaluator: inout Evaluator) -> Value {
        if text.isEmpty { return Value(timestampSeconds: 0, nanoseconds: 0) }
        if text.count <= bytesMax, let value = TimeText.timestamp(text) { return value }
        return time(text, isDay: false, &evaluator)
    }

    private static func time(_ text: ByteView, isDay: Bool, _ evaluator: inout Evaluator) -> Value {
        let shown = shown(text)
        var reader = TimeLayout(shown, isDay: isDay)
        var reason = "the text is too long"
        do throws(TimeLayout.Mismatch) {
            let value = try reader.read()
            if text.count <= bytesMax { return value }
        } catch {
            reason = error.message
        }
        let format = isDay ? "date" : "date-time"
        return refusal(&evaluator, "Invalid \(format) formatted string \(shown.text): \(reason)")
    }

    /// Base64 with the alphabet of URLs, which is what the API server reads this format with.
    static func bytes(_ text: ByteView, _ evaluator: inout Evaluator) -> Value {
        switch Base64.decodeForURLs(&evaluator, text) {
        case .success(let value): return value
        case .failure(let problem):
            let reason = "illegal base64 data at input byte \(problem.offset)"
            return refusal(&evaluator, "Invalid byte formatted string \(shown(text).text): \(reason)")
        }
    }

    /// The error about a text; making it takes longer than reading most values does.
    private static func refusal(_ evaluator: inout Evaluator, _ message: String) -> Value {
        evaluator.mustStop(after: 16 + message.utf8.count / 32) ? .stopped : evaluator.error(message)
    }

    private static func shown(_ text: ByteView) -> ByteView {
        guard text.count > bytesMax else { return text }
        var end = shownBytesMax
        while end > 0, text[end] & 0xC0 == 0x80 { end -= 1 }
        return text[view: 0..<end]
    }
}

/// Lengths of time in words: whole numbers with units, such as `1 day 2 hours`.
private struct DurationWords {
    var rest: ByteView

    /// The names of each unit; the last of them may go on, as in `days`.
    private static let units: [(names: [String], nanoseconds: Int64)] = [
        (["ns", "nano"], 1), (["us", "µs", "micro"], 1000), (["ms", "milli"], 1_000_000),
        (["s", "sec"], 1_000_000_000),
        (["m", "min"], 60_000_000_000), (["h", "hr", "hour"], 3_600_000_000_000), (["d", "day"], 86_400_000_000_000),
        (["w", "wk", "week"], 604_800_000_000_000),
    ]

    mutating func read() -> Int64? {
        var total: Int64 = 0
        var isKnown = false
        skipSpace()
        repeat {
            guard let factor = number() else { return nil }
            skipSpace()
            guard let unit = word()?.lowercased() else { return nil }
            skipSpace()
            // The sum wraps around as that of the API server does.
            for (names, nanoseconds) in Self.units {
                for (index, name) in names.enumerated()
                where name == unit || index == names.count - 1 && unit.utf8.starts(with: name.utf8) {
                    isKnown = true
                    total &+= factor &* nanoseconds
                }
            }
        } while !rest.isEmpty
        return isKnown ? total : nil
    }

    private mutating func take(_ count: Int) -> ByteView {
        defer { rest = rest[view: count..<rest.count] }
        return rest[view: 0..<count]
    }

    private mutating func skipSpace() {
        _ = take(rest.prefix { $0 == 0x20 || $0 >= 0x09 && $0 <= 0x0D && $0 != 0x0B }.count)
    }

    private mutating func number() -> Int64? {
        let digits = take(rest.prefix(while: Lexer.isDigit).count)
        return Int64(digits.text)
    }

    /// Letters of English, and the sign for "micro".
    private mutating func word() -> String? {
        var length = 0
        while length < rest.count {
            if rest[length] | 0x20 >= 0x61, rest[length] | 0x20 <= 0x7A, rest[length] < 0x80 {
                length += 1
            } else if length + 1 < rest.count, rest[length] == 0xC2, rest[length + 1] == 0xB5 {
                length += 2
            } else {
                break
            }
        }
        return length == 0 ? nil : take(length).text
    }
}

/// Reads `2006-01-02` or `2006-01-02T15:04:05`, and says where a text differs, in the words of Go's library.
private struct TimeLayout {
    struct Mismatch: Error {
        let message: String
    }

    private let text: ByteView
    private let layout: String
    private let isDay: Bool
    private var rest: ByteView

    init(_ text: ByteView, isDay: Bool) {
        self.text = text
        self.isDay = isDay
        layout = isDay ? "2006-01-02" : "2006-01-02T15:04:05"
        rest = text
    }

    mutating func read() throws(Mismatch) -> Value {
        let year = try number("2006", digits: 4...4)
        try skip("-")
        let month = try number("01", digits: 2...2, 1...12, "month")
        try skip("-")
        let day = try number("02", digits: 2...2)
        var seconds: Int64 = 0
        var nanoseconds: Int64 = 0
        if !isDay {
            try skip("T")
            seconds = try number("15", digits: 1...2, 0...23, "hour") * 3600
            try skip(":")
            seconds += try number("04", digits: 2...2, 0...59, "minute") * 60
            try skip(":")
            seconds += try number("05", digits: 2...2, 0...59, "second")
            nanoseconds = fraction()
        }
        if !rest.isEmpty { throw Mismatch(message: "\(start): extra text: \(GoText.quote(rest))") }
        guard day >= 1, day <= CivilTime.days(of: month, in: year) else { throw outOfRange("day") }
        let days = CivilTime.days(year: year, month: month, day: day)
        return Instant(seconds: days * 86_400 + seconds, nanoseconds: nanoseconds).value
    }

    private var start: String { "parsing time \(GoText.quote(text))" }

    private func outOfRange(_ part: String) -> Mismatch { Mismatch(message: "\(start): \(part) out of range") }

    private func cannotParse(_ element: String) -> Mismatch {
        Mismatch(message: "\(start) as \"\(layout)\": cannot parse \(GoText.quote(rest)) as \"\(element)\"")
    }

    private mutating func skip(_ sign: String) throws(Mismatch) {
        guard let first = rest.first, first == sign.utf8.first else { throw cannotParse(sign) }
        rest = rest[view: 1..<rest.count]
    }

    private mutating func number(
        _ element: String, digits: ClosedRange<Int>, _ range: ClosedRange<Int64> = 0...9999, _ part: String = ""
    ) throws(Mismatch) -> Int64 {
        let count = min(rest.prefix(while: Lexer.isDigit).count, digits.upperBound)
        guard count >= digits.lowerBound else { throw cannotParse(element) }
        let value = rest.prefix(count).reduce(Int64(0)) { $0 * 10 + Int64($1 - UInt8(ascii: "0")) }
        rest = rest[view: count..<rest.count]
        guard range.contains(value) else { throw outOfRange(part) }
        return value
    }

    private mutating func fraction() -> Int64 {
        guard rest.count > 1, rest[0] == UInt8(ascii: ".") || rest[0] == UInt8(ascii: ","), Lexer.isDigit(rest[1])
        else { return 0 }
        let digits = rest.dropFirst().prefix(while: Lexer.isDigit)
        var value = digits.prefix(9).reduce(Int64(0)) { $0 * 10 + Int64($1 - UInt8(ascii: "0")) }
        for _ in min(digits.count, 9)..<9 { value *= 10 }
        rest = rest[view: digits.count + 1..<rest.count]
        return value
    }
}
