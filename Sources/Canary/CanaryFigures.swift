/// What all replicas together did.
public struct CanaryFigures: Sendable, Equatable {
    /// Reviews that were answered with a verdict.
    public var reviews = 0.0
    /// The share of them that were denied.
    public var deniedRatio = 0.0
    /// The share of reviews that were not turned away.
    public var reviewSuccessRatio = 1.0
    /// Calls of hooks.
    public var calls = 0.0
    /// The share of calls that did not fail.
    public var hookSuccessRatio = 1.0
    /// The duration that 99 of 100 reviews did not exceed, in seconds; nil without reviews.
    public var p99: Double?
    /// Calls that took too long.
    public var timeouts = 0.0
    /// Checks that were skipped.
    public var failOpen = 0.0

    /// Figures that are told somewhere.
    public init() {}

    /// The sums of what was seen; the problems are those that keep replicas from being put together.
    public init(_ replicas: [ReplicaWatch], problems: inout [String]) {
        var counts: [ReplicaReading.Count: Double] = [:]
        var durations = LatencyBuckets()
        for replica in replicas {
            counts.merge(replica.counts, uniquingKeysWith: +)
            if !durations.add(replica.durations) {
                problems.append("\(replica.name): its histogram has other bounds than those of the others")
            }
        }
        func count(_ key: ReplicaReading.Count) -> Double { counts[key] ?? 0 }
        func share(_ part: Double, _ whole: Double) -> Double { whole > 0 ? part / whole : 0 }
        reviews = count(.reviews)
        deniedRatio = share(count(.denied), reviews)
        reviewSuccessRatio = 1 - share(count(.shed), reviews + count(.shed))
        calls = count(.calls)
        hookSuccessRatio = 1 - share(count(.failures), calls)
        p99 = durations.quantile(0.99)
        (timeouts, failOpen) = (count(.timeouts), count(.failOpen))
    }
}

/// What is still good enough.
public struct CanaryLimits: Sendable {
    /// The least share of reviews, and of calls, that succeed.
    public var successRatio = 0.99
    /// The most that 99 of 100 reviews may take, in seconds.
    public var p99 = 0.5
    /// The most calls that take too long.
    public var timeouts = 0.0
    /// The most checks that are skipped.
    public var failOpen = 0.0
    /// With fewer reviews nothing is said by them.
    public var reviewsMin = 20.0
    /// Whether it is good enough that there were too few.
    public var allowsFew = true
    /// By which share figures may be worse than those of the baseline.
    public var tolerance = 0.2

    /// The limits unless somebody says otherwise.
    public init() {}
}

/// One thing that was held to a limit.
public struct CanaryCheck: Sendable, Equatable {
    /// How it came out.
    public enum Outcome: String, Sendable {
        /// It is good.
        case pass
        /// It is good enough, but somebody should know.
        case warn
        /// It is not.
        case fail
    }

    /// What was looked at.
    public let name: String
    /// What was found.
    public let found: String
    /// What it was held to.
    public let limit: String
    /// How it came out.
    public let outcome: Outcome
}
