/// What a simulation did, and what it found.
public struct SimulationReport: Sendable {
    /// The seed, which makes the same of it again.
    public let seed: UInt64
    /// Reviews asked about, and answered.
    public internal(set) var reviews = 0
    /// Of those, denied.
    public internal(set) var denials = 0
    /// Checks that admitted requests did not have.
    public internal(set) var unchecked = 0
    /// Attempts at asking hooks.
    public internal(set) var attempts = 0
    /// Of those, repetitions.
    public internal(set) var retries = 0
    /// Breakers that opened.
    public internal(set) var openings = 0
    /// Revisions of the rules that were taken up.
    public internal(set) var reloads = 0
    /// Loops that ended and began anew.
    public internal(set) var restarts = 0
    /// Changes that people made.
    public internal(set) var overrides = 0
    /// Calls that were given up.
    public internal(set) var cancellations = 0
    /// Seconds that passed in the simulation.
    public internal(set) var seconds = 0.0
    /// What should not be; the first few.
    public internal(set) var violations: [String] = []
    /// How much there was of that.
    public internal(set) var violationCount = 0

    init(seed: UInt64) { self.seed = seed }

    mutating func violation(_ text: String) {
        violationCount += 1
        if violations.count < 20 { violations.append(text) }
    }

    /// A few lines for people.
    public var text: String {
        let facts = """
            seed \(seed): \(reviews) reviews in \(Int(seconds)) simulated seconds
              \(denials) denied, \(unchecked) checks skipped by admitted requests
              \(attempts) attempts, \(retries) of them retries, \(cancellations) given up
              \(openings) times a breaker opened; \(reloads) reloads, \(restarts) restarts, \(overrides) overrides
              \(violationCount) violations
            """
        return violations.isEmpty ? facts : facts + "\n    " + violations.joined(separator: "\n    ")
    }
}
