/// The moment of a Date field as its 29 characters (`Sun, 06 Nov 1994 08:49:37 GMT`), made once a second and copied.
public struct HTTPDate: Sendable {
    private let seconds: Int64

    /// The moment so many seconds after 1970 began in UTC; years 1970 to 9999.
    public init(secondsSince1970: Int64) { seconds = min(max(secondsSince1970, 0), 253_402_300_799) }

    /// How many seconds after 1970 began the moment is.
    public var secondsSince1970: Int64 { seconds }

    /// Reads the 29 characters; nil for anything else, among it the forms that RFC 9110, 5.6.7 calls obsolete.
    public init?(_ text: Span<UInt8>) {
        guard text.count == 29, text[3] == UInt8(ascii: ",") else { return nil }
        let separators = [4, 7, 11, 16, 25].allSatisfy { text[$0] == UInt8(ascii: " ") }
        guard separators, text[19] == UInt8(ascii: ":"), text[22] == UInt8(ascii: ":"),
            ByteRange(26, 29).equals("GMT", in: text),
            let month = (1...12).first(where: { ByteRange(8, 11).equals(Self.monthNames[$0 - 1], in: text) }),
            let day = Self.number(5..<7, text), let year = Self.number(12..<16, text),
            let hour = Self.number(17..<19, text), let minute = Self.number(20..<22, text),
            let second = Self.number(23..<25, text), hour < 24, minute < 60, second <= 60,
            let midnight = CivilTime.secondsSince1970(year: year, month: month, day: day)
        else { return nil }
        self.init(secondsSince1970: midnight + Int64(hour * 3600 + minute * 60 + second))
    }

    private static func number(_ range: Range<Int>, _ text: Span<UInt8>) -> Int? {
        FieldValue.length(ByteRange(range.lowerBound, range.upperBound), text)
    }

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
