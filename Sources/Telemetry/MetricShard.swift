import Glibc
import Synchronization

/// A count that only grows.
public struct Counter: BitwiseCopyable, Sendable {
    let slot: UInt32
}

/// A number that goes up and down. What the shards say is added up, so a fact that is not of one loop is set in one shard.
public struct Gauge: BitwiseCopyable, Sendable {
    let slot: UInt32
}

/// A distribution over fixed buckets. Observations are whole numbers: nanoseconds where the metric is in seconds.
@safe public struct Histogram: BitwiseCopyable, @unchecked Sendable {
    let slot: UInt32
    let boundCount: UInt32
    let hasExemplars: Bool
    /// Owned by the registry, which outlives everything that measures.
    let bounds: UnsafePointer<UInt64>
}

/// One loop's own numbers: written by its thread alone, without locks, and read by whoever is scraping.
///
///     counter     1 word                       gauge   1 word: the bits of a Double
///     histogram   a word for each bucket (not cumulative, the last one without an upper bound), the sum
///     exemplar    after the sum: version, high and low half of the trace id, value, wall time in nanoseconds
///
/// Every word is an atomic that is loaded and stored relaxed, which are plain moves: the owner is the only writer, so
/// nothing is ever lost. A shard is valid as long as its registry.
@safe public struct MetricShard: @unchecked Sendable {
    let words: UnsafeMutablePointer<Atomic<UInt64>>

    init(slots: Int) {
        // Zeroed pages that no metric uses are never touched; all bits zero is what `Atomic(0)` would write.
        guard let memory = unsafe calloc(max(slots, 1), MemoryLayout<Atomic<UInt64>>.stride) else {
            preconditionFailure("no memory for metrics")
        }
        unsafe words = memory.bindMemory(to: Atomic<UInt64>.self, capacity: max(slots, 1))
    }

    /// Gives the memory back; nobody may use the shard any more.
    func release() { unsafe free(words) }

    @inline(__always) func load(_ slot: Int) -> UInt64 { unsafe words[slot].load(ordering: .relaxed) }

    @inline(__always) func store(_ slot: Int, _ value: UInt64) { unsafe words[slot].store(value, ordering: .relaxed) }

    /// Counts.
    @inline(__always) public func add(_ counter: Counter, _ count: UInt64 = 1) {
        store(Int(counter.slot), load(Int(counter.slot)) &+ count)
    }

    /// Sets a gauge.
    @inline(__always) public func set(_ gauge: Gauge, _ value: Double) { store(Int(gauge.slot), value.bitPattern) }

    /// Raises or lowers a gauge.
    @inline(__always) public func add(_ gauge: Gauge, _ difference: Double) {
        set(gauge, Double(bitPattern: load(Int(gauge.slot))) + difference)
    }

    /// Notes one observation.
    @inline(__always) public func observe(_ histogram: Histogram, _ value: UInt64) {
        let bucket = Int(histogram.slot) &+ Self.bucket(histogram, value)
        store(bucket, load(bucket) &+ 1)
        let sum = Int(histogram.slot) &+ Int(histogram.boundCount) &+ 1
        store(sum, load(sum) &+ value)
    }

    @inline(__always) private static func bucket(_ histogram: Histogram, _ value: UInt64) -> Int {
        var index = 0
        while index < histogram.boundCount, unsafe histogram.bounds[index] < value { index &+= 1 }
        return index
    }

    /// Notes one observation with the trace that it belongs to; the latest one is shown.
    public func observe(_ histogram: Histogram, _ value: UInt64, trace: (high: UInt64, low: UInt64), wall: UInt64) {
        observe(histogram, value)
        guard histogram.hasExemplars else { return }
        let slot = Int(histogram.slot) + Int(histogram.boundCount) + 2
        // Odd while it is being written: a reader that sees that, or a change, looks again or does without.
        let version = load(slot)
        unsafe words[slot].store(version &+ 1, ordering: .relaxed)
        atomicMemoryFence(ordering: .releasing)
        store(slot + 1, trace.high)
        store(slot + 2, trace.low)
        store(slot + 3, value)
        store(slot + 4, wall)
        unsafe words[slot].store(version &+ 2, ordering: .releasing)
    }

    /// The latest observation with a trace, if there is one and it is not being written just now.
    func exemplar(at slot: Int) -> Exemplar? {
        let before = unsafe words[slot].load(ordering: .acquiring)
        guard before > 0, before & 1 == 0 else { return nil }
        let exemplar = Exemplar(high: load(slot + 1), low: load(slot + 2), value: load(slot + 3), wall: load(slot + 4))
        atomicMemoryFence(ordering: .acquiring)
        return load(slot) == before ? exemplar : nil
    }
}

/// An observation with the trace that it belongs to.
struct Exemplar {
    let high: UInt64
    let low: UInt64
    let value: UInt64
    let wall: UInt64
}
