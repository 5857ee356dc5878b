internal import CSystem

/// The machine's time.
public final class SystemClock: Clock {
    /// Makes a clock; all of them show the same time.
    public init() {}

    /// Monotonic time of the kernel.
    public var now: Instant { Instant(nanoseconds: system_nanoseconds(CLOCK_MONOTONIC)) }

    /// The calendar's time of the kernel.
    public var wall: Int64 { Int64(clamping: system_nanoseconds(CLOCK_REALTIME)) }

    /// The milliseconds that are left, rounded up.
    public func patience(until deadline: Instant?) -> CInt {
        guard let deadline else { return -1 }
        return CInt(clamping: max(0, (deadline - now).millisecondsUp))
    }

    /// Real time passes by itself.
    public func idled(until deadline: Instant) {}
}
