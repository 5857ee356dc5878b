internal import Synchronization

/// Time that stands still until it is moved: by hand, or by a loop that has nothing left to do before its next timer.
public final class SimulatedClock: Clock {
    private let monotonic: Atomic<UInt64>
    private let calendarOffset: Int64

    /// A clock that shows `start`, and a calendar that shows `wall` nanoseconds since 1970 at that instant.
    public init(start: Instant = Instant(nanoseconds: 0), wall: Int64 = 1_700_000_000_000_000_000) {
        monotonic = Atomic(start.nanoseconds)
        calendarOffset = wall &- Int64(clamping: start.nanoseconds)
    }

    /// The instant that was last set.
    public var now: Instant { Instant(nanoseconds: monotonic.load(ordering: .relaxed)) }

    /// The calendar's time, which moves with the instant.
    public var wall: Int64 { Int64(clamping: now.nanoseconds) &+ calendarOffset }

    /// Virtual time is not waited for; without a deadline only the kernel can bring something to do.
    public func patience(until deadline: Instant?) -> CInt { deadline == nil ? -1 : 0 }

    /// Jumps to `deadline`.
    public func idled(until deadline: Instant) { advance(to: deadline) }

    /// Moves time forward to `instant`; never backward.
    public func advance(to instant: Instant) { monotonic.max(instant.nanoseconds, ordering: .relaxed) }

    /// Moves time forward by `span`.
    public func advance(by span: Nanoseconds) { advance(to: now + span) }
}
