/// What came of asking a hook that is made of expressions.
public struct PolicyOutcome: Sendable {
    /// What it said, from the least to the most.
    public enum Verdict: UInt8, BitwiseCopyable, Sendable {
        /// Nothing: it is not about the request.
        case unmatched
        case pass, warn, deny
    }

    /// Why a part of it has no value.
    public enum Failure: UInt8, BitwiseCopyable, Sendable {
        /// The time was up.
        case time
        /// An expression failed, cost too much, or had no parameters to go by.
        case error
    }

    /// What it said.
    public internal(set) var verdict = Verdict.unmatched
    /// Why it did not say all it had to; nil where it did.
    public internal(set) var failure: Failure?
    /// What failed, in words; the first of several.
    public internal(set) var problem = ""
    /// Whether something failed that nobody was denied for, so that the request goes unchecked.
    public internal(set) var isUnchecked = false

    /// Nothing was asked yet.
    public init() {}

    mutating func raise(to verdict: Verdict) {
        if verdict.rawValue > self.verdict.rawValue { self.verdict = verdict }
    }

    @inline(never)
    mutating func fail(_ failure: Failure, _ problem: String, _ policy: FailurePolicy) {
        raise(to: .pass)
        if self.failure == nil { (self.failure, self.problem) = (failure, problem) }
        if policy == .ignore { isUnchecked = true }
    }
}

/// Whether a hook is about a request.
public enum HookMatch: Sendable {
    case no, yes
    /// That could not be found out.
    case failed(PolicyOutcome.Failure, String)
}
