/// A length of time.
public struct Nanoseconds: Hashable, Comparable, Sendable, BitwiseCopyable {
    /// How many nanoseconds it has.
    public let count: Int64

    /// That many nanoseconds.
    @inlinable
    public init(count: Int64) { self.count = count }

    /// No time at all.
    public static let zero = Nanoseconds(count: 0)

    /// That many nanoseconds.
    @inlinable
    public static func nanoseconds(_ count: Int64) -> Nanoseconds { Nanoseconds(count: count) }

    /// That many microseconds, at most the longest time there is.
    @inlinable
    public static func microseconds(_ count: Int64) -> Nanoseconds { Nanoseconds(count: 1_000) * count }

    /// That many milliseconds, at most the longest time there is.
    @inlinable
    public static func milliseconds(_ count: Int64) -> Nanoseconds { Nanoseconds(count: 1_000_000) * count }

    /// That many seconds, at most the longest time there is.
    @inlinable
    public static func seconds(_ count: Int64) -> Nanoseconds { Nanoseconds(count: 1_000_000_000) * count }

    /// Whole milliseconds, rounded up, so that whoever waits them does not wake too early.
    @inlinable
    public var millisecondsUp: Int64 { count / 1_000_000 + (count % 1_000_000 > 0 ? 1 : 0) }

    /// The shorter one.
    @inlinable
    public static func < (one: Nanoseconds, other: Nanoseconds) -> Bool { one.count < other.count }

    /// Both, at most the longest time there is.
    @inlinable
    public static func + (one: Nanoseconds, other: Nanoseconds) -> Nanoseconds {
        let (sum, over) = one.count.addingReportingOverflow(other.count)
        return Nanoseconds(count: over ? (one.count < 0 ? .min : .max) : sum)
    }

    /// What is left of the first after the second.
    @inlinable
    public static func - (one: Nanoseconds, other: Nanoseconds) -> Nanoseconds {
        let (difference, over) = one.count.subtractingReportingOverflow(other.count)
        return Nanoseconds(count: over ? (one.count < 0 ? .min : .max) : difference)
    }

    /// That many times as long, at most the longest time there is.
    @inlinable
    public static func * (one: Nanoseconds, factor: Int64) -> Nanoseconds {
        let (product, over) = one.count.multipliedReportingOverflow(by: factor)
        return Nanoseconds(count: over ? ((one.count < 0) != (factor < 0) ? .min : .max) : product)
    }
}
