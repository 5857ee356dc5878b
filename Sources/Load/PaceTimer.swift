internal import CSystem
internal import Glibc
internal import Reactor

/// An alarm to the microsecond: the loop's own timers may be two milliseconds late, and a load generator that is late makes
/// the server look slow.
final class PaceTimer: EventHandler {
    private let timer: FileDescriptor
    private let loop: EventLoop
    private var registration: Registration?
    private var armed = UInt64.max
    private let rang: () -> Void

    /// A timer on a loop whose clock is the machine's.
    init(on loop: EventLoop, rang: @escaping () -> Void) throws(SystemError) {
        let number = timerfd_create(CLOCK_MONOTONIC, CInt(TFD_NONBLOCK | TFD_CLOEXEC))
        guard number >= 0 else { throw SystemError("timerfd_create", code: errno) }
        timer = FileDescriptor(adopting: number)
        self.loop = loop
        self.rang = rang
        registration = try loop.add(number, .readable, self)
    }

    /// Rings at that instant or before: an alarm that is set earlier already is left, and whoever hears it asks again.
    func ring(by nanoseconds: UInt64) {
        guard nanoseconds < armed else { return }
        armed = nanoseconds
        var setting = itimerspec()
        // Zero would switch the timer off.
        let instant = max(nanoseconds, 1)
        setting.it_value.tv_sec = Int(instant / 1_000_000_000)
        setting.it_value.tv_nsec = Int(instant % 1_000_000_000)
        _ = unsafe timerfd_settime(timer.number, CInt(TFD_TIMER_ABSTIME), &setting, nil)
    }

    func ready(_ readiness: Readiness, on loop: EventLoop) {
        var count = [UInt8](repeating: 0, count: 8)
        _ = try? timer.read(into: &count)
        armed = .max
        rang()
    }

    func close() {
        if let registration = registration.take() { loop.remove(registration) }
    }
}
