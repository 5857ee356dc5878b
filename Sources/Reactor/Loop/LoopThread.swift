internal import CSystem
internal import Glibc
internal import Synchronization

/// A thread that runs one loop.
public final class LoopThread: Sendable {
    /// The way into the loop.
    public let mailbox: Mailbox
    private let thread: pthread_t
    private let isJoined = Atomic<Bool>(false)

    /// Starts a thread with a loop; `prepare` runs there before the first turn. One that `yields` has less of the processors
    /// than others where both want them: what nobody waits for must not delay what somebody does.
    public init(
        clock: any Clock, bounds: EventLoop.Bounds = EventLoop.Bounds(), yields: Bool = false,
        prepare: @escaping @Sendable (EventLoop) -> Void
    ) throws(SystemError) {
        let start = Start(loop: try EventLoop(clock: clock, bounds: bounds), yields: yields, prepare: prepare)
        mailbox = start.loop.mailbox
        var thread = pthread_t()
        let context = unsafe Unmanaged.passRetained(start)
        let code = unsafe pthread_create(
            &thread, nil,
            { context in
                guard let context = unsafe context else { return nil }
                let start = unsafe Unmanaged<Start>.fromOpaque(context).takeRetainedValue()
                // To the kernel zero is the thread that asks, not its process.
                if start.yields { _ = system_set_niceness(0, 5) }
                start.prepare(start.loop)
                start.loop.run()
                return nil
            }, context.toOpaque())
        guard code == 0 else {
            unsafe context.release()
            throw SystemError("pthread_create", code: code)
        }
        self.thread = thread
    }

    /// Asks the loop to stop and waits until its thread has ended.
    public func stop() {
        mailbox.stop()
        join()
    }

    /// Waits until the thread has ended.
    public func join() {
        guard !isJoined.exchange(true, ordering: .acquiringAndReleasing) else { return }
        _ = pthread_join(thread, nil)
    }

    /// What the new thread is given; the starting thread does not look at the loop again.
    private final class Start: @unchecked Sendable {
        let loop: EventLoop
        let yields: Bool
        let prepare: @Sendable (EventLoop) -> Void

        init(loop: EventLoop, yields: Bool, prepare: @escaping @Sendable (EventLoop) -> Void) {
            self.loop = loop
            self.yields = yields
            self.prepare = prepare
        }
    }
}
