/// What happened at one replica while it was looked at again and again.
public struct ReplicaWatch: Sendable {
    /// Where it is.
    public let name: String
    /// What was counted since the first look.
    public private(set) var counts: [ReplicaReading.Count: Double] = [:]
    /// The durations of the reviews since then.
    public private(set) var durations = LatencyBuckets()
    /// The last look.
    public private(set) var last: ReplicaReading?
    /// Why it could not be read, the first time that it could not.
    public private(set) var problem: String?
    /// Whether its process is another one than it was.
    public private(set) var hasRestarted = false

    /// Nothing was seen yet.
    public init(_ name: String) { self.name = name }

    /// Takes a look. A counter that is less than it was has begun anew, and tells what happened since then.
    public mutating func take(_ reading: ReplicaReading) {
        defer { last = reading }
        guard let last else { return }
        let isAnother = reading.started != last.started
        if isAnother { hasRestarted = true }
        for (count, value) in reading.counts {
            let before = isAnother ? 0 : last.counts[count] ?? 0
            counts[count, default: 0] += value < before ? value : value - before
        }
        let since = isAnother ? reading.durations : reading.durations.since(last.durations)
        if !durations.add(since) { fail("the bounds of its histogram have changed") }
    }

    /// Notes that it could not be read.
    public mutating func fail(_ problem: String) { self.problem = self.problem ?? problem }
}
