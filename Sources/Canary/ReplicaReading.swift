/// What one look at a replica's metrics tells.
public struct ReplicaReading: Sendable {
    /// Counters that are compared from one look to the next.
    public enum Count: CaseIterable, Sendable {
        /// Reviews that were answered with a verdict.
        case reviews
        /// Reviews that were denied.
        case denied
        /// Reviews that were turned away because there was too much to do.
        case shed
        /// Calls of hooks.
        case calls
        /// Calls that failed.
        case failures
        /// Calls that took too long.
        case timeouts
        /// Checks that were skipped.
        case failOpen

        var source: (name: String, labels: [String: String]) {
            switch self {
            case .reviews: ("portcullis_admission_requests_total", [:])
            case .denied: ("portcullis_admission_requests_total", ["outcome": "denied"])
            case .shed: ("portcullis_admission_rejected_total", ["reason": "shed"])
            case .calls: ("portcullis_hook_invocations_total", [:])
            case .failures: ("portcullis_hook_invocations_total", ["outcome": "failure"])
            case .timeouts: ("portcullis_hook_timeouts_total", [:])
            case .failOpen: ("portcullis_fail_open_total", [:])
            }
        }
    }

    /// The counters.
    public let counts: [Count: Double]
    /// Durations of reviews.
    public let durations: LatencyBuckets
    /// How many documents of the rules cannot be used.
    public let rulesInvalid: Double
    /// The rules in force.
    public let revision: String
    /// When the process started, in seconds since 1970.
    public let started: Double

    /// Reads what a server of this project tells; anybody else's metrics are an error.
    public init(_ text: MetricsText) throws(ReadingProblem) {
        var counts: [Count: Double] = [:]
        for count in Count.allCases {
            let (name, labels) = count.source
            // Without a hook there are no series of hooks.
            let isOfHooks = name.contains("_hook_") || name.contains("fail_open")
            guard let sum = text.sum(name, where: labels) ?? (isOfHooks ? 0 : nil) else {
                throw ReadingProblem(message: "there is no \(name): is this a server's /metrics?")
            }
            guard sum.isFinite, sum >= 0 else { throw ReadingProblem(message: "\(name) is no count") }
            counts[count] = sum
        }
        self.counts = counts
        let histogram = "portcullis_admission_duration_seconds"
        guard let durations = LatencyBuckets(histogram, text) else {
            throw ReadingProblem(message: "\(histogram) is no histogram")
        }
        self.durations = durations
        rulesInvalid = text.sum("portcullis_rules_invalid") ?? 0
        revision = text.samples("portcullis_rules_revision_info").first { $0.value == 1 }?.labels["hash"] ?? ""
        started = text.sum("process_start_time_seconds") ?? 0
    }
}

/// Why metrics say nothing of a server.
public struct ReadingProblem: Error, Sendable {
    /// In a sentence.
    public let message: String
}
