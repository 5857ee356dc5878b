internal import Policies
public import Reactor

/// What is left to tell of a command once it has ended.
public struct CommandReport: Sendable {
    /// The hook's name.
    public let hook: String
    /// The invocation's key.
    public let key: String
    /// How the command ended.
    public let ending: ChildOutcome.Ending
    /// The beginning of what it wrote to its standard output.
    public let output: [UInt8]
    /// The beginning of what it wrote to its standard error.
    public let errors: [UInt8]
    /// How many bytes of both were dropped.
    public let droppedBytes: Int
    /// Whether it was told to end, because its time was over or nobody wanted its answer any more.
    public let wasStopped: Bool
}

/// Runs a program for each attempt, in a folder of its own.
///
/// The program, its files and what it writes are another thread's; the loop only asks for it and hears what came of it. When
/// the attempt's time is over the failure is told at once; the program is then told to end, killed after its grace period, and
/// its folder removed.
final class CommandExecutor: HookExecutor {
    /// Programs running at the same time on one loop, those among them that are being stopped.
    static let runsMax = 64

    let plan: CommandPlan
    let hook: String
    let options: CommandOptions
    let loop: EventLoop
    let standing = CommandStanding()
    private var runs: [ObjectIdentifier: CommandRunning] = [:]
    private var isClosed = false

    init(_ plan: CommandPlan, hook: String, options: CommandOptions, on loop: EventLoop) {
        self.plan = plan
        self.hook = hook
        self.options = options
        self.loop = loop
    }

    /// Programs that have not ended yet, and those being prepared.
    var runCount: Int { runs.count }

    func start(_ invocation: HookInvocation, completion: @escaping Completion) -> any HookAttempt {
        let run = CommandRunning(of: self, invocation, completion)
        if isClosed {
            run.finish(.failure(HookFailure(.error, "the hook is not in use any more")))
        } else if runs.count >= Self.runsMax {
            run.finish(
                .failure(HookFailure(.overload, "\(runs.count) runs of the command have not ended", isRetryable: true)))
        } else {
            runs[ObjectIdentifier(run)] = run
            run.begin()
        }
        return run
    }

    /// The run is over and holds nothing any more.
    func ended(_ run: CommandRunning) { runs[ObjectIdentifier(run)] = nil }

    func close() {
        isClosed = true
        for run in Array(runs.values) { run.abort() }
    }
}

/// What all commands share.
public struct CommandOptions: Sendable {
    /// The threads that run programs, and copy and remove their folders.
    public var threads: CommandThreads
    /// The runs' folders.
    public let folders: CommandFolders
    /// What the kernel lets a command use.
    public var limits = ProcessLimits()
    /// How much of a command's standard output, and of its standard error, is kept.
    public var outputBytesMax = 16 << 10
    /// Is told of each command that has ended, on its loop.
    public var report: (@Sendable (CommandReport) -> Void)?

    /// The usual limits; runs have their folders in `scratchFolder`.
    public init(threads: CommandThreads, scratchFolder: String) {
        self.threads = threads
        folders = CommandFolders(in: scratchFolder)
    }
}
