import Telemetry

/// Counts on one loop the objects that mutating policies would change again.
///
/// A policy's counter is asked for once: that takes a lock.
final class UnstableCounts {
    private let metrics: RuleMetrics
    private let shard: MetricShard
    private var counters: [String: Counter] = [:]

    /// As many policies are remembered; who reloads more has their counters looked up again.
    private static let countersMax = 1000

    init(_ metrics: RuleMetrics, _ shard: MetricShard) {
        self.metrics = metrics
        self.shard = shard
    }

    /// Counts one object that the policy would change again.
    func add(_ policy: String) {
        if let counter = counters[policy] { return shard.add(counter) }
        guard let counter = metrics.unstable.series(policy) else { return }
        if counters.count >= Self.countersMax { counters.removeAll() }
        counters[policy] = counter
        shard.add(counter)
    }
}
