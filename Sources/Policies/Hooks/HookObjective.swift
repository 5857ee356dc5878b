/// How much depends on a hook's having a verdict.
public enum HookCriticality: UInt8, BitwiseCopyable, Sendable, CaseIterable {
    /// Without it what must not be admitted is, or nothing can be admitted.
    case critical
    /// Somebody has to look after it, by day or by night.
    case important
    /// It can wait until somebody has the time.
    case optional

    /// The share of calls that are to have a verdict where nothing else is said.
    public var objective: Double {
        switch self {
        case .critical: 0.999
        case .important: 0.995
        case .optional: 0.99
        }
    }
}

/// How often a hook is to have a verdict. A denial is one; a failure is none, whatever the failure policy makes of it.
public struct HookObjective: Hashable, Sendable {
    /// How much depends on it.
    public var criticality = HookCriticality.important
    /// The share of calls that its document asks for; nil: that of its criticality.
    public var stated: Double?

    /// That of a hook that nothing is said about.
    public init() {}

    /// The share of calls that are to have a verdict: above 0 and below 1.
    public var ratio: Double { stated ?? criticality.objective }

    /// The share of calls that may fail: the error budget. In whole billionths, so that 1 - 0.999 is 0.001.
    public var allowance: Double { ((1 - ratio) * 1e9).rounded() / 1e9 }

    /// How fast the error budget is spent where so many calls of so many have failed: 1 spends it exactly. Nil without calls.
    public func burnRate(failed: UInt64, of calls: UInt64) -> Double? {
        calls == 0 ? nil : Double(failed) / (Double(calls) * allowance)
    }

    /// The share of the error budget that is left after so many failures of so many calls; below zero once more have failed
    /// than may. Nil without calls.
    public func budgetLeft(failed: UInt64, of calls: UInt64) -> Double? {
        burnRate(failed: failed, of: calls).map { 1 - $0 }
    }
}
