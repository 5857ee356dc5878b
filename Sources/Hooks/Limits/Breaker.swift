public import Policies
public import Reactor

/// Decides whether a hook is asked at all, by how it did of late.
///
///              too many failures, or slow calls
///     closed ─────────────────────────────────▶ open
///        ▲                                      │  ▲
///        │ every probe went well    time is over│  │ a probe failed, or too many were slow
///        └───────────────── halfOpen ◀──────────┘──┘
///
/// A call asks for a permit and brings it back with what came of it. What permits of an earlier state bring back counts
/// for nothing: it says how things were.
public struct Breaker: Sendable {
    /// Whether calls are made.
    public enum State: UInt8, BitwiseCopyable, Sendable, CaseIterable {
        /// Calls are made, and judged.
        case closed
        /// None is.
        case open
        /// A few are, one after the other, to see whether it is worth the while again.
        case halfOpen

        /// As metrics have it.
        public var name: String { self == .halfOpen ? "half_open" : "\(self)" }
    }

    /// What people have decided.
    public enum Control: UInt8, BitwiseCopyable, Sendable, CaseIterable {
        /// Nothing: the breaker judges.
        case auto
        /// No call is made.
        case forcedOpen
        /// Every call is made.
        case forcedClosed

        /// As people write it.
        public var name: String {
            switch self {
            case .auto: "auto"
            case .forcedOpen: "forced-open"
            case .forcedClosed: "forced-closed"
            }
        }
    }

    /// The right to make one call.
    public struct Permit: BitwiseCopyable, Sendable {
        fileprivate let epoch: UInt32
    }

    /// The calls of a tenth of the window.
    private struct Bucket: BitwiseCopyable {
        var tick: UInt64 = .max
        var calls = 0
        var failures = 0
        var slow = 0
    }

    private static let bucketCount = 10

    /// When it opens, and how it closes again.
    public private(set) var settings: BreakerSettings
    /// What people have decided.
    public private(set) var control = Control.auto
    /// When it became open, and from when on it may be probed; of no meaning while it is closed.
    public private(set) var openedAt = Instant(nanoseconds: 0)
    /// From when on it may be probed.
    public private(set) var probesFrom = Instant(nanoseconds: 0)
    /// How often each state was entered.
    public private(set) var entries = InlineArray<3, UInt64>(repeating: 0)
    /// How often it has opened since it last closed.
    public private(set) var openings = 0

    private var current = State.closed
    /// Counts states entered: a permit is good for one of them.
    private var epoch: UInt32 = 0
    private var buckets = InlineArray<10, Bucket>(repeating: Bucket())
    private var probesGiven = 0
    private var probesDone = 0
    private var probesSlow = 0
    private var jitter: Jitter

    /// A closed breaker; the seed is for the length of the times that it stays open.
    public init(_ settings: BreakerSettings, seed: UInt64) {
        self.settings = settings
        jitter = Jitter(seed: seed)
    }

    /// Whether calls are made: what people have decided goes before what was judged.
    public var state: State {
        switch control {
        case .auto: current
        case .forcedOpen: .open
        case .forcedClosed: .closed
        }
    }

    /// The right to make a call; nil where none is to be made.
    public mutating func permit(at now: Instant) -> Permit? {
        switch control {
        case .forcedOpen: return nil
        case .forcedClosed: return Permit(epoch: epoch)
        case .auto: break
        }
        if current == .open, now >= probesFrom { enter(.halfOpen) }
        switch current {
        case .closed: return Permit(epoch: epoch)
        case .open: return nil
        case .halfOpen:
            guard mayProbe else { return nil }
            probesGiven += 1
            return Permit(epoch: epoch)
        }
    }

    /// Whether a call would be refused now.
    public func refuses(at now: Instant) -> Bool {
        switch control {
        case .forcedOpen: true
        case .forcedClosed: false
        case .auto:
            current == .open && now < probesFrom || current == .halfOpen && !mayProbe
        }
    }

    /// One after the other: where the first shows that nothing has changed, no other request is made to wait for that.
    private var mayProbe: Bool { probesGiven == probesDone && probesGiven < settings.halfOpenCalls }

    /// Whether a permit is still good for a call: the breaker has not changed its state since.
    public func holds(_ permit: Permit) -> Bool { permit.epoch == epoch && control != .forcedOpen }

    /// A call is over.
    public mutating func record(_ permit: Permit, hasFailed: Bool, took: Nanoseconds, at now: Instant) {
        guard permit.epoch == epoch, control == .auto else { return }
        let isSlow = settings.slowCall.map { took > $0 } ?? false
        switch current {
        case .closed: judge(hasFailed, isSlow, now)
        case .halfOpen: judgeProbe(hasFailed, isSlow, now)
        case .open: break
        }
    }

    /// A call was given up before it could show anything about the hook.
    public mutating func giveBack(_ permit: Permit) {
        if permit.epoch == epoch, current == .halfOpen { probesGiven -= 1 }
    }

    /// People decide. With `auto` the breaker begins anew, closed.
    public mutating func set(_ control: Control) {
        guard control != self.control else { return }
        let before = state
        self.control = control
        openings = 0
        enter(.closed, isCounted: false)
        if state != before { entries[Int(state.rawValue)] &+= 1 }
    }

    /// Other settings; where they differ it begins anew.
    public mutating func adopt(_ settings: BreakerSettings) {
        guard settings != self.settings else { return }
        self.settings = settings
        openings = 0
        let staysAsItIs = state == .closed || control != .auto
        enter(.closed, isCounted: !staysAsItIs)
    }
}

// MARK: judging

extension Breaker {
    private mutating func judge(_ hasFailed: Bool, _ isSlow: Bool, _ now: Instant) {
        let tick = tick(of: now)
        let index = Int(tick % UInt64(Self.bucketCount))
        if buckets[index].tick != tick { buckets[index] = Bucket(tick: tick) }
        buckets[index].calls += 1
        if hasFailed { buckets[index].failures += 1 }
        if isSlow { buckets[index].slow += 1 }
        guard hasFailed || isSlow else { return }
        let seen = total(at: tick)
        guard seen.calls >= settings.minimumCalls else { return }
        let failed = Double(seen.failures) >= settings.failureRate * Double(seen.calls) && seen.failures > 0
        let dragged = Double(seen.slow) >= settings.slowRate * Double(seen.calls) && seen.slow > 0
        if failed || dragged { open(at: now) }
    }

    private mutating func judgeProbe(_ hasFailed: Bool, _ isSlow: Bool, _ now: Instant) {
        if hasFailed { return open(at: now) }
        probesDone += 1
        if isSlow { probesSlow += 1 }
        guard probesDone >= settings.halfOpenCalls else { return }
        if probesSlow > 0, Double(probesSlow) >= settings.slowRate * Double(probesDone) { return open(at: now) }
        openings = 0
        enter(.closed)
    }

    private mutating func open(at now: Instant) {
        openings += 1
        openedAt = now
        probesFrom = now + openTime()
        enter(.open)
    }

    /// Twice as long each time, four fifths to six fifths of that by chance, so that replicas do not probe together.
    private mutating func openTime() -> Nanoseconds {
        var time = settings.openFor
        for _ in 1..<max(openings, 1) where time < settings.openForMax { time = time * 2 }
        time = min(time, settings.openForMax)
        return Jitter.scaled(time, by: 0.8 + 0.4 * jitter.fraction())
    }

    private mutating func enter(_ state: State, isCounted: Bool = true) {
        current = state
        epoch &+= 1
        if isCounted { entries[Int(state.rawValue)] &+= 1 }
        (probesGiven, probesDone, probesSlow) = (0, 0, 0)
        if state == .closed { buckets = InlineArray(repeating: Bucket()) }
    }

    private func tick(of now: Instant) -> UInt64 {
        now.nanoseconds / UInt64(max(settings.window.count / Int64(Self.bucketCount), 1))
    }

    private func total(at tick: UInt64) -> Bucket {
        var total = Bucket(tick: tick)
        for index in buckets.indices {
            let bucket = buckets[index]
            guard bucket.tick <= tick, tick - bucket.tick < UInt64(Self.bucketCount) else { continue }
            total.calls += bucket.calls
            total.failures += bucket.failures
            total.slow += bucket.slow
        }
        return total
    }
}
