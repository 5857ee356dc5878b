import Hooks
import Telemetry

extension Gate {
    /// How the server itself stands: which it is, whether it takes reviews, and what it could not do for want of room.
    func collectStanding() {
        let release = metrics.registry.infos("portcullis_build", "The release that runs.", labels: ["version"])
        if let gauge = release.series(Release.version) { shard.set(gauge, 1) }
        metrics.registry.collect { [readiness, sink, retries = hooks.retryBudget] writer in
            writer.gauge("portcullis_ready", "Whether the server takes reviews: 1, or 0.")
            writer.sample(readiness.isReady ? 1 : 0)
            writer.counter("portcullis_log_lines_dropped", "Log lines that nobody read in time.")
            writer.sample(Double(sink.droppedCount))
            writer.gauge("portcullis_hook_retry_budget_retries", "Retries of hooks that could be made at once.")
            writer.sample(Double(retries.left))
            writer.counter(
                "portcullis_hook_retries_refused", "Retries that were not made because the server's budget was spent.")
            writer.sample(Double(retries.refused))
        }
    }
}
