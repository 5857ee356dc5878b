/// Where time comes from; whoever waits, measures or decides by time is given one.
public protocol Clock: AnyObject, Sendable {
    /// Monotonic time.
    var now: Instant { get }

    /// The calendar's time, in nanoseconds since 1970 (UTC); it may jump.
    var wall: Int64 { get }

    /// How many milliseconds the kernel may be waited on before `deadline`; -1: without limit.
    func patience(until deadline: Instant?) -> CInt

    /// Tells that a loop has nothing left to do before `deadline`; virtual time jumps there.
    func idled(until deadline: Instant)
}
