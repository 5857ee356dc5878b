/// Timers by the thousand: arming, cancelling and finding the next are O(1), and nothing is allocated once the table of
/// entries has grown to the most that were ever armed at once.
///
/// Time is cut into ticks of 2^20 ns (1.05 ms). An entry's tick is its deadline rounded up, so that nothing fires early.
/// Level 0 has a slot for each of the 64 ticks that share all higher bits with the current tick; level n has slots 64
/// times as long as those of level n - 1. An entry lives at the level of the highest bit in which its tick differs from
/// the current one. So every occupied slot lies ahead, the lowest occupied level holds the next, and a slot that is
/// reached is spread over the levels below:
///
///      tick    ┌── level 7 ──┬─ … ─┬─ level 1 ─┬─ level 0 ─┐
///              │   6 bits    │     │  6 bits   │  6 bits   │
public struct TimerWheel {
    private static let tickBits: UInt64 = 20
    private static let slotBits = 6
    private static let slotsPerLevel = 64
    /// 8 levels of 6 bits hold the 44 bits that a 64-bit instant has ticks.
    private static let levels = 8
    /// The list of those whose tick had come already when they were armed.
    private static let dueList = levels * slotsPerLevel
    private static let none: Int32 = -1

    /// The list's number of an entry that is in none.
    private static let unlisted = UInt16.max

    private struct Entry {
        var tick: UInt64
        var deadline: Instant
        var sequence: UInt64
        var next: Int32
        var previous: Int32
        var generation: UInt32
        var list: UInt16
    }

    private var entries: [Entry] = []
    private var firstFree = TimerWheel.none
    private var heads = [Int32](repeating: TimerWheel.none, count: TimerWheel.dueList + 1)
    private var occupied = [UInt64](repeating: 0, count: TimerWheel.levels)
    private var current: UInt64
    private var sequence: UInt64 = 0
    /// Entries that fired but were not yet taken, the next one last.
    private var fired: [Int32] = []

    /// How many are armed.
    public private(set) var count = 0

    /// An empty wheel at `now`.
    public init(now: Instant) { current = now.nanoseconds >> TimerWheel.tickBits }

    private static func tick(of deadline: Instant) -> UInt64 {
        let whole = deadline.nanoseconds >> tickBits
        return deadline.nanoseconds & ((1 << tickBits) - 1) == 0 ? whole : whole + 1
    }

    /// Arms a timer; it will be taken at the first `takeExpired` whose `now` is at `deadline` or up to a tick later.
    public mutating func arm(at deadline: Instant) -> Timer {
        let index = allocate()
        let position = Int(index)
        entries[position].deadline = deadline
        entries[position].tick = Self.tick(of: deadline)
        entries[position].sequence = sequence
        sequence &+= 1
        count += 1
        place(index)
        return Timer(index: UInt32(bitPattern: index), generation: entries[position].generation)
    }

    /// Disarms a timer; false where it fired or was cancelled before.
    @discardableResult
    public mutating func cancel(_ timer: Timer) -> Bool {
        guard isArmed(timer) else { return false }
        let index = Int32(bitPattern: timer.index)
        if entries[Int(index)].list == Self.unlisted {
            fired.removeAll { $0 == index }
        } else {
            unlink(index)
        }
        free(index)
        return true
    }

    /// True until the timer fires or is cancelled.
    public func isArmed(_ timer: Timer) -> Bool {
        let index = Int(timer.index)
        // A free entry's generation is even.
        return index < entries.count && entries[index].generation == timer.generation
    }

    /// An instant at which `takeExpired` has something to do: at or before the next timer's; nil without timers.
    public var nextDeadline: Instant? {
        if !fired.isEmpty || heads[Self.dueList] != Self.none { return Instant(nanoseconds: 0) }
        guard let slot = nextSlot else { return nil }
        return Instant(nanoseconds: slot.tick << Self.tickBits)
    }

    /// Takes the earliest timer that has expired by `now` (of equal deadlines the one armed first); nil when none has.
    public mutating func takeExpired(now: Instant) -> Timer? {
        if fired.isEmpty { expire(through: now.nanoseconds >> Self.tickBits) }
        guard let index = fired.popLast() else { return nil }
        let timer = Timer(index: UInt32(bitPattern: index), generation: entries[Int(index)].generation)
        free(index)
        return timer
    }

    /// Moves on to `tick`, stopping at the first slot that has something to fire.
    private mutating func expire(through tick: UInt64) {
        takeList(Self.dueList)
        while fired.isEmpty, let slot = nextSlot, slot.tick <= tick {
            current = slot.tick
            occupied[slot.level] &= ~(1 << UInt64(slot.index))
            let list = slot.level * Self.slotsPerLevel + slot.index
            if slot.level == 0 { takeList(list) } else { spread(list) }
            takeList(Self.dueList)
        }
        if fired.isEmpty { current = max(current, tick) }
        // The next one last; entries of one tick differ in their deadlines below a tick.
        if fired.count > 1 { sortFired() }
    }

    private mutating func sortFired() {
        let entries = self.entries
        fired.sort { one, other in
            let (first, second) = (entries[Int(one)], entries[Int(other)])
            return (second.deadline, second.sequence) < (first.deadline, first.sequence)
        }
    }

    /// The occupied slot that comes next.
    private var nextSlot: (level: Int, index: Int, tick: UInt64)? {
        for level in 0..<Self.levels where occupied[level] != 0 {
            let index = occupied[level].trailingZeroBitCount
            let shift = UInt64(level * Self.slotBits)
            let above = shift + UInt64(Self.slotBits)
            return (level, index, (current >> above) << above | UInt64(index) << shift)
        }
        return nil
    }

    /// Puts an entry where its tick belongs, seen from the current tick.
    private mutating func place(_ index: Int32) {
        let tick = entries[Int(index)].tick
        guard tick > current else { return link(index, Self.dueList) }
        let highestBit = 63 - (tick ^ current).leadingZeroBitCount
        let level = highestBit / Self.slotBits
        let slot = Int(tick >> UInt64(level * Self.slotBits)) & (Self.slotsPerLevel - 1)
        occupied[level] |= 1 << UInt64(slot)
        link(index, level * Self.slotsPerLevel + slot)
    }

    private mutating func spread(_ list: Int) {
        var index = heads[list]
        heads[list] = Self.none
        while index != Self.none {
            let next = entries[Int(index)].next
            place(index)
            index = next
        }
    }

    private mutating func takeList(_ list: Int) {
        var index = heads[list]
        heads[list] = Self.none
        while index != Self.none {
            fired.append(index)
            entries[Int(index)].list = Self.unlisted
            index = entries[Int(index)].next
        }
    }

    private mutating func link(_ index: Int32, _ list: Int) {
        let first = heads[list]
        entries[Int(index)].next = first
        entries[Int(index)].previous = Self.none
        entries[Int(index)].list = UInt16(list)
        if first != Self.none { entries[Int(first)].previous = index }
        heads[list] = index
    }

    private mutating func unlink(_ index: Int32) {
        let entry = entries[Int(index)]
        let list = Int(entry.list)
        if entry.next != Self.none { entries[Int(entry.next)].previous = entry.previous }
        if entry.previous != Self.none {
            entries[Int(entry.previous)].next = entry.next
        } else {
            heads[list] = entry.next
        }
        if heads[list] == Self.none, list < Self.dueList {
            occupied[list / Self.slotsPerLevel] &= ~(1 << UInt64(list % Self.slotsPerLevel))
        }
    }

    private mutating func allocate() -> Int32 {
        if firstFree != Self.none {
            let index = firstFree
            firstFree = entries[Int(index)].next
            entries[Int(index)].generation &+= 1
            return index
        }
        let empty = Entry(
            tick: 0, deadline: .never, sequence: 0, next: Self.none, previous: Self.none, generation: 1,
            list: Self.unlisted)
        entries.append(empty)
        return Int32(entries.count - 1)
    }

    private mutating func free(_ index: Int32) {
        entries[Int(index)].generation &+= 1
        entries[Int(index)].next = firstFree
        firstFree = index
        count -= 1
    }
}

/// An armed timer's name; it stays unique when the entry is used again.
public struct Timer: Hashable, Sendable, BitwiseCopyable {
    let index: UInt32
    let generation: UInt32
}
