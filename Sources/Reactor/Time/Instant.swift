/// A point of monotonic time, in nanoseconds since an origin that only its clock knows.
public struct Instant: Hashable, Comparable, Sendable, BitwiseCopyable {
    /// Nanoseconds since the clock's origin.
    public let nanoseconds: UInt64

    /// The instant that many nanoseconds after the clock's origin.
    @inlinable
    public init(nanoseconds: UInt64) { self.nanoseconds = nanoseconds }

    /// Later than any instant that a clock shows.
    public static let never = Instant(nanoseconds: .max)

    /// The earlier one.
    @inlinable
    public static func < (one: Instant, other: Instant) -> Bool { one.nanoseconds < other.nanoseconds }

    /// The instant that much later (or earlier); it stops at the ends of time instead of trapping.
    @inlinable
    public static func + (instant: Instant, span: Nanoseconds) -> Instant {
        let size = span.count.magnitude
        let (sum, over) =
            span.count < 0
            ? instant.nanoseconds.subtractingReportingOverflow(size)
            : instant.nanoseconds.addingReportingOverflow(size)
        guard over else { return Instant(nanoseconds: sum) }
        return Instant(nanoseconds: span.count < 0 ? 0 : .max)
    }

    /// The time from the right instant to the left one, negative where the left is earlier.
    @inlinable
    public static func - (later: Instant, earlier: Instant) -> Nanoseconds {
        let forward = later.nanoseconds >= earlier.nanoseconds
        let size = forward ? later.nanoseconds - earlier.nanoseconds : earlier.nanoseconds - later.nanoseconds
        let count = Int64(clamping: size)
        return Nanoseconds(count: forward ? count : -count)
    }
}
