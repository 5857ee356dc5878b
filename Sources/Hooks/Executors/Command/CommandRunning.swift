internal import Policies
internal import Reactor
internal import Synchronization

/// One run of a command as its hook sees it: what it is asked, and how long it is waited for. The program itself is another
/// thread's, so that neither its files nor what it writes takes the loop's time.
final class CommandRunning: HookAttempt, TimerHandler {
    private let executor: CommandExecutor
    private let invocation: HookInvocation
    private var completion: HookExecutor.Completion?
    private var timer: Timer?
    private var place: Place?

    /// Where the program is.
    private struct Place {
        let thread: Mailbox
        let process: LoopBound<CommandProcess>
        let interest: CommandProcess.Interest

        func tell(_ order: @escaping @Sendable (CommandProcess) -> Void) {
            let process = process
            // Where too much waits there, the process still ends at its deadline.
            _ = thread.submit { _ in order(process.onItsLoop()) }
        }
    }

    init(
        of executor: CommandExecutor, _ invocation: HookInvocation, _ completion: @escaping HookExecutor.Completion
    ) {
        self.executor = executor
        self.invocation = invocation
        self.completion = completion
    }

    private var loop: EventLoop { executor.loop }

    func finish(_ result: Result<HookResult, HookFailure>) {
        loop.cancel(&timer)
        completion.take()?(result)
    }

    /// Has the program started on the thread of its hook.
    func begin() {
        timer = loop.arm(at: invocation.deadline, self)
        let task = CommandProcess.Task(
            plan: executor.plan, options: executor.options, standing: executor.standing, hook: executor.hook,
            key: invocation.key,
            phase: invocation.phase, deadline: invocation.deadline, input: invocation.json(now: loop.now))
        let (home, me, interest) = (loop.mailbox, LoopBound(self), CommandProcess.Interest())
        let process = LoopBound(
            CommandProcess(task, interest) { result, report in
                _ = home.submit { _ in me.onItsLoop().ended(result, report) }
            })
        let thread = executor.options.threads.thread(of: executor.hook)
        guard let thread, thread.submit({ process.onItsLoop().start(on: $0) }) else {
            return ended(
                .failure(HookFailure(.overload, "too many runs of commands are being prepared", isRetryable: true)), nil
            )
        }
        place = Place(thread: thread, process: process, interest: interest)
    }

    private func ended(_ result: Result<HookResult, HookFailure>, _ report: CommandReport?) {
        place = nil
        executor.ended(self)
        if let report { executor.options.report?(report) }
        finish(result)
    }

    /// The deadline has come; the process knows that by itself.
    func fired(_ timer: Timer, on loop: EventLoop) {
        self.timer = nil
        place?.interest.end()
        finish(.failure(CommandProcess.late))
    }

    func cancel() {
        completion = nil
        loop.cancel(&timer)
        place?.interest.end()
        place?.tell { $0.stop() }
    }

    /// Ends it without grace: the hook is not to be had any more.
    func abort() {
        place?.interest.end()
        place?.tell { $0.abort() }
        finish(.failure(HookFailure(.error, "the hook is not in use any more")))
    }
}
