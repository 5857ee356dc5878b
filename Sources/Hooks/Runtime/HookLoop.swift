public import Reactor

/// What the runtime needs of the loop that it lives on. A simulation has its own.
public protocol HookLoop: AnyObject {
    /// Where time comes from.
    var clock: any Clock { get }
    /// The way in from other threads.
    var mail: any LoopMail { get }
    /// Runs `work` on the loop at `deadline` or up to two milliseconds later.
    func arm(at deadline: Instant, run work: @escaping () -> Void) -> Timer
    /// Disarms a timer; nothing happens where it has fired.
    func cancel(_ timer: Timer)
}

/// The way into a loop from other threads.
public protocol LoopMail: Sendable {
    /// Asks the loop's thread to run a job; false where there is no room for it.
    func post(_ job: @escaping @Sendable () -> Void) -> Bool
}

extension Mailbox: LoopMail {
    /// Asks the loop's thread to run a job; false where the mailbox is full.
    public func post(_ job: @escaping @Sendable () -> Void) -> Bool { submit { _ in job() } }
}

/// A real loop as the runtime sees it.
public final class ServedLoop: HookLoop {
    private let loop: EventLoop

    /// That loop.
    public init(_ loop: EventLoop) { self.loop = loop }

    /// The loop's clock.
    public var clock: any Clock { loop.clock }

    /// The loop's mailbox.
    public var mail: any LoopMail { loop.mailbox }

    /// Arms a timer of the loop.
    public func arm(at deadline: Instant, run work: @escaping () -> Void) -> Timer {
        loop.arm(after: deadline - loop.now) { _ in work() }
    }

    /// Disarms a timer of the loop.
    public func cancel(_ timer: Timer) { loop.cancel(timer) }
}
