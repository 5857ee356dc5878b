/// One row of the table: an operation of ours, and the peers that do the same work in the same run.
struct Benchmark {
    /// `area/operation/input`, as the command line selects it.
    let name: String
    /// The bytes that one operation reads, for the throughput column; zero where that means nothing.
    let bytes: Int
    /// Does the operation once.
    let ours: () -> Void
    /// Who else does it.
    let peers: [Peer]
    /// The most allocations and retains that one operation may make once it is warm; nil where that is not bounded.
    var countsMax: (allocations: Double, retains: Double)?
    /// The most CPU time that one operation may take; nil where that is not bounded.
    var nanosecondsMax: Double?
}

/// Someone who does the same operation, and how we mean to compare.
struct Peer {
    /// How the work is reached.
    enum Work {
        /// A closure in this process.
        case here(() -> Void)
        /// A program that keeps the line protocol of `PeerProcess`.
        case program([String])
    }

    let name: String
    let work: Work
    /// Our time over theirs must not pass this; nil where the ratio is only for orientation.
    let ratioMax: Double?
    /// What we may take more than they do, for each of so many things; nil where that is not bounded.
    var extra: Extra?

    /// A bound for the difference of two times.
    struct Extra {
        let nanosecondsMax: Double
        let count: Int
    }
}
