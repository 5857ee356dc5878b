public import HTTP
import Synchronization

/// Every metric there is, and the shards that hold their values.
///
/// Families and series are registered up front, on any thread; measuring then goes to a shard by number and never waits.
/// Everything is bounded: a family has so many series, all families together so many slots, and what has no room of its
/// own is counted under `other`. The registry must outlive its shards.
@safe public final class MetricRegistry: Sendable {
    struct State {
        var families: [MetricFamily] = []
        var shards: [MetricShard] = []
        var collectors: [@Sendable (inout SampleWriter) -> Void] = []
        var slotCount = 0
        var bounds: [UnsafeBounds] = []
    }

    /// Bounds that histograms point at.
    @safe struct UnsafeBounds: @unchecked Sendable {
        let base: UnsafeMutablePointer<UInt64>
    }

    private let slotsMax: Int
    private let state = Mutex(State())

    /// A registry with room for so many words in each shard. Memory is taken for those that are used: a thousand hooks
    /// use 37,000.
    public init(slotsMax: Int = 1 << 17) { self.slotsMax = slotsMax }

    deinit {
        state.withLock { state in
            for shard in state.shards { shard.release() }
            for bounds in state.bounds { unsafe bounds.base.deallocate() }
        }
    }

    /// A new shard, for one thread.
    public func makeShard() -> MetricShard {
        let shard = MetricShard(slots: slotsMax)
        state.withLock { $0.shards.append(shard) }
        return shard
    }

    /// A family of counters. The name goes without `_total`, which is added where it is shown.
    public func counters(
        _ name: String, _ help: String, labels: [String] = [], seriesMax: Int = 200
    ) -> MetricSet<Counter> {
        let family = MetricFamily(
            name: name, help: help, kind: .counter, labels: labels, seriesMax: seriesMax, width: 1)
        return MetricSet(registry: self, family: add(family)) { Counter(slot: $0) }
    }

    /// A family of gauges.
    public func gauges(
        _ name: String, _ help: String, labels: [String] = [], seriesMax: Int = 200
    ) -> MetricSet<Gauge> {
        let family = MetricFamily(name: name, help: help, kind: .gauge, labels: labels, seriesMax: seriesMax, width: 1)
        return MetricSet(registry: self, family: add(family)) { Gauge(slot: $0) }
    }

    /// A family of facts, told by their labels; each is set to 1. The name goes without `_info`.
    public func infos(_ name: String, _ help: String, labels: [String], seriesMax: Int = 20) -> MetricSet<Gauge> {
        let family = MetricFamily(name: name, help: help, kind: .info, labels: labels, seriesMax: seriesMax, width: 1)
        return MetricSet(registry: self, family: add(family)) { Gauge(slot: $0) }
    }

    /// A family of histograms over buckets with these upper bounds, of which `scale` make one of the unit in the name.
    public func histograms(
        _ name: String, _ help: String, labels: [String] = [], bounds: [UInt64] = HistogramBounds.latency,
        scale: Double = 1e9, hasExemplars: Bool = false, seriesMax: Int = 200
    ) -> MetricSet<Histogram> {
        precondition(!bounds.isEmpty && zip(bounds, bounds.dropFirst()).allSatisfy { $0 < $1 }, "bounds must rise")
        var family = MetricFamily(
            name: name, help: help, kind: .histogram, labels: labels, seriesMax: seriesMax,
            width: bounds.count + 2 + (hasExemplars ? 5 : 0))
        family.bounds = bounds
        family.scale = scale
        family.hasExemplars = hasExemplars
        let kept = unsafe UnsafeBounds(base: .allocate(capacity: bounds.count))
        unsafe kept.base.initialize(from: bounds, count: bounds.count)
        state.withLock { $0.bounds.append(kept) }
        let count = UInt32(bounds.count)
        return MetricSet(registry: self, family: add(family)) { slot in
            unsafe Histogram(slot: slot, boundCount: count, hasExemplars: hasExemplars, bounds: kept.base)
        }
    }

    /// Has `collect` write samples whenever somebody scrapes: for what is looked up, not counted.
    public func collect(_ collect: @escaping @Sendable (inout SampleWriter) -> Void) {
        state.withLock { $0.collectors.append(collect) }
    }

    private func add(_ family: MetricFamily) -> Int {
        precondition(MetricName.isValid(family.name), "\(family.name) is no name for a metric")
        precondition(family.labels.allSatisfy(MetricName.isValidLabel), "\(family.name): a label's name is not valid")
        return state.withLock { state in
            precondition(!state.families.contains { $0.name == family.name }, "\(family.name) is there already")
            state.families.append(family)
            return state.families.count - 1
        }
    }

    /// Adds what a scrape shows, in this format.
    public func scrape(_ format: ExpositionFormat, into buffer: inout ByteBuffer) {
        state.withLock { state in
            var page = ByteBuffer()
            swap(&page, &buffer)
            var writer = SampleWriter(format: format, into: page)
            for index in state.families.indices { writer.write(state.families[index], state.shards) }
            for collect in state.collectors { collect(&writer) }
            buffer = writer.finish()
        }
    }
}

extension MetricRegistry {
    /// The slots of a series, which is made if there is room; otherwise those of `other`, and nil where there is no room
    /// even for that.
    func slot(family: Int, values: [String]) -> Int? {
        state.withLock { state in
            precondition(values.count == state.families[family].labels.count, "a value for each label")
            if let slot = state.families[family].known(values) { return slot }
            // One place is kept for what has none of its own.
            let isFull = state.families[family].seriesCount >= state.families[family].seriesMax
            if !isFull, let slot = make(&state, family, values) { return slot }
            let overflow = state.families[family].overflow
            return state.families[family].known(overflow) ?? make(&state, family, overflow)
        }
    }

    private func make(_ state: inout State, _ family: Int, _ values: [String]) -> Int? {
        let width = state.families[family].width
        if let slot = state.families[family].reuse(for: values) {
            for shard in state.shards {
                for word in slot..<slot + width { shard.store(word, 0) }
            }
            return slot
        }
        let slot = state.slotCount
        guard slot + width <= slotsMax else { return nil }
        state.slotCount += width
        state.families[family].add(values, slot: slot)
        return slot
    }

    /// The series is no longer shown, and nobody writes it any more; its slots may be given to another of its family.
    func retire(family: Int, values: [String]) {
        state.withLock { $0.families[family].retire(values) }
    }
}

/// The series of one family, by their label values.
public struct MetricSet<Metric: Sendable>: Sendable {
    private let registry: MetricRegistry
    private let family: Int
    private let make: @Sendable (UInt32) -> Metric

    init(registry: MetricRegistry, family: Int, make: @escaping @Sendable (UInt32) -> Metric) {
        self.registry = registry
        self.family = family
        self.make = make
    }

    /// The series of those values, one for each label, made if need be; when the family is full, that of `other`.
    ///
    /// Takes a lock: call it up front and keep what it gives. Nil only when the whole registry is full.
    public func series(_ values: String...) -> Metric? { series(values) }

    /// The series of those values, one for each label, made if need be; when the family is full, that of `other`.
    public func series(_ values: [String]) -> Metric? {
        registry.slot(family: family, values: values).map { make(UInt32($0)) }
    }

    /// Stops showing a series whose subject is gone. Nobody may write it any more.
    public func retire(_ values: String...) { registry.retire(family: family, values: values) }
}

/// Sets of upper bounds.
public enum HistogramBounds {
    /// From 50 µs to 30 s, in nanoseconds: an admission answered from memory up to the longest a webhook may take.
    public static let latency: [UInt64] = [
        50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000, 5_000_000, 10_000_000, 25_000_000, 50_000_000,
        100_000_000, 250_000_000, 500_000_000, 1_000_000_000, 2_500_000_000, 5_000_000_000, 10_000_000_000,
        30_000_000_000,
    ]
    /// From 1 KiB to 16 MiB, in bytes.
    public static let bytes: [UInt64] = (10...24).map { 1 << $0 }
}
