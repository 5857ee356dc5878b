import Reactor

/// Chance (SplitMix64) from a seed, so that whatever depends on it can be run again.
public struct Jitter: Sendable {
    private var state: UInt64

    /// The chance that belongs to a seed.
    public init(seed: UInt64) { state = seed }

    /// The next 64 bits.
    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        return Self.mixed(state)
    }

    /// A number from zero up to, but not, one.
    public mutating func fraction() -> Double { Double(next() >> 11) * 0x1p-53 }

    /// That many times as long, at most the longest time there is.
    static func scaled(_ span: Nanoseconds, by factor: Double) -> Nanoseconds {
        let scaled = Double(span.count) * factor
        return .nanoseconds(scaled < 0x1p63 ? Int64(max(scaled, 0)) : .max)
    }

    /// Spreads what differs in few bits over all of them.
    static func mixed(_ bits: UInt64) -> UInt64 {
        var bits = bits
        bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
        bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
        return bits ^ (bits >> 31)
    }
}
