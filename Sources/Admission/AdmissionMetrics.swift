public import Telemetry

/// The metrics of reviews, registered once for all loops; each loop counts in its own shard.
public struct AdmissionMetrics: Sendable {
    /// How a review ended.
    public enum Outcome: Int, BitwiseCopyable, Sendable, CaseIterable {
        /// Admitted.
        case allowed
        /// Admitted with a patch.
        case patched
        /// Denied.
        case denied

        /// As metrics, logs and lists have it.
        public var name: String {
            switch self {
            case .allowed: "allowed"
            case .patched: "patched"
            case .denied: "denied"
            }
        }
    }

    /// Where the time of a review goes.
    public enum Step: Int, Sendable, CaseIterable {
        /// The handshake of a new connection.
        case tls
        /// From the first byte of a request to its last.
        case read
        /// Parsing the body.
        case decode
        /// Finding the hooks.
        case match
        /// Running them.
        case hooks
        /// Writing the answer.
        case encode
        /// Sending it.
        case write

        var name: String { "\(self)" }
    }

    /// Why a request got an answer that is no verdict.
    public enum Rejection: Int, Sendable, CaseIterable {
        /// Not HTTP/1.1 as it must be.
        case malformed
        /// HTTP, but not a review.
        case invalid
        /// Too much work at once.
        case shed
        /// The server was shutting down.
        case draining
        /// The request or its body was larger than allowed.
        case tooLarge
        /// The request did not arrive in time.
        case slow
        /// Another method, path or media type.
        case unsupported

        var name: String { self == .tooLarge ? "too_large" : "\(self)" }
    }

    /// Reviews that are being worked on.
    public let inFlight: Gauge
    /// From the first byte of a request to the last of its answer.
    public let duration: Histogram
    private let requests: [Counter]
    private let steps: [Histogram]
    private let rejections: [Counter]

    /// Registers the metrics; nil when the registry has no room for them.
    public init?(registering registry: MetricRegistry) {
        let requests = registry.counters(
            "portcullis_admission_requests", "Reviews answered with a verdict.",
            labels: ["path", "operation", "outcome"])
        let steps = registry.histograms(
            "portcullis_admission_phase_duration_seconds", "Time that reviews spent in each phase.", labels: ["phase"])
        let rejections = registry.counters(
            "portcullis_admission_rejected", "Requests answered without a verdict.", labels: ["reason"])
        guard
            let inFlight = registry.gauges("portcullis_admission_in_flight", "Reviews being worked on.").series(),
            let duration = registry.histograms(
                "portcullis_admission_duration_seconds", "Time from a review's first byte to its answer's last.",
                hasExemplars: true
            ).series()
        else { return nil }
        self.inFlight = inFlight
        self.duration = duration
        let grid = ["/mutate", "/validate"].flatMap { path in
            ReviewOperation.allCases.flatMap { operation in
                Outcome.allCases.compactMap { requests.series(path, operation.name.description, $0.name) }
            }
        }
        self.requests = grid
        self.steps = Step.allCases.compactMap { steps.series($0.name) }
        self.rejections = Rejection.allCases.compactMap { rejections.series($0.name) }
        let cells = 2 * ReviewOperation.allCases.count * Outcome.allCases.count
        guard grid.count == cells, self.steps.count == Step.allCases.count,
            self.rejections.count == Rejection.allCases.count
        else { return nil }
    }

    /// The counter of reviews that ended so.
    @inline(__always)
    public func requests(_ phase: ReviewPhase, _ operation: ReviewOperation, _ outcome: Outcome) -> Counter {
        let row = Int(phase.rawValue) &* ReviewOperation.allCases.count &+ Int(operation.rawValue)
        return requests[row &* Outcome.allCases.count &+ outcome.rawValue]
    }

    /// The histogram of a step.
    @inline(__always) public func step(_ step: Step) -> Histogram { steps[step.rawValue] }

    /// The counter of requests that were turned away so.
    public func rejected(_ reason: Rejection) -> Counter { rejections[reason.rawValue] }
}
