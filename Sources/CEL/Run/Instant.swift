/// A point in time as arithmetic sees it.
struct Instant {
    let seconds: Int64
    let nanoseconds: Int64
    /// The minutes by which the time is written ahead of UTC.
    let zone: Int16

    static let secondsMin: Int64 = -62_135_596_800
    static let secondsMax: Int64 = 253_402_300_799
    private static let perSecond: Int64 = 1_000_000_000

    init(seconds: Int64, nanoseconds: Int64, zone: Int16 = 0) {
        self.seconds = seconds
        self.nanoseconds = nanoseconds
        self.zone = zone
    }

    /// The time that a timestamp is.
    init(_ value: Value) {
        self.init(seconds: value.intValue, nanoseconds: Int64(value.nanosecondsValue), zone: value.zone)
    }

    /// The timestamp; an error outside of the years 1 to 9999.
    var value: Value {
        guard seconds >= Self.secondsMin, seconds <= Self.secondsMax else { return .error(.timestampOverflow) }
        return Value(timestampSeconds: seconds, nanoseconds: UInt32(nanoseconds), zone: zone)
    }

    func adding(nanoseconds more: Int64) -> Value {
        var wholeSeconds = more / Self.perSecond
        var rest = nanoseconds + more % Self.perSecond
        if rest < 0 {
            rest += Self.perSecond
            wholeSeconds -= 1
        } else if rest >= Self.perSecond {
            rest -= Self.perSecond
            wholeSeconds += 1
        }
        let (sum, overflows) = seconds.addingReportingOverflow(wholeSeconds)
        return overflows ? .error(.integerOverflow) : Instant(seconds: sum, nanoseconds: rest, zone: zone).value
    }

    func since(_ other: Instant) -> Value {
        let (difference, first) = seconds.subtractingReportingOverflow(other.seconds)
        let (scaled, second) = difference.multipliedReportingOverflow(by: Self.perSecond)
        let (total, third) = scaled.addingReportingOverflow(nanoseconds - other.nanoseconds)
        return first || second || third ? .error(.integerOverflow) : Value(durationNanoseconds: total)
    }
}
