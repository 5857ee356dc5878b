/// A moment in UTC by the calendar, for years 1970 to 9999; what lies outside becomes the nearest that does not.
public struct CivilTime: Equatable, Sendable {
    /// The year.
    public let year: Int
    /// The month, from 1.
    public let month: Int
    /// The day of the month, from 1.
    public let day: Int
    /// The day of the week, 0 for Sunday.
    public let weekday: Int
    /// The hour.
    public let hour: Int
    /// The minute.
    public let minute: Int
    /// The second.
    public let second: Int

    /// The moment so many seconds after 1970 began.
    public init(secondsSince1970: Int64) {
        let seconds = Int(min(max(secondsSince1970, 0), 253_402_300_799))
        let days = seconds / 86_400
        hour = seconds % 86_400 / 3600
        minute = seconds / 60 % 60
        second = seconds % 60
        weekday = (days + 4) % 7
        // In cycles of 400 years that begin in March of year 0, so that the odd day is the last of its year.
        let shifted = days + 719_468
        let cycle = shifted / 146_097
        let dayOfCycle = shifted % 146_097
        let yearOfCycle = (dayOfCycle - dayOfCycle / 1460 + dayOfCycle / 36_524 - dayOfCycle / 146_096) / 365
        let dayOfYear = dayOfCycle - (365 * yearOfCycle + yearOfCycle / 4 - yearOfCycle / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        year = cycle * 400 + yearOfCycle + (month <= 2 ? 1 : 0)
    }

    /// The seconds from the beginning of 1970 to that of a day; nil where no such day is in the years 1970 to 9999.
    public static func secondsSince1970(year: Int, month: Int, day: Int) -> Int64? {
        guard (1970...9999).contains(year), (1...12).contains(month), (1...31).contains(day) else { return nil }
        // As above: years that begin in March, in cycles of 400.
        let shiftedYear = month <= 2 ? year - 1 : year
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let yearOfCycle = shiftedYear % 400
        let dayOfCycle = yearOfCycle * 365 + yearOfCycle / 4 - yearOfCycle / 100 + dayOfYear
        let seconds = Int64(shiftedYear / 400 * 146_097 + dayOfCycle - 719_468) * 86_400
        let time = CivilTime(secondsSince1970: seconds)
        return time.month == month && time.day == day ? seconds : nil
    }
}
