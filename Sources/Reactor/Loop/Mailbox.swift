internal import CSystem
internal import Synchronization

/// The way into a loop from other threads.
public final class Mailbox: Sendable {
    /// Work for the loop's thread.
    public typealias Job = @Sendable (EventLoop) -> Void

    private let bell: CInt
    private let jobsMax: Int
    private let jobs = Guarded<[Job]>([])
    private let stopping = Atomic<Bool>(false)

    init(jobsMax: Int) throws(SystemError) {
        bell = eventfd(0, CInt(EFD_NONBLOCK | EFD_CLOEXEC))
        self.jobsMax = jobsMax
        guard bell >= 0 else { throw SystemError("eventfd") }
    }

    deinit { if bell >= 0 { _ = CSystem.close(bell) } }

    var descriptor: CInt { bell }

    /// Asks the loop's thread to run `job`, after those submitted before; false where the mailbox is full.
    public func submit(_ job: @escaping Job) -> Bool {
        let outcome: (isTaken: Bool, isFirst: Bool) = jobs.withLock { jobs in
            guard jobs.count < jobsMax else { return (false, false) }
            jobs.append(job)
            return (true, jobs.count == 1)
        }
        if outcome.isFirst { ring() }
        return outcome.isTaken
    }

    /// Asks the loop to return from `run` at the end of its turn.
    public func stop() {
        stopping.store(true, ordering: .releasing)
        ring()
    }

    var isStopping: Bool { stopping.load(ordering: .acquiring) }

    /// Takes note of the bell, then empties the box; in this order no job is left behind unheard.
    func collect(into jobs: inout [Job]) {
        var count: UInt64 = 0
        _ = unsafe CSystem.read(bell, &count, 8)
        self.jobs.withLock { waiting in
            jobs += waiting
            waiting.removeAll(keepingCapacity: true)
        }
    }

    /// A full counter (EAGAIN) has been heard already or will be.
    private func ring() {
        var one: UInt64 = 1
        _ = unsafe CSystem.write(bell, &one, 8)
    }
}
