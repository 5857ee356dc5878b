public import Admission
public import Policies
import Reactor
public import Telemetry

/// Makes the executors of one loop.
public protocol HookExecutorSource: AnyObject {
    /// An executor for a hook that asks somebody else; throws where it cannot be had, which is then every call's failure.
    func executor(for rule: HookRule) throws(HookFailure) -> any HookExecutor
}

/// Everything that hooks need on one loop, whatever the rules are.
public final class HookHost {
    let loop: any HookLoop
    let clock: any Clock
    let mail: any LoopMail
    /// Tells loops apart.
    let number: Int
    /// Nil where nobody outside is asked: hooks that would be are passed over.
    let executors: (any HookExecutorSource)?
    let builtins: BuiltinRegistry
    let retryBudget: RetryBudget
    let records: (any HookRecords)?
    let shard: MetricShard?
    let log: Logger?
    var jitter: Jitter
    private(set) lazy var after = AfterQueue(self)
    /// The executors that are not closed yet, by who closes them.
    private var open: [ObjectIdentifier: any HookExecutor] = [:]

    /// Where the spans of attempts go; nil where nobody looks at traces.
    public var spans: SpanSink?
    /// Is told of each policy that would change what it has made of an object once more.
    public var noteUnstable: ((String) -> Void)?
    /// Asks a candidate revision about what was answered; nil where there is none.
    public var shadow: ShadowLoop?
    /// Reviews that wait for hooks.
    public internal(set) var openReviews = 0
    /// Calls that are on their way, or wait for something.
    public internal(set) var openCalls = 0
    /// Tasks that are to run after answers, or do.
    public var openTasks: Int { after.count }
    /// Requests that were admitted though a check of them has no verdict: one for each check.
    public internal(set) var uncheckedCount: UInt64 = 0

    /// A host on a loop. `number` tells the server's loops apart; the seed is for the waits between attempts.
    public init(
        on loop: any HookLoop, number: Int, executors: (any HookExecutorSource)?, builtins: BuiltinRegistry,
        retryBudget: RetryBudget, records: (any HookRecords)? = nil, shard: MetricShard? = nil, log: Logger? = nil,
        seed: UInt64
    ) {
        self.loop = loop
        clock = loop.clock
        mail = loop.mail
        self.number = number
        self.executors = executors
        self.builtins = builtins
        self.retryBudget = retryBudget
        self.records = records
        self.shard = shard
        self.log = log
        jitter = Jitter(seed: seed)
    }

    var now: Instant { clock.now }

    func opened(_ executor: any HookExecutor, by owner: ObjectIdentifier) { open[owner] = executor }

    func close(by owner: ObjectIdentifier) { open.removeValue(forKey: owner)?.close() }

    /// Closes every executor: the loop will not turn again, whoever may still hold one.
    func close() {
        let executors = open.values
        open = [:]
        for executor in executors { executor.close() }
    }
}
