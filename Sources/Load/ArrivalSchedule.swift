import Glibc

/// When requests are due, whatever becomes of them: the clock of an open loop, in nanoseconds from its start.
public struct ArrivalSchedule: Sendable {
    /// How arrivals are spread.
    public enum Pattern: Equatable, Sendable {
        /// The same time between any two.
        case steady
        /// As independent callers make them, with this seed.
        case random(seed: UInt64)
    }

    private let nanosecondsBetween: Double
    private let pattern: Pattern
    private var state: UInt64 = 0
    private var index = 0
    private var elapsed = 0.0

    /// A schedule of so many arrivals a second, which must be above zero.
    public init(rate: Double, pattern: Pattern = .steady) {
        nanosecondsBetween = 1e9 / max(rate, 1e-6)
        self.pattern = pattern
        if case .random(let seed) = pattern { state = seed }
    }

    /// The moment of the next arrival; the first one of a steady schedule is at the start.
    public mutating func next() -> UInt64 {
        switch pattern {
        case .steady:
            // From the index and not from the arrival before, so that rounding never adds up.
            elapsed = Double(index) * nanosecondsBetween
            index += 1
        case .random: elapsed += nanosecondsBetween * -log(uniform())
        }
        return UInt64(min(elapsed, 9e18))
    }

    /// A number above 0 and at most 1 (SplitMix64).
    private mutating func uniform() -> Double {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        mixed ^= mixed >> 31
        return (Double(mixed >> 11) + 1) / Double(1 << 53)
    }
}
