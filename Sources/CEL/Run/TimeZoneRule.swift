/// When a place changes its clocks every year, as POSIX writes it: `CET-1CEST,M3.5.0,M10.5.0/3`.
struct TimeZoneRule: Sendable {
    private let standard: Int64
    private let summer: Change?

    private struct Change {
        let offset: Int64
        let start: Day
        let end: Day
    }

    /// A day of the year, and the second of that day by the clock that is about to change.
    private struct Day {
        enum Kind {
            /// The day of the year from one, in which 29 February is never counted.
            case withoutLeapDay(Int64)
            /// The day of the year from zero.
            case counted(Int64)
            /// The week's n-th weekday in a month; the fifth is the last.
            case weekday(month: Int64, week: Int64, day: Int64)
        }

        let kind: Kind
        let second: Int64
    }

    /// Reads a rule; nil where it is none.
    init?(_ text: String) {
        var rest = Array(text.utf8)[...]
        guard Self.name(&rest), let offset = Self.clock(&rest) else { return nil }
        standard = -offset
        guard !rest.isEmpty else {
            summer = nil
            return
        }
        guard Self.name(&rest) else { return nil }
        var ahead = -offset + 3600
        if let next = rest.first, next != UInt8(ascii: ",") {
            guard let own = Self.clock(&rest) else { return nil }
            ahead = -own
        }
        // Without days the rules of the United States hold, as in Go.
        if rest.isEmpty { rest = Array(",M3.2.0,M11.1.0".utf8)[...] }
        guard let start = Self.day(&rest), let end = Self.day(&rest), rest.isEmpty else { return nil }
        summer = Change(offset: ahead, start: start, end: end)
    }

    /// The seconds ahead of UTC at a time.
    func offset(at seconds: Int64) -> Int64 {
        guard let summer else { return standard }
        let year = CivilTime(seconds: seconds &+ standard).year
        let newYear = CivilTime.days(year: year, month: 1, day: 1) * 86_400
        let start = newYear + second(of: summer.start, in: year) - standard
        let end = newYear + second(of: summer.end, in: year) - summer.offset
        let isSummer = start < end ? seconds >= start && seconds < end : !(seconds >= end && seconds < start)
        return isSummer ? summer.offset : standard
    }

    /// The second of the year at which a change happens.
    private func second(of day: Day, in year: Int64) -> Int64 {
        let isLeap = CivilTime.days(year: year, month: 3, day: 1) - CivilTime.days(year: year, month: 2, day: 1) == 29
        let days: Int64
        switch day.kind {
        case .withoutLeapDay(let number): days = number - 1 + (isLeap && number >= 60 ? 1 : 0)
        case .counted(let number): days = number
        case .weekday(let month, let week, let weekday):
            let first = CivilTime.days(year: year, month: month, day: 1)
            let next = month == 12 ? (year + 1, Int64(1)) : (year, month + 1)
            let length = CivilTime.days(year: next.0, month: next.1, day: 1) - first
            let firstWeekday = ((first + 4) % 7 + 7) % 7
            var dayOfMonth = (weekday - firstWeekday + 7) % 7 + (week - 1) * 7
            while dayOfMonth >= length { dayOfMonth -= 7 }
            days = first + dayOfMonth - CivilTime.days(year: year, month: 1, day: 1)
        }
        return days * 86_400 + day.second
    }
}

extension TimeZoneRule {
    /// Skips the name of a zone: letters, or anything between angle brackets.
    private static func name(_ rest: inout ArraySlice<UInt8>) -> Bool {
        if rest.first == UInt8(ascii: "<") {
            guard let end = rest.firstIndex(of: UInt8(ascii: ">")) else { return false }
            rest = rest[(end + 1)...]
            return true
        }
        let ends = Array("0123456789,-+".utf8)
        let length = rest.prefix { !ends.contains($0) }.count
        rest = rest.dropFirst(length)
        return length >= 3
    }

    /// `[+-]hours[:minutes[:seconds]]` in seconds.
    private static func clock(_ rest: inout ArraySlice<UInt8>) -> Int64? {
        var sign: Int64 = 1
        if let first = rest.first, first == UInt8(ascii: "-") || first == UInt8(ascii: "+") {
            sign = first == UInt8(ascii: "-") ? -1 : 1
            rest.removeFirst()
        }
        guard let hours = number(&rest, 0...168) else { return nil }
        var seconds = hours * 3600
        for unit in [Int64(60), 1] where rest.first == UInt8(ascii: ":") {
            rest.removeFirst()
            guard let part = number(&rest, 0...59) else { return nil }
            seconds += part * unit
        }
        return sign * seconds
    }

    private static func number(_ rest: inout ArraySlice<UInt8>, _ range: ClosedRange<Int64>) -> Int64? {
        let digits = rest.prefix { Lexer.isDigit($0) }
        guard !digits.isEmpty, digits.count <= 4 else { return nil }
        rest = rest.dropFirst(digits.count)
        let value = digits.reduce(Int64(0)) { $0 * 10 + Int64($1 - UInt8(ascii: "0")) }
        return range.contains(value) ? value : nil
    }

    /// `,Mmonth.week.day`, `,Jday` or `,day`, with `/time` behind it where that is not two o'clock.
    private static func day(_ rest: inout ArraySlice<UInt8>) -> Day? {
        guard rest.popFirst() == UInt8(ascii: ",") else { return nil }
        guard let kind = kind(&rest) else { return nil }
        guard rest.first == UInt8(ascii: "/") else { return Day(kind: kind, second: 7200) }
        rest.removeFirst()
        return clock(&rest).map { Day(kind: kind, second: $0) }
    }

    private static func kind(_ rest: inout ArraySlice<UInt8>) -> Day.Kind? {
        switch rest.first {
        case UInt8(ascii: "J"):
            rest.removeFirst()
            return number(&rest, 1...365).map { .withoutLeapDay($0) }
        case UInt8(ascii: "M"):
            rest.removeFirst()
            guard let month = number(&rest, 1...12), rest.popFirst() == UInt8(ascii: "."),
                let week = number(&rest, 1...5), rest.popFirst() == UInt8(ascii: "."),
                let day = number(&rest, 0...6)
            else { return nil }
            return .weekday(month: month, week: week, day: day)
        default: return number(&rest, 0...365).map { .counted($0) }
        }
    }
}
