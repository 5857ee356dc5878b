import HTTP

/// The calendar's time as logs and lists have it: RFC 3339 with milliseconds, in UTC, such as `2026-11-21T12:30:00.125Z`.
public enum Timestamp {
    /// That time, in nanoseconds since 1970.
    public static func text(_ wall: Int64) -> String {
        let bytes = bytes(wall)
        return String(decoding: (0..<bytes.count).map { bytes[$0] }, as: UTF8.self)
    }

    static func bytes(_ wall: Int64) -> InlineArray<24, UInt8> {
        let time = CivilTime(secondsSince1970: wall / 1_000_000_000)
        var text = InlineArray<24, UInt8>(repeating: UInt8(ascii: "0"))
        func put(_ value: Int, at end: Int, _ count: Int) {
            var rest = value
            for index in stride(from: end - 1, to: end - 1 - count, by: -1) {
                text[index] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
                rest /= 10
            }
        }
        put(time.year, at: 4, 4)
        put(time.month, at: 7, 2)
        put(time.day, at: 10, 2)
        put(time.hour, at: 13, 2)
        put(time.minute, at: 16, 2)
        put(time.second, at: 19, 2)
        put(Int(max(wall, 0) / 1_000_000 % 1000), at: 23, 3)
        text[4] = UInt8(ascii: "-")
        text[7] = UInt8(ascii: "-")
        text[10] = UInt8(ascii: "T")
        text[13] = UInt8(ascii: ":")
        text[16] = UInt8(ascii: ":")
        text[19] = UInt8(ascii: ".")
        text[23] = UInt8(ascii: "Z")
        return text
    }
}

/// The same for one line after the other: of most only the milliseconds are other than those of the line before.
struct RunningTimestamp {
    private(set) var text = Timestamp.bytes(0)
    private var second: Int64 = 0

    mutating func advance(to wall: Int64) {
        guard wall >= 0, wall / 1_000_000_000 == second else {
            text = Timestamp.bytes(wall)
            second = wall / 1_000_000_000
            return
        }
        var rest = wall / 1_000_000 % 1000
        for place in (20..<23).reversed() {
            text[place] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        }
    }
}
