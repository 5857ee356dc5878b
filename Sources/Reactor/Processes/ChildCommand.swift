/// A program to run, and all that it is given.
public struct ChildCommand: Sendable {
    /// The program (a path, or a name looked up in this process's `PATH`) and its arguments.
    public var arguments: [String]
    /// Its whole environment, as `NAME=value`.
    public var environment: [String] = []
    /// The directory it starts in; nil: this process's own.
    public var directory: String?
    /// What the kernel lets it use; nil: what it lets this process.
    public var limits: ProcessLimits?
    /// How far it stands behind others that want the processors; it is never further in front than this process.
    public var niceness = 0
    /// Whether it has short turns at the processors, and therefore soon, until it is told to stand back: who expects it to be
    /// quick does not have it wait for those that are not.
    public var hasShortTurns = false
    /// Whether it has the processors only while nobody else wants them, from its first instruction on, in the place of the two
    /// above.
    public var isLast = false
    /// Whether it is killed when the thread that started it ends, be it that this process is killed.
    public var endsWithThread = false
    /// What it reads from its standard input.
    public var input: [UInt8] = []
    /// How much of standard output, and of standard error, is kept; the rest is read and dropped.
    public var outputBytesMax = 64 << 10
    /// Whether the handler is told what the child writes as it comes, and nothing of it is kept.
    public var tellsOutput = false

    /// A command with these words.
    public init(arguments: [String]) { self.arguments = arguments }
}

/// How a child ended, and what it said.
public struct ChildOutcome: Sendable {
    /// How a process ends.
    public enum Ending: Hashable, Sendable {
        /// By itself, with this status; -1 where nobody knows.
        case exited(CInt)
        /// By this signal.
        case signalled(CInt)
    }

    /// How it ended.
    public let ending: Ending
    /// The beginning of its standard output.
    public let output: [UInt8]
    /// How many bytes of standard output were dropped.
    public let outputDropped: Int
    /// The beginning of its standard error.
    public let errors: [UInt8]
    /// How many bytes of standard error were dropped.
    public let errorsDropped: Int
}

/// Who started a child.
public protocol ChildProcessHandler: AnyObject {
    /// The child has written something; only where its command says that this is told.
    func wrote(_ child: ChildProcess, _ bytes: ArraySlice<UInt8>, toErrors: Bool)

    /// The child has ended and was reaped, and its process group is gone.
    func ended(_ child: ChildProcess, _ outcome: ChildOutcome, on loop: EventLoop)
}

extension ChildProcessHandler {
    /// Nobody listens unless they say so.
    public func wrote(_ child: ChildProcess, _ bytes: ArraySlice<UInt8>, toErrors: Bool) {}
}
