public import Policies
public import Reactor

/// The verdicts of one hook by key, and the calls that are on their way to become verdicts: of several who want the same
/// at the same time one asks, and the others are told (single flight). Shared by all loops.
///
/// Failures are never kept. What has not been wanted for the longest time makes room.
public final class VerdictCache: Sendable {
    /// Somebody who waits for another's call.
    public final class Follower: Sendable {
        /// Tells what came of it, on whichever thread that was; false where nobody can be told.
        let tell: @Sendable (FlightEnd) -> Bool

        /// Somebody who is to be told so.
        public init(tell: @escaping @Sendable (FlightEnd) -> Bool) { self.tell = tell }
    }

    /// How a call that others wait for ended.
    public enum FlightEnd: Sendable {
        /// With a verdict.
        case verdict(HookResult)
        /// Without one.
        case failure(HookFailure)
        /// Whoever made it had no more time: the one who is told this makes it now.
        case takeOver
    }

    /// What there is for a key.
    public enum Found: Sendable {
        /// A verdict that is as good as new.
        case verdict(HookResult)
        /// Nothing: the call is to be made, and its end told to `land`.
        case lead
        /// Another makes the call; the follower will be told.
        case follow
    }

    fileprivate struct Entry {
        let key: [UInt8]
        let result: HookResult
        let stored: Instant
        let bytes: Int
        /// Neighbours by use: `newer` was wanted after this one.
        var newer = -1
        var older = -1
    }

    fileprivate struct Table {
        var settings: CacheSettings
        var entries: [Entry?] = []
        var free: [Int] = []
        var places: [[UInt8]: Int] = [:]
        var newest = -1
        var oldest = -1
        var bytes = 0
        var flights: [[UInt8]: [Follower]] = [:]
    }

    private let table: Guarded<Table>

    /// An empty cache.
    public init(_ settings: CacheSettings) { table = Guarded(Table(settings: settings)) }

    /// Whether keys are the values of that expression.
    func isFor(_ key: String) -> Bool { table.withLock { $0.settings.key == key } }

    /// How many verdicts there are, with how many bytes, and how many calls are on their way.
    public var load: (entries: Int, bytes: Int, flights: Int) {
        table.withLock { ($0.places.count, $0.bytes, $0.flights.count) }
    }

    /// Looks a key up; where another makes the call already, `follower` waits for it.
    public func find(_ key: [UInt8], at now: Instant, _ follower: @autoclosure () -> Follower) -> (Found, Follower?) {
        table.withLock { table in
            if let result = table.fresh(key, now) { return (.verdict(result), nil) }
            guard table.flights[key] != nil else {
                table.flights[key] = []
                return (.lead, nil)
            }
            let follower = follower()
            table.flights[key]?.append(follower)
            return (.follow, follower)
        }
    }

    /// The verdict for a key that is as good as new; nil without one.
    public func fresh(_ key: [UInt8], at now: Instant) -> HookResult? { table.withLock { $0.fresh(key, now) } }

    /// The last verdict for a key, if it is not too old to count where there is no other.
    public func stale(_ key: [UInt8], at now: Instant) -> HookResult? {
        table.withLock { $0.entry(key, atMost: $0.settings.staleFor, now) }
    }

    /// Ends the call that `find` let its caller make, and tells those who wait for it.
    public func land(_ key: [UInt8], _ end: FlightEnd, at now: Instant) {
        if case .takeOver = end { return passOn(key) }
        let followers = table.withLock { table in
            if case .verdict(let result) = end { table.store(key, result, now) }
            return table.flights.removeValue(forKey: key) ?? []
        }
        for follower in followers { _ = follower.tell(end) }
    }

    /// Stops waiting for another's call.
    public func giveUp(_ key: [UInt8], _ follower: Follower) {
        table.withLock { table in
            guard let index = table.flights[key]?.firstIndex(where: { $0 === follower }) else { return }
            table.flights[key]?.remove(at: index)
        }
    }

    /// Other bounds; verdicts are kept.
    public func adopt(_ settings: CacheSettings) {
        table.withLock { table in
            table.settings = settings
            table.shrink()
        }
    }

    private func passOn(_ key: [UInt8]) {
        while true {
            let next: Follower? = table.withLock { table in
                guard var followers = table.flights[key] else { return nil }
                guard !followers.isEmpty else {
                    table.flights[key] = nil
                    return nil
                }
                let next = followers.removeFirst()
                table.flights[key] = followers
                return next
            }
            guard let next else { return }
            if next.tell(.takeOver) { return }
        }
    }
}

extension VerdictCache.Table {
    mutating func fresh(_ key: [UInt8], _ now: Instant) -> HookResult? {
        entry(key, atMost: settings.timeToLive, now)
    }

    mutating func entry(_ key: [UInt8], atMost age: Nanoseconds, _ now: Instant) -> HookResult? {
        guard let place = places[key], let entry = entries[place] else { return nil }
        let actual = now - entry.stored
        if actual > max(settings.timeToLive, settings.staleFor) {
            remove(place)
            return nil
        }
        guard actual <= age else { return nil }
        unlink(place)
        link(place)
        return entry.result
    }

    mutating func store(_ key: [UInt8], _ result: HookResult, _ now: Instant) {
        if let place = places[key] { remove(place) }
        let size = key.count + result.bytes
        guard size <= settings.bytesMax, settings.entriesMax > 0 else { return }
        let entry = VerdictCache.Entry(key: key, result: result, stored: now, bytes: size)
        let place = free.popLast() ?? entries.count
        if place == entries.count { entries.append(entry) } else { entries[place] = entry }
        places[key] = place
        bytes += size
        link(place)
        shrink()
    }

    mutating func shrink() {
        while oldest >= 0, places.count > settings.entriesMax || bytes > settings.bytesMax { remove(oldest) }
    }

    private mutating func remove(_ place: Int) {
        guard let entry = entries[place] else { return }
        unlink(place)
        places[entry.key] = nil
        bytes -= entry.bytes
        entries[place] = nil
        free.append(place)
    }

    private mutating func link(_ place: Int) {
        entries[place]?.older = newest
        entries[place]?.newer = -1
        if newest >= 0 { entries[newest]?.newer = place }
        newest = place
        if oldest < 0 { oldest = place }
    }

    private mutating func unlink(_ place: Int) {
        guard let entry = entries[place] else { return }
        if entry.newer >= 0 { entries[entry.newer]?.older = entry.older } else { newest = entry.older }
        if entry.older >= 0 { entries[entry.older]?.newer = entry.newer } else { oldest = entry.newer }
    }
}

extension HookResult {
    /// What it takes in memory, roughly.
    var bytes: Int {
        let texts = message.utf8.count + reason.utf8.count + warnings.reduce(0) { $0 + $1.utf8.count + 16 }
        let annotations = auditAnnotations.reduce(0) { $0 + $1.key.utf8.count + $1.value.utf8.count + 32 }
        return 256 + texts + annotations + (patch?.count ?? 0)
    }
}
