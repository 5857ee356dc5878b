extension EventLoop {
    /// Calls `handler` at `deadline` or up to two milliseconds later; the loop keeps it alive until then.
    public func arm(at deadline: Instant, _ handler: any TimerHandler) -> Timer {
        let timer = wheel.arm(at: deadline)
        let index = Int(timer.index)
        while timerHandlers.count <= index { timerHandlers.append(nil) }
        timerHandlers[index] = handler
        return timer
    }

    /// Calls `handler` after `span`.
    public func arm(after span: Nanoseconds, _ handler: any TimerHandler) -> Timer { arm(at: now + span, handler) }

    /// Runs `work` once after `span`, for what happens too seldom to deserve a handler of its own.
    @discardableResult
    public func arm(after span: Nanoseconds, run work: @escaping (EventLoop) -> Void) -> Timer {
        arm(after: span, Errand(work))
    }

    /// Disarms a timer; nothing happens where it fired or was cancelled before.
    public func cancel(_ timer: Timer) {
        if wheel.cancel(timer) { timerHandlers[Int(timer.index)] = nil }
    }

    /// Disarms a timer, if there is one, and forgets it.
    public func cancel(_ timer: inout Timer?) {
        if let armed = timer.take() { cancel(armed) }
    }

    /// Timers armed.
    public var timerCount: Int { wheel.count }

    private final class Errand: TimerHandler {
        private let work: (EventLoop) -> Void

        init(_ work: @escaping (EventLoop) -> Void) { self.work = work }

        func fired(_ timer: Timer, on loop: EventLoop) { work(loop) }
    }
}
