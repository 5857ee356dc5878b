internal import Policies
internal import Reactor
internal import Synchronization

/// The program of one run of a command, from its folder to its result, on a thread that may wait for files.
///
/// Its outcome is told once, when the program has ended or could not be started. When its time is over, or nobody waits any
/// more, it is told to end, killed after its grace period, and its folder removed.
final class CommandProcess: ChildProcessHandler, TimerHandler {
    /// What is to be run, and for what.
    struct Task: Sendable {
        let plan: CommandPlan
        let options: CommandOptions
        let standing: CommandStanding
        let hook: String
        let key: String
        let phase: HookPhase
        let deadline: Instant
        let input: [UInt8]
    }

    /// Whether somebody waits for the outcome; asked while files are copied.
    final class Interest: Sendable {
        private let isWanted = Atomic<Bool>(true)

        var isThere: Bool { isWanted.load(ordering: .relaxed) }

        func end() { isWanted.store(false, ordering: .relaxed) }
    }

    private struct Running {
        let child: ChildProcess
        let folder: CommandFolder
        let loop: EventLoop
    }

    /// A command that runs for longer stands back behind those that do not: one that is quick must not wait for others that
    /// only use up processors.
    private static let quickest = Nanoseconds.milliseconds(8)
    /// The loops must not wait for a processor because a command is busy.
    private static let niceness = 5

    /// Why a run fails whose deadline has come.
    static let late = HookFailure(.timeout, "the command did not end in time", isRetryable: true)

    private let task: Task
    private let interest: Interest
    private let tell: @Sendable (Result<HookResult, HookFailure>, CommandReport?) -> Void
    private var running: Running?
    private var deadline: Timer?
    private var standBack: Timer?
    private var wasStopped = false

    init(
        _ task: Task, _ interest: Interest,
        _ tell: @escaping @Sendable (Result<HookResult, HookFailure>, CommandReport?) -> Void
    ) {
        self.task = task
        self.interest = interest
        self.tell = tell
    }

    // MARK: from its start to its end

    func start(on loop: EventLoop) {
        do throws(HookFailure) {
            guard interest.isThere else { throw HookFailure(.error, "nobody waits for the command any more") }
            let folder = try task.options.folders.take(task.plan, invocation: task.input) { interest.isThere }
            do throws(SystemError) {
                let command = command(in: folder)
                let child = try ChildProcess(command, on: loop, handler: self)
                running = Running(child: child, folder: folder, loop: loop)
                deadline = loop.arm(at: task.deadline, self)
                if !command.isLast { standBack = loop.arm(after: Self.quickest) { _ in child.standBack() } }
            } catch {
                folder.remove()
                task.options.folders.release()
                // Where the machine is short of something, another attempt may find it.
                throw HookFailure(.error, error.description, isRetryable: error.isShortage)
            }
        } catch {
            tell(.failure(error), nil)
        }
    }

    private func command(in folder: CommandFolder) -> ChildCommand {
        var command = ChildCommand(arguments: task.plan.arguments)
        command.environment = folder.environment(task.plan)
        command.directory = folder.work
        command.limits = task.options.limits
        command.niceness = Self.niceness
        command.hasShortTurns = true
        command.isLast = task.standing.isBehind
        command.endsWithThread = true
        command.input = task.input
        command.outputBytesMax = task.options.outputBytesMax
        return command
    }

    func ended(_ child: ChildProcess, _ outcome: ChildOutcome, on loop: EventLoop) {
        guard let running = running.take() else { return }
        loop.cancel(&deadline)
        loop.cancel(&standBack)
        let result = result(outcome, running.folder)
        task.standing.note(result)
        tell(result, report(outcome))
        task.options.threads.clean(running.folder, after: child.id, isReaped: true)
        task.options.folders.release()
    }

    private func result(_ outcome: ChildOutcome, _ folder: CommandFolder) -> Result<HookResult, HookFailure> {
        // The hook's own timer may not have fired yet.
        guard !wasStopped else { return .failure(Self.late) }
        guard outcome.ending == .exited(0) else {
            return .failure(HookFailure(.error, outcome.ending.sentence, isRetryable: true))
        }
        return Result { () throws(HookFailure) in try folder.result(phase: task.phase) }
    }

    private func report(_ outcome: ChildOutcome) -> CommandReport {
        CommandReport(
            hook: task.hook, key: task.key, ending: outcome.ending, output: outcome.output, errors: outcome.errors,
            droppedBytes: outcome.outputDropped + outcome.errorsDropped, wasStopped: wasStopped)
    }

    // MARK: giving up

    /// The deadline has come.
    func fired(_ timer: Timer, on loop: EventLoop) {
        deadline = nil
        stop()
    }

    /// Tells the program to end; it has its grace period for that.
    func stop() {
        guard let running, !wasStopped else { return }
        wasStopped = true
        running.loop.cancel(&deadline)
        if task.plan.grace > .zero { running.child.terminate(grace: task.plan.grace) } else { running.child.kill() }
    }

    /// Ends the program at once.
    func abort() {
        guard let running else { return }
        wasStopped = true
        running.child.kill()
        // The thread may end before it hears of the program's end.
        task.options.threads.clean(running.folder, after: running.child.id, isReaped: false)
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
