import Policies
public import Telemetry

/// How a call of a hook ended, as it is counted.
enum HookEnding: Int, CaseIterable {
    case pass, warn, deny, failure
}

/// Where one hook counts: the same series for all loops, each of which adds in its own shard.
struct HookSeries: Sendable {
    let invocations: InlineArray<4, Counter>
    let failures: InlineArray<5, Counter>
    let failOpens: InlineArray<5, Counter>
    let timeouts: Counter
    let retries: Counter
    let duration: Histogram

    func note(_ ending: HookEnding, _ failure: HookFailure.Reason?, _ took: UInt64, _ shard: MetricShard) {
        shard.add(invocations[ending.rawValue])
        shard.observe(duration, took)
        guard let failure else { return }
        shard.add(failures[failure.rawValue])
        if failure == .timeout { shard.add(timeouts) }
    }
}

/// The metrics of hooks, registered once for all loops. So many hooks have series of their own; what is beyond counts
/// under `other`.
public final class HookMetrics: Sendable {
    /// How many hooks have series of their own.
    public let hooksMax: Int
    static let other = "other"

    private let registry: MetricRegistry
    private let invocations: MetricSet<Counter>
    private let failures: MetricSet<Counter>
    private let failOpens: MetricSet<Counter>
    private let timeouts: MetricSet<Counter>
    private let retries: MetricSet<Counter>
    private let duration: MetricSet<Histogram>

    /// Registers the metrics.
    public init(registering registry: MetricRegistry, hooksMax: Int = 1000) {
        self.registry = registry
        self.hooksMax = hooksMax
        let most = hooksMax + 1
        invocations = registry.counters(
            "portcullis_hook_invocations", "Hooks asked, by how that ended.", labels: ["hook", "phase", "outcome"],
            seriesMax: most * HookEnding.allCases.count * HookPhase.allCases.count)
        failures = registry.counters(
            "portcullis_hook_failures", "Hooks that have no verdict, by why.", labels: ["hook", "reason"],
            seriesMax: most * HookFailure.Reason.allCases.count)
        failOpens = registry.counters(
            "portcullis_fail_open", "Requests admitted though a check of them has no verdict.",
            labels: ["hook", "reason"], seriesMax: most * HookFailure.Reason.allCases.count)
        timeouts = registry.counters(
            "portcullis_hook_timeouts", "Hooks that took too long.", labels: ["hook"], seriesMax: most)
        retries = registry.counters(
            "portcullis_hook_retries", "Attempts after the first.", labels: ["hook"], seriesMax: most)
        duration = registry.histograms(
            "portcullis_hook_duration_seconds", "Time from asking a hook to its verdict, retries included.",
            labels: ["hook"], seriesMax: most)
    }

    /// The series of a hook under that name; nil when the registry has no room for them.
    func series(_ name: String, _ phase: HookPhase) -> HookSeries? {
        let endings = HookEnding.allCases.compactMap { invocations.series(name, "\(phase)", "\($0)") }
        let failed = HookFailure.Reason.allCases.compactMap { failures.series(name, $0.name) }
        let opened = HookFailure.Reason.allCases.compactMap { failOpens.series(name, $0.name) }
        guard endings.count == HookEnding.allCases.count, failed.count == HookFailure.Reason.allCases.count,
            opened.count == failed.count, let timeouts = timeouts.series(name), let retries = retries.series(name),
            let duration = duration.series(name)
        else { return nil }
        return HookSeries(
            invocations: InlineArray { endings[$0] }, failures: InlineArray { failed[$0] },
            failOpens: InlineArray { opened[$0] }, timeouts: timeouts, retries: retries, duration: duration)
    }

    /// Stops showing the series of a hook that is gone. Nobody may count there any more.
    func retire(_ name: String, _ phase: HookPhase) {
        for ending in HookEnding.allCases { invocations.retire(name, "\(phase)", "\(ending)") }
        for reason in HookFailure.Reason.allCases {
            failures.retire(name, reason.name)
            failOpens.retire(name, reason.name)
        }
        timeouts.retire(name)
        retries.retire(name)
        duration.retire(name)
    }

    /// Has `collect` write samples whenever somebody scrapes.
    func collect(_ collect: @escaping @Sendable (inout SampleWriter) -> Void) { registry.collect(collect) }
}
