import AllocationCounter
import Glibc

/// What was seen of one benchmark.
struct Measurement {
    struct PeerResult {
        let name: String
        /// Nanoseconds of CPU per operation, or why there are none.
        let outcome: Result<Double, PeerFailure>
        /// The median over the rounds of ours divided by theirs.
        let ratio: Double
        let ratioMax: Double?
        /// What we took more for each thing, and the most that may be; nil where that is not bounded.
        var extra: (nanoseconds: Double, nanosecondsMax: Double)?
        /// True unless a bar was set and passed over, or could not be looked at.
        var holds: Bool {
            if ratioMax == nil, extra == nil { return true }
            if case .failure = outcome { return false }
            return ratio <= ratioMax ?? .infinity && extra.map { $0.nanoseconds <= $0.nanosecondsMax } ?? true
        }
    }

    let benchmark: Benchmark
    let nanoseconds: Double
    let allocations: Double
    let retains: Double
    let peers: [PeerResult]

    /// True unless a bar was set for the time itself and passed over.
    var holds: Bool { benchmark.nanosecondsMax.map { nanoseconds <= $0 } ?? true }
}

/// The CPU time this process has used, in nanoseconds.
func cpuNanoseconds() -> Double {
    var now = timespec()
    unsafe clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now)
    return Double(now.tv_sec) * 1e9 + Double(now.tv_nsec)
}

extension Benchmark {
    /// Runs ours and every peer in turn, A B A B …, so that a drift of the machine's speed meets both.
    func measure(rounds: Int, roundNanoseconds: Double) -> Measurement {
        let runners = peers.map { peer in Result { () throws(PeerFailure) in try Runner(peer) } }
        defer { for case .success(let runner) in runners { runner.stop() } }
        let ourTimes = iterations(filling: roundNanoseconds) { Self.time(ours, $0) }
        let theirTimes = runners.map { runner in
            (try? runner.get()).map { runner in iterations(filling: roundNanoseconds) { runner.time($0) ?? .infinity } }
                ?? 0
        }
        var ourResults: [Double] = []
        var theirResults = [[Double]](repeating: [], count: peers.count)
        for _ in 0..<rounds {
            ourResults.append(Self.time(ours, ourTimes) / Double(ourTimes))
            for (index, runner) in runners.enumerated() {
                guard case .success(let runner) = runner, let time = runner.time(theirTimes[index]) else { continue }
                theirResults[index].append(time / Double(theirTimes[index]))
            }
        }
        let counts = count(operations: 16)
        let results = zip(peers, zip(runners, theirResults)).map { peer, seen in
            Self.result(of: peer, runner: seen.0, times: seen.1, ours: ourResults)
        }
        return Measurement(
            benchmark: self, nanoseconds: median(ourResults), allocations: counts.allocations,
            retains: counts.retains, peers: results)
    }

    private static func result(
        of peer: Peer, runner: Result<Runner, PeerFailure>, times: [Double], ours: [Double]
    ) -> Measurement.PeerResult {
        if case .failure(let why) = runner {
            return .init(name: peer.name, outcome: .failure(why), ratio: .nan, ratioMax: peer.ratioMax)
        }
        guard !times.isEmpty, times.count == ours.count else {
            let why = PeerFailure(description: "it ended while it was measured")
            return .init(name: peer.name, outcome: .failure(why), ratio: .nan, ratioMax: peer.ratioMax)
        }
        let ratio = median(zip(ours, times).map { $0 / $1 })
        var result = Measurement.PeerResult(
            name: peer.name, outcome: .success(median(times)), ratio: ratio, ratioMax: peer.ratioMax)
        if let extra = peer.extra {
            let difference = median(zip(ours, times).map { $0 - $1 }) / Double(extra.count)
            result.extra = (difference, extra.nanosecondsMax)
        }
        return result
    }

    private static func time(_ work: () -> Void, _ times: Int) -> Double {
        let start = cpuNanoseconds()
        for _ in 0..<times { work() }
        return cpuNanoseconds() - start
    }

    /// Allocations and retains per operation, once everything is warm.
    func count(operations: Int) -> (allocations: Double, retains: Double) {
        ours()
        portcullis_count_begin()
        for _ in 0..<operations { ours() }
        let seen = portcullis_count_end()
        return (Double(seen.allocations) / Double(operations), Double(seen.retains) / Double(operations))
    }
}

/// How often an operation is done to fill about `nanoseconds`; this also warms it up.
private func iterations(filling nanoseconds: Double, _ time: (Int) -> Double) -> Int {
    var times = 1
    while times < 1 << 30 {
        let taken = time(times)
        if taken >= nanoseconds / 2 { return max(1, Int(Double(times) * nanoseconds / taken)) }
        times *= 2
    }
    return times
}

/// The middle of `values`; not a number when there are none.
func median(_ values: [Double]) -> Double {
    guard !values.isEmpty else { return .nan }
    let sorted = values.sorted()
    let middle = sorted.count / 2
    return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/// A peer made ready to run.
private enum Runner {
    case here(() -> Void)
    case program(PeerProcess)

    init(_ peer: Peer) throws(PeerFailure) {
        switch peer.work {
        case .here(let work): self = .here(work)
        case .program(let arguments):
            do { self = .program(try PeerProcess(arguments)) } catch {
                throw PeerFailure(description: "\(error)")
            }
        }
    }

    /// CPU nanoseconds for `times` operations, or nil when the peer is gone.
    func time(_ times: Int) -> Double? {
        switch self {
        case .here(let work):
            let start = cpuNanoseconds()
            for _ in 0..<times { work() }
            return cpuNanoseconds() - start
        case .program(let process): return try? process.run(times)
        }
    }

    func stop() {
        if case .program(let process) = self { process.stop() }
    }
}
