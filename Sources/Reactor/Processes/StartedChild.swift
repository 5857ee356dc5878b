internal import CSystem
internal import Glibc

/// A program that runs and that no loop looks after yet, on its way from the thread that started it to the loop that will.
///
/// Starting one waits until the kernel has replaced the new process' program, a millisecond or several where processors are
/// short; a loop that cannot spare them leaves it to another thread. A child that nobody takes over is ended.
public final class StartedChild: @unchecked Sendable {
    /// The kernel's number for the child, which is its group's too.
    public let id: Int32
    let command: ChildCommand
    /// Whoever takes the child over takes these; the handover from thread to thread is the caller's.
    var pidfd: FileDescriptor?
    var stdin: FileDescriptor?
    var stdout: FileDescriptor?
    var stderr: FileDescriptor?

    /// Starts the command.
    public init(_ command: ChildCommand) throws(SystemError) {
        var input = try Pipe()
        var output = try Pipe()
        var errors = try Pipe()
        let id = try Spawn.start(command, stdin: input.readEnd, stdout: output.writeEnd, stderr: errors.writeEnd)
        let number = system_pidfd_open(id)
        guard number >= 0 else {
            let error = SystemError("pidfd_open")
            Self.end(id)
            throw error
        }
        self.id = id
        self.command = command
        pidfd = FileDescriptor(adopting: number)
        stdin = input.takeWriteEnd()
        stdout = output.takeReadEnd()
        stderr = errors.takeReadEnd()
    }

    deinit { end() }

    /// Ends a child that nobody has taken over, now.
    public func end() {
        if pidfd.take() != nil { Self.end(id) }
    }

    /// Lets the child have less of the processors than this process where both want them; its own children inherit that. It is
    /// enough for one that is quick, and leaves it well before those that are not, which `ChildProcess.standBack` moves behind.
    public func yieldProcessors() { _ = system_set_niceness(id, 5) }

    /// Ends and reaps a child that nobody watches; it dies at once, so waiting is short.
    static func end(_ id: Int32) {
        _ = Glibc.kill(-id, SIGKILL)
        var status: CInt = 0
        _ = FileDescriptor.retried { unsafe Int(waitpid(id, &status, 0)) }
    }
}
