/// What a descriptor is ready for, or what its handler waits for.
public struct Readiness: OptionSet, Sendable, BitwiseCopyable {
    /// The bits.
    public let rawValue: UInt8

    /// A set with these bits.
    @inlinable
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// There is something to read, be it the end or an error.
    public static let readable = Readiness(rawValue: 1)
    /// Something can be written, be it only to learn of an error.
    public static let writable = Readiness(rawValue: 2)
    /// Both sides are done, or the descriptor has failed; told without being asked for.
    public static let closed = Readiness(rawValue: 4)
}

/// Who hears about a descriptor.
public protocol EventHandler: AnyObject {
    /// The descriptor is ready; it is told again on the next turn as long as it stays so.
    func ready(_ readiness: Readiness, on loop: EventLoop)
}

/// Who hears about a timer.
public protocol TimerHandler: AnyObject {
    /// The timer's deadline has come; it is no longer armed.
    func fired(_ timer: Timer, on loop: EventLoop)
}

/// A descriptor's place in a loop; a later descriptor in the same place has another generation.
public struct Registration: Hashable, Sendable, BitwiseCopyable {
    let slot: UInt32
    let generation: UInt32

    /// What the kernel hands back with each event.
    var packed: UInt64 { UInt64(generation) << 32 | UInt64(slot) }
}
