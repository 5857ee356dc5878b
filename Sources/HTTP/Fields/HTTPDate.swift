/// The moment of a Date field as its 29 characters (`Sun, 06 Nov 1994 08:49:37 GMT`), made once a second and copied.
public struct HTTPDate: Sendable {
    private let seconds: Int64

    /// The moment so many seconds after 1970 began in UTC; years 1970 to 9999.
    public init(secondsSince1970: Int64) { seconds = min(max(secondsSince1970, 0), 253_402_300_799) }

    /// Writes the characters.
    public func write(to buffer: inout ByteBuffer) {
        let time = CivilTime(secondsSince1970: seconds)
        buffer.append(Self.dayNames[time.weekday])
        buffer.append(", ")
        Self.write(time.day, width: 2, &buffer)
        buffer.append(" ")
        buffer.append(Self.monthNames[time.month - 1])
        buffer.append(" ")
        Self.write(time.year, width: 4, &buffer)
        buffer.append(" ")
        Self.write(time.hour, width: 2, &buffer)
        buffer.append(":")
        Self.write(time.minute, width: 2, &buffer)
        buffer.append(":")
        Self.write(time.second, width: 2, &buffer)
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
}
