extension LinearRegex {
    /// What a pattern may cost.
    public struct Limits: Sendable {
        /// Bytes of the pattern.
        ///
        /// To compile is not interruptible, and takes up to a microsecond a byte.
        public var patternBytesMax = 128 << 10
        /// Ranges in all its sets; `\pL` has 659.
        public var setRangesMax = 500_000
        /// Instructions and transitions of the compiled program, 12 and 8 bytes each.
        ///
        /// RE2 allows 87,000 instructions of 16 bytes by default and Go 3.3 million of 40; this is between them.
        public var instructionsMax = 500_000
        /// Instructions times positions of groups, which is what the slowest machine keeps, twice, at 8 bytes each.
        public var groupSlotsMax = 8 << 20
        /// Bytes of the tables that matching builds for one program and one direction before it starts afresh.
        public var automatonBytesMax = 1 << 20

        /// The defaults.
        public init() {}
    }
}
