import Policies
import Telemetry

/// What the metrics say about the rules.
struct RuleMetrics: Sendable {
    private let revision: MetricSet<Gauge>
    private let loaded: MetricSet<Gauge>
    private let invalid: Gauge
    private let lastReload: Gauge
    private let reloads: [Counter]
    /// Objects that a policy would change again once it has changed them; the label's values are bounded by the registry.
    let unstable: MetricSet<Counter>

    /// Nil when the registry has no room for them.
    init?(registry: MetricRegistry) {
        revision = registry.infos(
            "portcullis_rules_revision", "The revision of the rules that is served.", labels: ["hash"])
        loaded = registry.gauges("portcullis_rules_loaded", "Documents in use, by kind.", labels: ["kind"])
        let reloads = registry.counters("portcullis_rules_reload", "Readings of the rules.", labels: ["result"])
        guard
            let invalid = registry.gauges(
                "portcullis_rules_invalid", "Documents that cannot be used as they are; older ones may serve instead."
            ).series(),
            let lastReload = registry.gauges(
                "portcullis_rules_last_reload_timestamp_seconds", "When the rules were last read."
            ).series(),
            let good = reloads.series("success"), let partial = reloads.series("partial"),
            let failed = reloads.series("failure")
        else { return nil }
        unstable = registry.counters(
            "portcullis_mutation_not_idempotent", "Mutated objects that the policy would change again.",
            labels: ["policy"])
        (self.invalid, self.lastReload, self.reloads) = (invalid, lastReload, [good, partial, failed])
    }

    /// Notes that a revision is served from now on in the place of another.
    func note(_ rules: ServedRules, after old: ServedRules?, wall: Int64, _ shard: MetricShard) {
        if let old, old.hash != rules.hash { revision.retire(old.hash) }
        if let gauge = revision.series(rules.hash) { shard.set(gauge, 1) }
        for (kind, count) in rules.set.counts {
            if let gauge = loaded.series(kind) { shard.set(gauge, Double(count)) }
        }
        shard.set(invalid, Double(rules.invalidCount))
        shard.set(lastReload, Double(wall) / 1e9)
        shard.add(reloads[rules.invalidCount == 0 ? 0 : 1])
    }

    /// Notes that the rules could not be read at all.
    func noteFailure(_ shard: MetricShard) { shard.add(reloads[2]) }
}
