import Admission
import Hooks
import Policies
import Reactor
import Telemetry

/// What the server's loops share about hooks.
final class HookShare: Sendable {
    let board: HookBoard
    let builtins: BuiltinRegistry
    let retryBudget: RetryBudget
    let factory: ExecutorFactory
    let records: (any HookRecords)?
    /// Where spans go, and the share of reviews that begin a trace; nil where nobody looks at traces.
    let spans: SpanSink?
    let traceShare: Double
    /// Keeps decisions; nil where they are not recorded.
    let recorder: Recorder?
    /// What the rules that are tried would have decided otherwise.
    let findings = ShadowFindings()

    init(
        board: HookBoard, builtins: BuiltinRegistry, retryBudget: RetryBudget, factory: ExecutorFactory,
        records: (any HookRecords)?, spans: SpanSink?, traceShare: Double, recorder: Recorder?
    ) {
        self.board = board
        self.builtins = builtins
        self.retryBudget = retryBudget
        self.factory = factory
        self.records = records
        self.spans = spans
        self.traceShare = traceShare
        self.recorder = recorder
    }

    /// What hooks need on a loop; to be called on the loop's thread.
    func host(on loop: EventLoop, number: Int, shard: MetricShard, log: Logger) -> HookHost {
        var random = SystemRandomNumberGenerator()
        let host = HookHost(
            on: ServedLoop(loop), number: number, executors: LoopExecutors(factory, loop), builtins: builtins,
            retryBudget: retryBudget, records: records, shard: shard, log: log, seed: random.next())
        host.spans = spans
        return host
    }
}

/// Makes the executors of one loop, which share what looks names up.
final class LoopExecutors: HookExecutorSource {
    private let factory: ExecutorFactory
    private let loop: EventLoop
    private let resolver: Resolver

    init(_ factory: ExecutorFactory, _ loop: EventLoop) {
        self.factory = factory
        self.loop = loop
        resolver = Resolver(on: loop)
    }

    func executor(for rule: HookRule) throws(HookFailure) -> any HookExecutor {
        guard let run = rule.run else { throw HookFailure(.error, "it asks nobody") }
        do throws(ExecutorProblem) {
            let made = try factory.executor(run, hook: rule.name, folder: rule.folder, on: loop, resolver: resolver)
            guard let made else { throw ExecutorProblem("builtin", "it is compiled into the server") }
            return made
        } catch {
            throw HookFailure(.error, error.description)
        }
    }
}
