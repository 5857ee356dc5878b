internal import CSystem
internal import Glibc

/// Signals as events of a loop.
public final class SignalWatch: EventHandler {
    private let socket: FileDescriptor
    private let loop: EventLoop
    private var registration: Registration?
    private let received: (CInt, EventLoop) -> Void

    /// Keeps `signals` from interrupting this thread and those it starts; to be called first thing in `main`, because a
    /// thread that does not block a signal may be the one that gets it.
    public static func block(_ signals: [CInt]) {
        var set = Self.set(of: signals)
        _ = unsafe pthread_sigmask(SIG_BLOCK, &set, nil)
    }

    /// A peer that has gone shall be an error of writing, not the end of the process.
    public static func ignoreBrokenPipes() { system_ignore_sigpipe() }

    /// Blocks `signals` on this thread and calls `received` for each that comes.
    public init(
        _ signals: [CInt], on loop: EventLoop, received: @escaping (CInt, EventLoop) -> Void
    ) throws(SystemError) {
        Self.block(signals)
        var set = Self.set(of: signals)
        let number = unsafe signalfd(-1, &set, CInt(SFD_NONBLOCK | SFD_CLOEXEC))
        guard number >= 0 else { throw SystemError("signalfd") }
        socket = FileDescriptor(adopting: number)
        self.loop = loop
        self.received = received
        registration = try loop.add(number, .readable, self)
    }

    /// Hears no more signals.
    public func close() {
        if let registration = registration.take() { loop.remove(registration) }
    }

    /// Reads the signals that came.
    public func ready(_ readiness: Readiness, on loop: EventLoop) {
        var bytes = [UInt8](repeating: 0, count: MemoryLayout<signalfd_siginfo>.size)
        while registration != nil, let count = (try? socket.read(into: &bytes)) ?? nil, count == bytes.count {
            // The number is the record's first word.
            received(CInt(bytes[0]) | CInt(bytes[1]) << 8, loop)
        }
    }

    private static func set(of signals: [CInt]) -> sigset_t {
        var set = sigset_t()
        _ = unsafe sigemptyset(&set)
        for signal in signals { _ = unsafe sigaddset(&set, signal) }
        return set
    }
}
