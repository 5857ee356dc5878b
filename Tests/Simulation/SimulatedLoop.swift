public import Hooks
public import Reactor

/// A loop in virtual time: it has timers and a mailbox, and does nothing until it is told to take a turn.
public final class SimulatedLoop: HookLoop {
    private final class Box: LoopMail {
        let jobs = Guarded<[@Sendable () -> Void]>([])

        func post(_ job: @escaping @Sendable () -> Void) -> Bool {
            jobs.withLock { $0.append(job) }
            return true
        }

        func takeAll() -> [@Sendable () -> Void] {
            jobs.withLock { jobs in
                let all = jobs
                jobs = []
                return all
            }
        }
    }

    private let simulated: SimulatedClock
    private let box = Box()
    private var wheel: TimerWheel
    private var work: [Timer: () -> Void] = [:]

    /// A loop on that clock, which other loops may share.
    public init(_ clock: SimulatedClock) {
        simulated = clock
        wheel = TimerWheel(now: clock.now)
    }

    /// The clock.
    public var clock: any Clock { simulated }

    /// The mailbox.
    public var mail: any LoopMail { box }

    /// Timers that are armed.
    public var timerCount: Int { wheel.count }

    /// When there is something to do; nil where there is nothing.
    public var next: Instant? {
        if !box.jobs.withLock(\.isEmpty) { return clock.now }
        return wheel.nextDeadline
    }

    /// Arms a timer.
    public func arm(at deadline: Instant, run work: @escaping () -> Void) -> Timer {
        let timer = wheel.arm(at: deadline)
        self.work[timer] = work
        return timer
    }

    /// Disarms a timer.
    public func cancel(_ timer: Timer) {
        if wheel.cancel(timer) { work[timer] = nil }
    }

    /// Runs the jobs that wait, and the timers whose time has come.
    public func turn() {
        for job in box.takeAll() { job() }
        while let timer = wheel.takeExpired(now: clock.now) { work.removeValue(forKey: timer)?() }
    }

    /// Lets time pass on several loops until `end`, doing everything in its order.
    public static func run(_ loops: [SimulatedLoop], _ clock: SimulatedClock, until end: Instant) {
        while let next = loops.compactMap(\.next).min(), next <= end {
            clock.advance(to: next)
            for loop in loops { loop.turn() }
        }
        clock.advance(to: end)
        for loop in loops { loop.turn() }
    }
}
