internal import Policies
internal import Reactor
internal import Synchronization

/// One run of a command, from its folder to its result.
final class CommandRunning: HookAttempt, TimerHandler, ChildProcessHandler {
    private enum State {
        /// Its folder is being made.
        case preparing
        case running(ChildProcess, CommandFolder)
        /// It has ended; its files are being read and its folder removed.
        case collecting
        case over
    }

    /// What the thread for files asks while it copies.
    private final class Interest: Sendable {
        let isWanted = Atomic<Bool>(true)
    }

    private let executor: CommandExecutor
    private let invocation: HookInvocation
    private var completion: HookExecutor.Completion?
    private var state = State.preparing
    private var timer: Timer?
    private var standBack: Timer?
    private let interest = Interest()
    private var wasStopped = false

    init(
        of executor: CommandExecutor, _ invocation: HookInvocation, _ completion: @escaping HookExecutor.Completion
    ) {
        self.executor = executor
        self.invocation = invocation
        self.completion = completion
    }

    private var loop: EventLoop { executor.loop }
    private var workers: FileWorkers { executor.options.workers }

    func finish(_ result: Result<HookResult, HookFailure>) {
        loop.cancel(&timer)
        completion.take()?(result)
    }

    private func end() {
        loop.cancel(&standBack)
        state = .over
        executor.ended(self)
    }

    // MARK: the program

    /// A program that was started in its folder.
    private struct Started {
        let folder: CommandFolder
        let child: StartedChild
    }

    /// Has the folder made and the program started on a thread for files: both may take milliseconds.
    func prepare() {
        timer = loop.arm(at: invocation.deadline, self)
        let (plan, options, interest) = (executor.plan, executor.options, interest)
        let (home, me, input) = (loop.mailbox, LoopBound(self), invocation.json(now: loop.now))
        let isTaken = workers.run(executor.hook) { [workers] in
            let result = Result { () throws(HookFailure) in
                try Self.start(plan, options, input) { interest.isWanted.load(ordering: .relaxed) }
            }
            let isHeard = home.submit { _ in me.onItsLoop().prepared(result) }
            if !isHeard, let started = try? result.get() { Self.undo(started, workers) }
        }
        guard !isTaken else { return }
        finish(.failure(HookFailure(.overload, "too many runs of commands are being prepared", isRetryable: true)))
        end()
    }

    private static func start(
        _ plan: CommandPlan, _ options: CommandOptions, _ input: [UInt8], isWanted: () -> Bool
    ) throws(HookFailure) -> Started {
        let folder = try CommandFolder.make(
            plan, in: options.scratchFolder, invocation: input, isWanted: isWanted)
        var command = ChildCommand(arguments: plan.arguments)
        command.environment = folder.environment(plan)
        command.directory = folder.work
        command.input = input
        command.outputBytesMax = options.outputBytesMax
        do throws(SystemError) {
            guard isWanted() else { throw SystemError("start a command that nobody waits for", code: 125) }
            let child = try StartedChild(command)
            // The loops must not wait for a processor because a command is busy.
            child.yieldProcessors()
            try options.limits.apply(to: child.id)
            return Started(folder: folder, child: child)
        } catch {
            folder.remove()
            throw failed(error)
        }
    }

    private static func undo(_ started: Started, _ workers: FileWorkers) {
        started.child.end()
        workers.clean(started.folder, after: started.child.id, isReaped: true)
    }

    private func prepared(_ result: Result<Started, HookFailure>) {
        switch result {
        case .failure(let failure):
            guard case .preparing = state else { return }
            finish(.failure(failure))
            end()
        case .success(let started):
            guard case .preparing = state else {
                _ = workers.run(executor.hook) { [workers] in Self.undo(started, workers) }
                return
            }
            watch(started)
        }
    }

    private func watch(_ started: Started) {
        do throws(SystemError) {
            let child = try ChildProcess(started.child, on: loop, handler: self)
            state = .running(child, started.folder)
            standBack = loop.arm(after: Self.quickest) { _ in child.standBack() }
        } catch {
            workers.clean(started.folder, after: started.child.id, isReaped: true)
            finish(.failure(Self.failed(error)))
            end()
        }
    }

    /// A command that runs for longer stands back behind those that do not: one that is quick must not wait for others that
    /// only use up processors.
    private static let quickest = Nanoseconds.milliseconds(8)

    /// Where the machine is short of something, another attempt may find it.
    private static func failed(_ error: SystemError) -> HookFailure {
        HookFailure(.error, error.description, isRetryable: error.isShortage)
    }

    /// Tells the program to end; whoever waits is told at once.
    private func stop(_ child: ChildProcess, grace: Nanoseconds, _ failure: HookFailure) {
        wasStopped = true
        if grace > .zero { child.terminate(grace: grace) } else { child.kill() }
        finish(.failure(failure))
    }

    func ended(_ child: ChildProcess, _ outcome: ChildOutcome, on loop: EventLoop) {
        guard case .running(_, let folder) = state else { return }
        report(outcome)
        guard completion != nil, outcome.ending == .exited(0) else {
            workers.clean(folder, after: child.id, isReaped: true)
            finish(.failure(HookFailure(.error, outcome.ending.sentence, isRetryable: true)))
            return end()
        }
        state = .collecting
        collect(folder, child.id)
    }

    private func report(_ outcome: ChildOutcome) {
        executor.options.report?(
            CommandReport(
                hook: executor.hook, key: invocation.key, ending: outcome.ending, output: outcome.output,
                errors: outcome.errors, droppedBytes: outcome.outputDropped + outcome.errorsDropped,
                wasStopped: wasStopped))
    }

    // MARK: the result

    private func collect(_ folder: CommandFolder, _ child: Int32) {
        let (home, me, phase) = (loop.mailbox, LoopBound(self), invocation.phase)
        let isTaken = workers.run(executor.hook) { [workers] in
            let result = Result { () throws(HookFailure) in try folder.result(phase: phase) }
            _ = home.submit { _ in me.onItsLoop().collected(result) }
            workers.clean(folder, after: child, isReaped: true)
        }
        guard !isTaken else { return }
        workers.clean(folder, after: child, isReaped: true)
        collected(.failure(HookFailure(.overload, "too many runs of commands have ended at once", isRetryable: true)))
    }

    private func collected(_ result: Result<HookResult, HookFailure>) {
        guard case .collecting = state else { return }
        finish(result)
        end()
    }

    // MARK: giving up

    /// The deadline has come.
    func fired(_ timer: Timer, on loop: EventLoop) {
        self.timer = nil
        giveUp(HookFailure(.timeout, "the command did not end in time", isRetryable: true))
    }

    func cancel() {
        completion = nil
        loop.cancel(&timer)
        giveUp(HookFailure(.error, "the attempt was given up"))
    }

    /// Ends it without grace: the hook is not to be had any more.
    func abort() {
        guard case .running(let child, let folder) = state else {
            return giveUp(HookFailure(.error, "the hook is not in use any more"))
        }
        stop(child, grace: .zero, HookFailure(.error, "the hook is not in use any more"))
        // The loop may not turn again to hear of the end.
        workers.clean(folder, after: child.id, isReaped: false)
    }

    private func giveUp(_ failure: HookFailure) {
        switch state {
        case .preparing:
            interest.isWanted.store(false, ordering: .relaxed)
            finish(.failure(failure))
            end()
        case .running(let child, _): stop(child, grace: executor.plan.grace, failure)
        case .collecting:
            finish(.failure(failure))
            end()
        case .over: break
        }
    }
}

extension ChildOutcome.Ending {
    /// How the command ended, as a sentence.
    var sentence: String {
        switch self {
        case .exited(let status): "the command ended with status \(status)"
        case .signalled(let signal): "the command was ended by signal \(signal)"
        }
    }
}
