internal import Admission
internal import JSON
internal import Policies
public import Reactor

/// Hooks that are to run after an answer, kept on disk until they did: at least once each, across a restart too.
///
/// A task that this process took in is carried out with the whole review. On disk it is without its secrets, as everything that
/// is written here: a task that a restart interrupted is therefore carried out with the redacted review.
///
/// Nothing is waited for: a task is on disk within milliseconds, so the end of the process may cost those of its last moment.
public final class AfterJournal: Sendable {
    /// What an earlier life did not finish, the oldest first, and the numbers under which it is to be finished.
    public let unfinished: [(number: UInt64, task: AfterTask)]
    private let log: EntryLog
    private let state: Guarded<AfterTaskTable>
    private let tasksMax: Int
    private let bytesMax: Int

    /// Opens the tasks in `folder`; there may be so many at the same time.
    public init(
        _ folder: String, tasksMax: Int = 16_384, bytesMax: Int = 32 << 20, journal: JournalOptions = JournalOptions(),
        clock: any Clock
    ) throws(JournalError) {
        var options = EntryOptions()
        options.journal = journal
        options.entriesMax = tasksMax
        options.keepsSettled = false
        options.pendingBytesMax = bytesMax
        self.tasksMax = tasksMax
        self.bytesMax = bytesMax
        log = try EntryLog(folder, options, clock: clock, readsUnsettled: true)
        var table = AfterTaskTable()
        var unfinished: [(number: UInt64, task: AfterTask)] = []
        for entry in log.unsettled {
            let id = entry.summary.id
            if let task = try? AfterTask(entry) {
                unfinished.append((table.add(task.byteCount, .kept(id)), task))
            } else {
                // What cannot be read can never be done.
                log.mark(id, .resolved)
            }
        }
        self.unfinished = unfinished
        state = Guarded(table)
    }

    /// Tasks that are not finished.
    public var count: Int { state.withLock { $0.items.count } }

    /// How many tasks the disk was too slow for: they are carried out, but not if the process ends before.
    public var droppedCount: Int { log.counts.dropped }

    /// Keeps a task and gives its number; nil where there is no room.
    public func begin(_ task: AfterTask) -> UInt64? {
        let bytes = task.byteCount
        let number = state.withLock { table -> UInt64? in
            let hasRoom = table.bytes + bytes <= bytesMax || table.items.isEmpty
            return hasRoom && table.items.count < tasksMax ? table.add(bytes, .onItsWay) : nil
        }
        guard let number else { return nil }
        let isTaken = log.add(hook: task.hook, bytes: bytes, { task.json }) { [self] result in
            settle(number, try? result.get())
        }
        if !isTaken { settle(number, nil) }
        return number
    }

    /// The task is on disk, as the entry of that number, or will not be: then it is in memory only.
    private func settle(_ number: UInt64, _ entry: UInt64?) {
        let isFinished = state.withLock { $0.settle(number, entry) }
        if isFinished, let entry { log.mark(entry, .resolved) }
    }

    /// The task needs to be kept no longer.
    public func finish(_ number: UInt64) {
        if let entry = state.withLock({ $0.finish(number) }) { log.mark(entry, .resolved) }
    }

    /// Writes what waits to be written; tasks that are not finished come again when they are opened.
    public func close() { log.close() }
}

/// The tasks as they are in memory.
struct AfterTaskTable {
    /// Where a task is besides.
    enum Disk: Hashable {
        case onItsWay
        /// As the entry of that number.
        case kept(UInt64)
        case nowhere
    }

    private struct Item {
        let bytes: Int
        var disk: Disk
        var isFinished = false
    }

    private(set) var bytes = 0
    private var table: [UInt64: Item] = [:]
    private var next: UInt64 = 1

    var items: some Collection { table }

    mutating func add(_ bytes: Int, _ disk: Disk) -> UInt64 {
        let number = next
        next += 1
        table[number] = Item(bytes: bytes, disk: disk)
        self.bytes += bytes
        return number
    }

    /// True where the task was finished before it reached the disk, on which it must not stay.
    mutating func settle(_ number: UInt64, _ entry: UInt64?) -> Bool {
        guard table[number]?.isFinished == true else {
            table[number]?.disk = entry.map { .kept($0) } ?? .nowhere
            return false
        }
        drop(number)
        return true
    }

    /// The entry that is to be marked, if there is one by now.
    mutating func finish(_ number: UInt64) -> UInt64? {
        guard let item = table[number], !item.isFinished else { return nil }
        if item.disk == .onItsWay {
            table[number]?.isFinished = true
            return nil
        }
        drop(number)
        if case .kept(let entry) = item.disk { return entry }
        return nil
    }

    private mutating func drop(_ number: UInt64) {
        if let item = table.removeValue(forKey: number) { bytes -= item.bytes }
    }
}

extension AfterTask {
    var byteCount: Int { review.byteCount + verdict.count + 512 }

    /// The task without its secrets.
    fileprivate var json: [UInt8] {
        var invocation = HookInvocation(
            key: key, hook: hook, phase: .after, deadline: .never, revision: revision, review: review)
        invocation.verdict = verdict
        return Redaction().redacted(invocation.json(now: .never))
    }

    fileprivate init(_ entry: Entry) throws(HookFailure) {
        let invocation = try HookInvocation(rereading: entry.json, deadline: .never)
        self.init(
            hook: invocation.hook, key: invocation.key, revision: invocation.revision, review: invocation.review,
            verdict: invocation.verdict ?? [])
    }
}
