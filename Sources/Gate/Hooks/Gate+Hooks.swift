import Admission
import Hooks
import Reactor
import Telemetry

extension Gate {
    /// What the loops share about hooks.
    static func share(
        _ configuration: ServerConfiguration, _ registry: BuiltinRegistry, _ metrics: GateMetrics,
        _ workers: FileWorkers, _ log: Logger, _ clock: any Clock
    ) -> HookShare {
        var random = SystemRandomNumberGenerator()
        let calls = configuration.calls
        let commands = CommandOptions(workers: workers, scratchFolder: calls.scratch)
        return HookShare(
            board: HookBoard(metrics: metrics.hooks, clock: clock, seed: random.next()), builtins: registry,
            retryBudget: RetryBudget(percent: calls.retryPercent, reserve: calls.retryReserve),
            factory: ExecutorFactory(allowedTargets: calls.allowedTargets, commands: commands), records: nil)
    }
}
