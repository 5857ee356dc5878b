internal import CSystem
internal import Glibc

/// A running child in a process group of its own, fed and heard by a loop, reaped when it ends.
///
/// The child's end is the kernel's word (a pidfd), not the end of its output: a grandchild that keeps the pipes open does
/// not keep the outcome waiting. What is left of the process group is killed then.
public final class ChildProcess: EventHandler, TimerHandler {
    /// The niceness of a child that stands back.
    static let farthestBack: CInt = 19

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
    ///
    /// This waits until the kernel has replaced the new process' program, a millisecond or several where processors are short:
    /// a loop that cannot spare them leaves it to another.
    public init(
        _ command: ChildCommand, on loop: EventLoop, handler: any ChildProcessHandler
    ) throws(SystemError) {
        var stdin = try Pipe()
        var stdout = try Pipe()
        var stderr = try Pipe()
        let started = try Spawn.start(
            command, stdin: stdin.readEnd, stdout: stdout.writeEnd, stderr: stderr.writeEnd)
        id = started.id
        self.loop = loop
        self.handler = handler
        pidfd = started.pidfd
        input = ChildInput(stdin.takeWriteEnd(), command.input, loop)
        output = ChildOutput(stdout.takeReadEnd(), bytesMax: command.outputBytesMax, loop)
        errors = ChildOutput(stderr.takeReadEnd(), bytesMax: command.outputBytesMax, loop)
        if command.tellsOutput {
            output.hears = { [unowned self] in self.handler?.wrote(self, $0, toErrors: false) }
            errors.hears = { [unowned self] in self.handler?.wrote(self, $0, toErrors: true) }
        }
        do throws(SystemError) {
            registration = try loop.add(pidfd.number, .readable, self)
            try input.start()
            try output.start()
            try errors.start()
        } catch {
            close()
            _ = Glibc.kill(-id, SIGKILL)
            _ = reap()
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

    /// Lets the group have the processors only where nobody else wants them, or nearly so. This goes through the list of
    /// processes.
    public func standBack() {
        guard registration != nil else { return }
        _ = system_set_group_niceness(id, Self.farthestBack)
        for name in (try? FileTree.names(in: "/proc")) ?? [] {
            if let member = Int32(name), getpgid(member) == id { _ = system_set_batch(member) }
        }
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
        let status = reap()
        output.drain()
        errors.drain()
        close()
        handler?.ended(self, outcome(status), on: loop)
    }

    /// Waits for a child that has ended, or is about to. Somebody else may have reaped it, or ignores the ends of children; then
    /// nobody knows how it ended.
    private func reap() -> CInt? {
        var status: CInt = 0
        return FileDescriptor.retried({ unsafe Int(waitpid(id, &status, 0)) }) == Int(id) ? status : nil
    }

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
