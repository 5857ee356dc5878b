internal import CSystem

/// One thread's events: descriptors by epoll, timers by a wheel, jobs from other threads by a mailbox.
///
/// Everything but `mailbox` belongs to the thread that calls `run`. Descriptors are watched level-triggered: a server that
/// reads once per event needs no second read to learn that nothing is left, and nothing is re-armed per request.
public final class EventLoop {
    /// Where the loop has its time from.
    public let clock: any Clock
    /// The way in from other threads.
    public let mailbox: Mailbox
    /// The time at which this turn began to work, read once per turn.
    public private(set) var now: Instant
    /// The earliest time at which what is told in this turn can have become ready: after the last turn that left nothing
    /// over had asked the kernel, and, if the kernel had to be waited for, just now.
    public private(set) var readySince: Instant

    /// How much one turn does at most before it looks at the descriptors again.
    public struct Bounds: Sendable {
        /// Descriptors told per turn.
        public var events = 256
        /// Jobs run per turn.
        public var jobs = 256
        /// Timers fired per turn.
        public var timers = 1024
        /// Jobs that wait in the mailbox.
        public var mailbox = 65536

        /// The bounds as they are unless someone changes them.
        public init() {}
    }

    struct Source {
        var handler: (any EventHandler)?
        var descriptor: CInt
        var generation: UInt32
        var nextFree: UInt32
    }

    static let noSource = UInt32.max
    /// The mailbox's bell has a name that no source can have.
    private static let bell = UInt64.max

    /// A question that took longer had to wait for its answer.
    private static let waited = Nanoseconds.microseconds(50)

    let epoll: FileDescriptor
    /// The kernel told as much as it could at once, and may have more.
    private var isCrowded = false
    private let bounds: Bounds
    private var events: [system_event]
    private var jobs: [Mailbox.Job] = []
    private var jobsDone = 0
    var sources: [Source] = []
    var firstFree = EventLoop.noSource
    var wheel: TimerWheel
    var timerHandlers: [(any TimerHandler)?] = []

    /// Descriptors being watched.
    public internal(set) var sourceCount = 0

    /// A loop that has its time from `clock`.
    public init(clock: any Clock, bounds: Bounds = Bounds()) throws(SystemError) {
        let number = epoll_create1(CInt(EPOLL_CLOEXEC))
        guard number >= 0 else { throw SystemError("epoll_create1") }
        epoll = FileDescriptor(adopting: number)
        self.clock = clock
        self.bounds = bounds
        now = clock.now
        readySince = now
        wheel = TimerWheel(now: clock.now)
        events = [system_event](repeating: system_event(), count: max(1, bounds.events))
        mailbox = try Mailbox(jobsMax: bounds.mailbox)
        guard system_epoll_control(number, EPOLL_CTL_ADD, mailbox.descriptor, EPOLLIN.rawValue, Self.bell) == 0 else {
            throw SystemError("epoll_ctl")
        }
    }

    /// Takes turns until `mailbox.stop`.
    public func run() {
        while !mailbox.isStopping { turn() }
        // What was handed over before it was told to stop may have come behind the last turn.
        mailbox.collect(into: &jobs)
        while !jobs.isEmpty { runJobs() }
    }

    /// Waits for something to do, unless told not to, and does it.
    public func turn(waits: Bool = true) {
        let deadline = wheel.nextDeadline
        let patience = jobs.isEmpty && waits ? clock.patience(until: deadline) : 0
        var events: [system_event] = []
        swap(&events, &self.events)
        let asked = clock.now
        let count = unsafe events.withUnsafeMutableBufferPointer {
            unsafe system_epoll_wait(epoll.number, $0.baseAddress, CInt($0.count), patience)
        }
        if count <= 0, jobs.isEmpty, waits, let deadline { clock.idled(until: deadline) }
        let last = now
        now = clock.now
        if now - asked > Self.waited {
            readySince = now
        } else if !isCrowded {
            readySince = last
        }
        isCrowded = Int(count) == events.count
        // A negative count is EINTR: nothing is ready, and the next turn asks again.
        for index in 0..<max(0, Int(count)) { dispatch(events[index]) }
        swap(&events, &self.events)
        runJobs()
        fireTimers()
    }

    private func dispatch(_ event: system_event) {
        let name = event.data
        guard name != Self.bell else { return mailbox.collect(into: &jobs) }
        let slot = Int(name & 0xFFFF_FFFF)
        // An event that an earlier handler of this turn made void by closing the descriptor.
        guard slot < sources.count, sources[slot].generation == UInt32(name >> 32), let handler = sources[slot].handler
        else { return }
        handler.ready(Self.readiness(event.events), on: self)
    }

    /// Errors and hang-ups are told as readable and writable too, so that whoever waits learns of them by trying.
    private static func readiness(_ events: UInt32) -> Readiness {
        var readiness: Readiness = []
        if events & (EPOLLIN.rawValue | EPOLLRDHUP.rawValue | EPOLLERR.rawValue | EPOLLHUP.rawValue) != 0 {
            readiness.insert(.readable)
        }
        if events & (EPOLLOUT.rawValue | EPOLLERR.rawValue | EPOLLHUP.rawValue) != 0 { readiness.insert(.writable) }
        if events & (EPOLLERR.rawValue | EPOLLHUP.rawValue) != 0 { readiness.insert(.closed) }
        return readiness
    }

    private func runJobs() {
        guard !jobs.isEmpty else { return }
        let end = min(jobs.count, jobsDone + bounds.jobs)
        while jobsDone < end {
            let job = jobs[jobsDone]
            jobsDone += 1
            job(self)
        }
        guard jobsDone == jobs.count else { return }
        jobs.removeAll(keepingCapacity: jobs.capacity <= bounds.jobs)
        jobsDone = 0
    }

    private func fireTimers() {
        var left = bounds.timers
        while left > 0, let timer = wheel.takeExpired(now: now) {
            left -= 1
            let handler = timerHandlers[Int(timer.index)].take()
            handler?.fired(timer, on: self)
        }
    }
}
