/// The moment of a Date field as its 29 characters (`Sun, 06 Nov 1994 08:49:37 GMT`), made once a second and copied.
public struct HTTPDate: Sendable {
    private let seconds: Int64

    /// The moment so many seconds after 1970 began in UTC; years 1970 to 9999.
    public init(secondsSince1970: Int64) { seconds = min(max(secondsSince1970, 0), 253_402_300_799) }

    /// Writes the characters.
    public func write(to buffer: inout ByteBuffer) {
        let days = Int(seconds / 86_400)
        let second = Int(seconds % 86_400)
        let (year, month, day) = Self.civil(days)
        buffer.append(Self.dayNames[(days + 4) % 7])
        buffer.append(", ")
        Self.write(day, width: 2, &buffer)
        buffer.append(" ")
        buffer.append(Self.monthNames[month - 1])
        buffer.append(" ")
        Self.write(year, width: 4, &buffer)
        buffer.append(" ")
        Self.write(second / 3600, width: 2, &buffer)
        buffer.append(":")
        Self.write(second / 60 % 60, width: 2, &buffer)
        buffer.append(":")
        Self.write(second % 60, width: 2, &buffer)
        buffer.append(" GMT")
    }

    private static let dayNames: InlineArray<7, StaticString> = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    private static let monthNames: InlineArray<12, StaticString> = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    private static func write(_ value: Int, width: Int, _ buffer: inout ByteBuffer) {
        var divisor = width == 4 ? 1000 : 10
        while divisor > 0 {
            buffer.append(UInt8(ascii: "0") + UInt8(value / divisor % 10))
            divisor /= 10
        }
    }

    /// Year, month and day of a day counted from 1970-01-01, in 400-year cycles that start in March of year 0.
    private static func civil(_ days: Int) -> (year: Int, month: Int, day: Int) {
        let shifted = days + 719_468
        let cycle = shifted / 146_097
        let dayOfCycle = shifted % 146_097
        let year = (dayOfCycle - dayOfCycle / 1460 + dayOfCycle / 36_524 - dayOfCycle / 146_096) / 365
        let dayOfYear = dayOfCycle - (365 * year + year / 4 - year / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        return (cycle * 400 + year + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
    }
}
