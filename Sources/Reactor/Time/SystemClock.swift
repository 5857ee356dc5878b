internal import CSystem

/// The machine's time.
public final class SystemClock: Clock {
    private let spins: Bool

    /// Makes a clock; all of them show the same time. A loop whose clock spins never sleeps: it takes a whole processor, and
    /// sees what happens without the time that waking up takes.
    public init(spins: Bool = false) { self.spins = spins }

    /// Monotonic time of the kernel.
    public var now: Instant { Instant(nanoseconds: system_nanoseconds(CLOCK_MONOTONIC)) }

    /// The calendar's time of the kernel.
    public var wall: Int64 { Int64(clamping: system_nanoseconds(CLOCK_REALTIME)) }

    /// The milliseconds that are left, rounded up; none where the clock spins.
    public func patience(until deadline: Instant?) -> CInt {
        if spins { return 0 }
        guard let deadline else { return -1 }
        return CInt(clamping: max(0, (deadline - now).millisecondsUp))
    }

    /// Real time passes by itself.
    public func idled(until deadline: Instant) {}
}
