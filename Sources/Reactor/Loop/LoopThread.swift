internal import CSystem
internal import Glibc
internal import Synchronization

/// A thread that runs one loop.
public final class LoopThread: Sendable {
    /// The way into the loop.
    public let mailbox: Mailbox
    private let thread: pthread_t
    private let isJoined = Atomic<Bool>(false)

    /// Starts a thread with a loop, which lists of threads show by its name; `prepare` runs there before the first turn.
    public init(
        _ name: String, clock: any Clock, bounds: EventLoop.Bounds = EventLoop.Bounds(), rank: ThreadRank = .ordinary,
        prepare: @escaping @Sendable (EventLoop) -> Void
    ) throws(SystemError) {
        let loop = try EventLoop(clock: clock, bounds: bounds)
        let start = Start(loop: loop, name: name, rank: rank, prepare: prepare)
        mailbox = start.loop.mailbox
        var thread = pthread_t()
        let context = unsafe Unmanaged.passRetained(start)
        let code = unsafe pthread_create(
            &thread, nil,
            { context in
                guard let context = unsafe context else { return nil }
                let start = unsafe Unmanaged<Start>.fromOpaque(context).takeRetainedValue()
                _ = unsafe system_name_thread(start.name)
                start.rank.take()
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
        let name: String
        let rank: ThreadRank
        let prepare: @Sendable (EventLoop) -> Void

        init(loop: EventLoop, name: String, rank: ThreadRank, prepare: @escaping @Sendable (EventLoop) -> Void) {
            self.loop = loop
            self.name = name
            self.rank = rank
            self.prepare = prepare
        }
    }
}
