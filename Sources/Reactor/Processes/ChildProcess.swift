internal import CSystem
internal import Glibc

/// A running child in a process group of its own, fed and heard by a loop, reaped when it ends.
///
/// The child's end is the kernel's word (a pidfd), not the end of its output: a grandchild that keeps the pipes open does
/// not keep the outcome waiting. What is left of the process group is killed then.
public final class ChildProcess: EventHandler, TimerHandler {
    /// The kernel's number for the child, which is its group's too.
    public let id: Int32
    private let loop: EventLoop
    private weak var handler: (any ChildProcessHandler)?
    private let pidfd: FileDescriptor
    private var registration: Registration?
    private var killTimer: Timer?
    private let input: ChildInput
    private let output: ChildOutput
    private let errors: ChildOutput

    /// Starts the command; the loop keeps the child until it has ended.
    public convenience init(
        _ command: ChildCommand, on loop: EventLoop, handler: any ChildProcessHandler
    ) throws(SystemError) {
        try self.init(StartedChild(command), on: loop, handler: handler)
    }

    /// Looks after a child that was started elsewhere, which nobody else may take over; the loop keeps it until it has ended.
    public init(
        _ child: StartedChild, on loop: EventLoop, handler: any ChildProcessHandler
    ) throws(SystemError) {
        guard let descriptor = child.pidfd.take() else { throw SystemError("take a child over twice", code: EINVAL) }
        id = child.id
        self.loop = loop
        self.handler = handler
        let number = descriptor.number
        pidfd = descriptor
        input = ChildInput(child.stdin.take(), child.command.input, loop)
        output = ChildOutput(child.stdout.take(), bytesMax: child.command.outputBytesMax, loop)
        errors = ChildOutput(child.stderr.take(), bytesMax: child.command.outputBytesMax, loop)
        if child.command.tellsOutput {
            output.hears = { [unowned self] in self.handler?.wrote(self, $0, toErrors: false) }
            errors.hears = { [unowned self] in self.handler?.wrote(self, $0, toErrors: true) }
        }
        do throws(SystemError) {
            registration = try loop.add(number, .readable, self)
            try input.start()
            try output.start()
            try errors.start()
        } catch {
            close()
            StartedChild.end(id)
            throw error
        }
    }

    /// Asks the group to end, and ends it after `grace` if it has not.
    public func terminate(grace: Nanoseconds) {
        guard registration != nil, killTimer == nil else { return }
        _ = Glibc.kill(-id, SIGTERM)
        killTimer = loop.arm(after: grace, self)
    }

    /// Ends the group at once.
    public func kill() {
        guard registration != nil else { return }
        _ = Glibc.kill(-id, SIGKILL)
    }

    /// Lets the group have the processors only where nobody else wants them, or nearly so.
    public func standBack() {
        guard registration != nil else { return }
        _ = system_set_group_niceness(id, 19)
    }

    /// Sends the child a signal; what it has started does not get it.
    public func signal(_ number: CInt) {
        guard registration != nil else { return }
        _ = Glibc.kill(id, number)
    }

    /// The grace period is over.
    public func fired(_ timer: Timer, on loop: EventLoop) {
        killTimer = nil
        kill()
    }

    /// The child has ended.
    public func ready(_ readiness: Readiness, on loop: EventLoop) {
        guard registration != nil else { return }
        // Before the child is reaped nobody else can have its group's number.
        kill()
        var status: CInt = 0
        let isKnown = FileDescriptor.retried({ unsafe Int(waitpid(id, &status, 0)) }) == Int(id)
        output.drain()
        errors.drain()
        close()
        handler?.ended(self, outcome(isKnown ? status : nil), on: loop)
    }

    /// Somebody else may have reaped the child, or ignores the ends of children; then nobody knows how it ended.
    private func outcome(_ status: CInt?) -> ChildOutcome {
        let ending = status.map { status -> ChildOutcome.Ending in
            system_exited(status) != 0 ? .exited(system_exit_code(status)) : .signalled(system_signal_of(status))
        }
        return ChildOutcome(
            ending: ending ?? .exited(-1),
            output: output.kept, outputDropped: output.dropped, errors: errors.kept, errorsDropped: errors.dropped)
    }

    private func close() {
        if let registration = registration.take() { loop.remove(registration) }
        loop.cancel(&killTimer)
        input.close()
        output.close()
        errors.close()
    }
}

/// Both ends of a pipe.
struct Pipe: ~Copyable {
    private var reading: FileDescriptor?
    private var writing: FileDescriptor?
    let readEnd: CInt
    let writeEnd: CInt

    init() throws(SystemError) {
        var ends: [CInt] = [-1, -1]
        let outcome = unsafe ends.withUnsafeMutableBufferPointer { unsafe system_pipe($0.baseAddress) }
        guard outcome == 0 else { throw SystemError("pipe") }
        readEnd = ends[0]
        writeEnd = ends[1]
        reading = FileDescriptor(adopting: readEnd)
        writing = FileDescriptor(adopting: writeEnd)
    }

    mutating func takeReadEnd() -> FileDescriptor? { reading.take() }

    mutating func takeWriteEnd() -> FileDescriptor? { writing.take() }
}
