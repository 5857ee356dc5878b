import Admission
import Hooks
import Reactor
import Telemetry

extension Gate {
    /// Opens what outlives requests.
    static func openRecords(
        _ configuration: ServerConfiguration, _ metrics: GateMetrics, _ clock: any Clock
    ) throws(GateError) -> GateRecords {
        let records = try GateRecords(state: configuration.state, scratch: configuration.calls.scratch, clock: clock)
        metrics.registry.collect { [weak records] writer in
            if let records { RecordFigures.write(records, clock, &writer) }
        }
        return records
    }

    /// What the loops share about hooks.
    static func share(
        _ configuration: ServerConfiguration, _ registry: BuiltinRegistry, _ metrics: GateMetrics,
        _ workers: FileWorkers, _ records: GateRecords, _ sink: LogSink, _ clock: any Clock
    ) -> HookShare {
        var random = SystemRandomNumberGenerator()
        let calls = configuration.calls
        var commands = CommandOptions(workers: workers, scratchFolder: calls.scratch)
        commands.report = CommandLog(sink, configuration.logLevel.level, clock).note
        return HookShare(
            board: HookBoard(metrics: metrics.hooks, clock: clock, seed: random.next()), builtins: registry,
            retryBudget: RetryBudget(percent: calls.retryPercent, reserve: calls.retryReserve),
            factory: ExecutorFactory(allowedTargets: calls.allowedTargets, commands: commands), records: records,
            spans: configuration.traces.endpoint == nil ? nil : SpanSink(), traceShare: configuration.traces.share)
    }
}
