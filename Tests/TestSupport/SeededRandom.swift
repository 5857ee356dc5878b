/// A reproducible stream of random numbers (SplitMix64), so that a failing seed can be run again.
public struct SeededRandom: RandomNumberGenerator {
    private var state: UInt64

    /// Starts the stream that belongs to `seed`.
    public init(seed: UInt64) { state = seed }

    /// The next 64 random bits.
    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// A number in `0 ..< bound`; zero when the bound is not positive.
    public mutating func below(_ bound: Int) -> Int {
        bound <= 0 ? 0 : Int.random(in: 0..<bound, using: &self)
    }

    /// True once in `count` draws on average.
    public mutating func oneIn(_ count: Int) -> Bool { below(count) == 0 }

    /// One of `choices`, which must not be empty.
    public mutating func pick<C: Collection>(_ choices: C) -> C.Element {
        choices[choices.index(choices.startIndex, offsetBy: below(choices.count))]
    }
}
