import Telemetry

/// What a supervisor counts itself.
struct SupervisorMetrics {
    private let shard: MetricShard
    private let restarts: MetricSet<Counter>
    private let expiries: MetricSet<Gauge>
    private let workers: MetricSet<Gauge>
    private let readiness: MetricSet<Gauge>

    init(_ registry: MetricRegistry) {
        shard = registry.makeShard()
        restarts = registry.counters(
            "portcullis_worker_restarts", "How often a worker that had ended was started again.", labels: ["worker"])
        workers = registry.gauges("portcullis_workers", "Workers, by whether they take reviews.", labels: ["state"])
        readiness = registry.gauges("portcullis_ready", "Whether the server takes reviews: 1, or 0.")
        expiries = registry.gauges(
            "portcullis_certificate_expiry_timestamp_seconds", "When a certificate in use expires.", labels: ["use"])
        ProcessMetrics.register(in: registry)
    }

    /// A worker is started again.
    func restarted(_ worker: Int) { restarts.series("\(worker)").map { shard.add($0) } }

    /// Has every worker's restarts told from the beginning, and how many are ready.
    func note(_ seats: [WorkerSeat], isReady: Bool) {
        if let gauge = readiness.series() { shard.set(gauge, isReady ? 1 : 0) }
        for seat in seats { restarts.series("\(seat.number)").map { shard.add($0, 0) } }
        let ready = seats.count(where: \.isReady)
        for (state, count) in [("ready", ready), ("not_ready", seats.count - ready)] {
            if let gauge = workers.series(state) { shard.set(gauge, Double(count)) }
        }
    }

    /// The certificate of the supervisor's own endpoints expires then.
    func note(_ expiry: Int64) {
        if let gauge = expiries.series("admin") { shard.set(gauge, Double(expiry)) }
    }
}
