/// Whether replicas do as well as they must.
public struct CanaryVerdict: Sendable {
    /// What all of them did.
    public let figures: CanaryFigures
    /// Everything that was looked at.
    public private(set) var checks: [CanaryCheck] = []

    /// Whether anything is not good enough.
    public var isBad: Bool { checks.contains { $0.outcome == .fail } }

    /// Judges what was seen; with figures from before also whether it is worse.
    public init(_ replicas: [ReplicaWatch], _ limits: CanaryLimits, baseline: CanaryFigures? = nil) {
        var problems: [String] = []
        figures = CanaryFigures(replicas, problems: &problems)
        for replica in replicas { problems += Self.problems(replica) }
        let readable = replicas.count { $0.problem == nil && $0.last != nil }
        add(
            "replicas", replicas.isEmpty ? "none" : problems.first ?? "\(readable) read",
            "all can be read, none restarts",
            problems.isEmpty && !replicas.isEmpty)
        for problem in problems.dropFirst() { add("replicas", problem, "all can be read, none restarts", false) }
        addRules(replicas)
        addRequests(limits)
        addLimits(limits)
        if let baseline { addComparison(baseline, limits) }
    }

    private static func problems(_ replica: ReplicaWatch) -> [String] {
        if let problem = replica.problem { return ["\(replica.name): \(problem)"] }
        if replica.last == nil { return ["\(replica.name): was never read"] }
        return replica.hasRestarted ? ["\(replica.name): has restarted"] : []
    }

    private mutating func add(_ name: String, _ found: String, _ limit: String, _ isGood: Bool) {
        checks.append(CanaryCheck(name: name, found: found, limit: limit, outcome: isGood ? .pass : .fail))
    }

    private mutating func addRules(_ replicas: [ReplicaWatch]) {
        let readings = replicas.compactMap(\.last)
        let revisions = Set(readings.map { $0.revision.isEmpty ? "none" : $0.revision }).sorted()
        add("revision of the rules", revisions.joined(separator: ", "), "the same everywhere", revisions.count == 1)
        let invalid = readings.reduce(0) { $0 + $1.rulesInvalid }
        add("rules invalid", Self.text(invalid), "0", invalid == 0)
    }

    private mutating func addRequests(_ limits: CanaryLimits) {
        let isEnough = figures.reviews >= limits.reviewsMin
        let outcome: CanaryCheck.Outcome = isEnough ? .pass : limits.allowsFew ? .warn : .fail
        checks.append(
            CanaryCheck(
                name: "reviews", found: Self.text(figures.reviews), limit: "at least \(Self.text(limits.reviewsMin))",
                outcome: outcome))
    }

    private mutating func addLimits(_ limits: CanaryLimits) {
        let ratio = "at least \(limits.successRatio)"
        add(
            "success ratio of reviews", Self.ratio(figures.reviewSuccessRatio), ratio,
            figures.reviewSuccessRatio >= limits.successRatio)
        add(
            "success ratio of hooks", Self.ratio(figures.hookSuccessRatio), ratio,
            figures.hookSuccessRatio >= limits.successRatio)
        if let p99 = figures.p99 {
            add("p99", Self.seconds(p99), "at most \(Self.seconds(limits.p99))", p99 <= limits.p99)
        }
        add(
            "timeouts", Self.text(figures.timeouts), "at most \(Self.text(limits.timeouts))",
            figures.timeouts <= limits.timeouts)
        add(
            "fail-open", Self.text(figures.failOpen), "at most \(Self.text(limits.failOpen))",
            figures.failOpen <= limits.failOpen)
    }

    // MARK: worse than before

    /// A share of failures may grow by the tolerance, and by one in a thousand, so that the first failure is not worse than
    /// none.
    private static let slack = 0.001

    private mutating func addComparison(_ baseline: CanaryFigures, _ limits: CanaryLimits) {
        if figures.reviews < limits.reviewsMin { return }
        let shares: [(name: String, now: Double, before: Double)] = [
            ("failures of reviews", 1 - figures.reviewSuccessRatio, 1 - baseline.reviewSuccessRatio),
            ("failures of hooks", 1 - figures.hookSuccessRatio, 1 - baseline.hookSuccessRatio),
            ("timeouts", Self.share(figures.timeouts, figures.calls), Self.share(baseline.timeouts, baseline.calls)),
            ("fail-open", Self.share(figures.failOpen, figures.calls), Self.share(baseline.failOpen, baseline.calls)),
        ]
        for (name, now, before) in shares {
            let most = before * (1 + limits.tolerance) + Self.slack
            add("\(name), against before", Self.ratio(now), "at most \(Self.ratio(most))", now <= most)
        }
        if let now = figures.p99, let before = baseline.p99 {
            let most = before * (1 + limits.tolerance)
            add("p99, against before", Self.seconds(now), "at most \(Self.seconds(most))", now <= most)
        }
    }

    private static func share(_ part: Double, _ whole: Double) -> Double { whole > 0 ? part / whole : 0 }

    // MARK: texts

    private static func text(_ number: Double) -> String {
        Int64(exactly: number.rounded()).map(String.init) ?? "\(number)"
    }

    private static func ratio(_ number: Double) -> String { "\((number * 100_000).rounded() / 100_000)" }

    private static func seconds(_ number: Double) -> String { "\((number * 1_000_000).rounded() / 1000) ms" }
}
