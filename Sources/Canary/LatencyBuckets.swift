/// How many observations were at most how long, as a histogram of Prometheus counts them.
public struct LatencyBuckets: Sendable, Equatable {
    /// The bounds, the last of which is infinite, each with the observations up to it.
    private(set) var counts: [(bound: Double, count: Double)] = []

    /// Nothing was observed.
    public init() {}

    /// The buckets of a histogram of that name, all series together; nil where they are no histogram.
    public init?(_ name: String, _ text: MetricsText) {
        var counts: [Double: Double] = [:]
        for sample in text.samples("\(name)_bucket") {
            guard let le = sample.labels["le"], let bound = le == "+Inf" ? .infinity : Double(le) else { return nil }
            counts[bound, default: 0] += sample.value
        }
        self.counts = counts.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        guard let last = self.counts.last, last.bound == .infinity, last.count == text.sum("\(name)_count") else {
            return nil
        }
        for (one, next) in zip(self.counts, self.counts.dropFirst()) where one.count > next.count { return nil }
    }

    /// How many observations there are.
    public var total: Double { counts.last?.count ?? 0 }

    /// What was observed since an earlier look; everything where the histogram began anew in between.
    public func since(_ earlier: LatencyBuckets) -> LatencyBuckets {
        guard earlier.counts.map(\.bound) == counts.map(\.bound),
            zip(counts, earlier.counts).allSatisfy({ $0.count >= $1.count })
        else { return self }
        var result = self
        for index in counts.indices { result.counts[index].count -= earlier.counts[index].count }
        return result
    }

    /// Adds what others have observed; false where their bounds are others.
    public mutating func add(_ other: LatencyBuckets) -> Bool {
        if counts.isEmpty {
            counts = other.counts
        } else if !other.counts.isEmpty {
            guard other.counts.map(\.bound) == counts.map(\.bound) else { return false }
            for index in counts.indices { counts[index].count += other.counts[index].count }
        }
        return true
    }

    /// The value that a share of the observations does not exceed, as `histogram_quantile` has it: within a bucket the
    /// observations are taken to lie evenly, and those beyond the last bound at that bound. Nil without observations.
    public func quantile(_ share: Double) -> Double? {
        guard counts.count >= 2, total > 0 else { return nil }
        let rank = share * total
        let place = counts.dropLast().firstIndex { $0.count >= rank }
        guard let place else { return counts[counts.count - 2].bound }
        let (end, count) = counts[place]
        if place == 0, end <= 0 { return end }
        let (start, before) = place == 0 ? (0, 0) : counts[place - 1]
        return start + (end - start) * ((rank - before) / (count - before))
    }

    /// Whether both have counted the same.
    public static func == (one: LatencyBuckets, other: LatencyBuckets) -> Bool {
        one.counts.elementsEqual(other.counts) { $0.bound == $1.bound && $0.count == $1.count }
    }
}
