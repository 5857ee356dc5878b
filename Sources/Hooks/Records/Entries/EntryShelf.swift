public import Reactor

/// How many entries are kept, and for how long.
public struct EntryOptions: Sendable {
    /// How the journal is kept.
    public var journal = JournalOptions()
    /// Entries known at the same time, and an eighth more at most; beyond it the oldest are forgotten.
    public var entriesMax = 10_000
    /// How long an entry is kept.
    public var ageMax = Nanoseconds.seconds(30 * 24 * 3600)
    /// Whether entries that were dealt with stay listed until their time is over.
    public var keepsSettled = true
    /// What waits to be written may have so many bytes in memory; what comes beyond it is dropped and counted.
    public var pendingBytesMax = 8 << 20

    /// The usual bounds.
    public init() {}
}

/// An entry as it is known without looking at the disk.
public struct EntrySummary: Hashable, Sendable {
    /// Its number, which no other entry of the same journal ever has.
    public let id: UInt64
    /// When it was made, in seconds since 1970.
    public let seconds: Int64
    /// The hook that it is about.
    public let hook: String
    /// How many it stands for.
    public let count: Int
    /// What has become of it.
    public internal(set) var state = EntryState.open
    let place: Journal.Place
}

/// An entry with what it says.
public struct Entry: Sendable {
    /// What is known of it.
    public let summary: EntrySummary
    /// A JSON object.
    public let json: [UInt8]
}

/// How many entries there are.
public struct EntryCounts: Hashable, Sendable {
    /// By hook and state.
    public struct Key: Hashable, Sendable {
        /// The hook.
        public let hook: String
        /// The state.
        public let state: EntryState

        /// A hook's entries in a state.
        public init(hook: String, state: EntryState) {
            self.hook = hook
            self.state = state
        }
    }

    /// By hook and state; none that are zero.
    public var byHook: [Key: Int] = [:]
    /// When the oldest open entry was made, in seconds since 1970; nil: there is none.
    public var oldestOpenSeconds: Int64?
    /// What has been kept since the journal was opened, whatever has become of it since.
    public var kept = 0
    /// Entries that were lost because too much waited to be written, or the disk refused them.
    public var dropped = 0
    /// Bytes on the disk.
    public var bytes = 0

    /// How many there are in a state.
    public func count(_ state: EntryState) -> Int { byHook.reduce(0) { $0 + ($1.key.state == state ? $1.value : 0) } }
}

/// Which entries are wanted.
public struct EntryFilter: Hashable, Sendable {
    /// Those of this hook; nil: of any.
    public var hook: String?
    /// Those in this state; nil: in any.
    public var state: EntryState?
    /// Those with smaller numbers; nil: all. The last number of one page is this of the next.
    public var before: UInt64?
    /// So many at most.
    public var limit = 100

    /// The newest hundred.
    public init() {}

    func matches(_ entry: EntrySummary) -> Bool {
        (hook == nil || hook == entry.hook) && (state == nil || state == entry.state)
            && (before.map { entry.id < $0 } ?? true)
    }
}

/// Entries of a journal, on the thread that may wait for the disk.
final class EntryShelf {
    private let journal: Journal
    private let options: EntryOptions
    private let clock: any Clock
    /// By number, the oldest first.
    private var entries: [EntrySummary] = []
    private var tally: [EntryCounts.Key: Int] = [:]
    private var sincePruned = 0

    init(_ folder: String, _ options: EntryOptions, clock: any Clock) throws(JournalError) {
        self.options = options
        self.clock = clock
        var found: [EntrySummary] = []
        journal = try Journal(folder, options.journal) { number, place, payload in
            switch EntryRecord(payload) {
            case .entry(let seconds, let count, let hook, _):
                found.append(EntrySummary(id: number, seconds: seconds, hook: hook, count: count, place: place))
            case .mark(_, let entry, let state, _):
                if let index = Self.index(of: entry, in: found) { found[index].state = state }
            case nil: break
            }
        }
        entries = found
        for entry in found { count(entry, isThere: true) }
        try prune()
    }

    private func count(_ entry: EntrySummary, isThere: Bool) {
        let key = EntryCounts.Key(hook: entry.hook, state: entry.state)
        let number = (tally[key] ?? 0) + (isThere ? entry.count : -entry.count)
        tally[key] = number == 0 ? nil : number
    }

    var recovery: Journal.Recovery { journal.recovery }

    private var seconds: Int64 { clock.wall / 1_000_000_000 }

    /// Entries are in the order of their numbers.
    private static func index(of id: UInt64, in entries: [EntrySummary]) -> Int? {
        var (low, high) = (0, entries.count)
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].id < id { low = middle + 1 } else { high = middle }
        }
        return low < entries.count && entries[low].id == id ? low : nil
    }

    func add(hook: String, count: Int, _ json: [UInt8]) throws(JournalError) -> UInt64 {
        let record = EntryRecord.entry(seconds: seconds, count: count, hook: hook, json: json[...])
        let (number, place) = try journal.append(record.bytes)
        let entry = EntrySummary(id: number, seconds: seconds, hook: hook, count: count, place: place)
        entries.append(entry)
        self.count(entry, isThere: true)
        try pruneNowAndThen()
        return number
    }

    /// Forgets what is over after every so many additions: looking at all entries each time would cost more than adding.
    private func pruneNowAndThen() throws(JournalError) {
        sincePruned += 1
        if sincePruned >= max(16, entries.count / 8) || journal.bytes > options.journal.bytesMax { try prune() }
    }

    /// Notes what has become of an entry; false where there is none of that number.
    func mark(_ id: UInt64, _ state: EntryState, _ json: [UInt8]) throws(JournalError) -> Bool {
        guard let index = Self.index(of: id, in: entries) else { return false }
        try journal.append(EntryRecord.mark(seconds: seconds, entry: id, state, json: json[...]).bytes)
        count(entries[index], isThere: false)
        entries[index].state = state
        count(entries[index], isThere: true)
        if !options.keepsSettled { try pruneNowAndThen() }
        return true
    }

    func sync() throws(JournalError) { try journal.sync() }

    func close() { journal.close() }

    func entry(_ id: UInt64) throws(JournalError) -> Entry? {
        guard let index = Self.index(of: id, in: entries) else { return nil }
        return try read(entries[index])
    }

    /// The newest first.
    func list(_ filter: EntryFilter) throws(JournalError) -> [Entry] {
        var list: [Entry] = []
        for entry in entries.reversed() where filter.matches(entry) {
            guard list.count < filter.limit else { break }
            list.append(try read(entry))
        }
        return list
    }

    private func read(_ summary: EntrySummary) throws(JournalError) -> Entry {
        guard case .entry(_, _, _, let json) = EntryRecord(try journal.read(summary.place)[...]) else { throw .gone }
        return Entry(summary: summary, json: Array(json))
    }

    /// Forgets entries whose time is over or that are too many, and removes files in which nothing of use is left.
    func prune() throws(JournalError) {
        sincePruned = 0
        let oldest = seconds - options.ageMax.count / 1_000_000_000
        let surplus = entries.count - options.entriesMax
        var index = 0
        forget { entry in
            index += 1
            return index <= surplus || entry.seconds < oldest || !options.keepsSettled && entry.state != .open
        }
        let first = entries.first?.id ?? .max
        if let least = try journal.prune(isDone: { $0 < first }) { forget { $0.id < least } }
    }

    private func forget(_ isUseless: (EntrySummary) -> Bool) {
        let kept = entries.filter { entry in
            guard isUseless(entry) else { return true }
            count(entry, isThere: false)
            return false
        }
        if kept.count < entries.count { entries = kept }
    }

    var counts: EntryCounts {
        var counts = EntryCounts()
        counts.byHook = tally
        counts.oldestOpenSeconds = entries.first { $0.state == .open }?.seconds
        counts.bytes = journal.bytes
        return counts
    }

    /// Every entry that nobody has dealt with, the oldest first.
    func open() throws(JournalError) -> [Entry] {
        var open: [Entry] = []
        for entry in entries where entry.state == .open { open.append(try read(entry)) }
        return open
    }
}
