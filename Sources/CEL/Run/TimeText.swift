/// Writes and reads points in time as RFC 3339 has them, and lengths of time as the API server's language does.
enum TimeText {
    /// A timestamp in the zone it was read in, with as many digits of a second as it has.
    static func write(_ value: Value, inUTC: Bool = false) -> String {
        let zone = inUTC ? 0 : Int64(value.zone)
        let date = CivilTime(seconds: value.intValue + zone * 60)
        var text = "\(pad(date.year, 4))-\(pad(date.month, 2))-\(pad(date.day, 2))"
        text += "T\(pad(date.hour, 2)):\(pad(date.minute, 2)):\(pad(date.second, 2))"
        if value.nanosecondsValue > 0 {
            var digits = pad(Int64(value.nanosecondsValue), 9)
            while digits.hasSuffix("0") { digits.removeLast() }
            text += "." + digits
        }
        if zone == 0 { return text + "Z" }
        return text + "\(zone < 0 ? "-" : "+")\(pad(abs(zone) / 60, 2)):\(pad(abs(zone) % 60, 2))"
    }

    private static func pad(_ number: Int64, _ width: Int) -> String {
        let digits = String(number.magnitude)
        return (number < 0 ? "-" : "") + String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}

/// A point in time on the Gregorian calendar.
struct CivilTime {
    let year: Int64
    let month: Int64
    let day: Int64
    let hour: Int64
    let minute: Int64
    let second: Int64
    /// From one.
    let dayOfYear: Int64
    /// From zero, which is a Sunday.
    let dayOfWeek: Int64

    /// The time that is `seconds` after 1970 began.
    init(seconds: Int64) {
        let perDay: Int64 = 86_400
        var days = seconds / perDay
        var rest = seconds % perDay
        if rest < 0 {
            rest += perDay
            days -= 1
        }
        (hour, minute, second) = (rest / 3600, rest / 60 % 60, rest % 60)
        dayOfWeek = ((days + 4) % 7 + 7) % 7
        // Years are counted from March, so that the leap day is the last of its year.
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let marchDay = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let marchMonth = (5 * marchDay + 2) / 153
        day = marchDay - (153 * marchMonth + 2) / 5 + 1
        month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        dayOfYear = days - Self.days(year: year, month: 1, day: 1) + 1
    }

    /// The days from 1970 to a date.
    static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
        let shiftedYear = month <= 2 ? year - 1 : year
        let era = (shiftedYear >= 0 ? shiftedYear : shiftedYear - 399) / 400
        let yearOfEra = shiftedYear - era * 400
        let marchDay = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + marchDay
        return era * 146_097 + dayOfEra - 719_468
    }

    /// How many days a month has.
    static func days(of month: Int64, in year: Int64) -> Int64 {
        let next = month == 12 ? (year + 1, Int64(1)) : (year, month + 1)
        return days(year: next.0, month: next.1, day: 1) - days(year: year, month: month, day: 1)
    }
}
