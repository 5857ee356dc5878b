public import Reactor

/// Calls of hooks that run after the answer, kept until they are done: at least once each, across a restart too.
///
/// A call that this process took in is made with the whole review. On disk it is without its secrets, as everything that is
/// written here: a call that a restart interrupted is therefore made with the redacted review.
///
/// Nothing is waited for: a call is in memory at once and on disk within milliseconds, so the end of the process may cost those
/// of its last moment. Loops take calls as they like; whoever takes one says that it is done, or that it is to come again.
public final class AfterQueue: Sendable {
    /// A call that somebody has taken.
    public struct Call: Sendable {
        /// Names the call towards the queue.
        public let ticket: UInt64
        /// What is to be done. Its deadline is for the taker to set.
        public var invocation: HookInvocation
    }

    private let log: EntryLog
    private let state = Guarded(AfterCalls())
    private let callsMax: Int
    private let bytesMax: Int

    /// Opens the queue in `folder`, with the calls that were not done when it was last open.
    public init(
        _ folder: String, callsMax: Int = 4_096, bytesMax: Int = 32 << 20, journal: JournalOptions = JournalOptions(),
        clock: any Clock
    ) throws(JournalError) {
        var options = EntryOptions()
        options.journal = journal
        options.entriesMax = callsMax
        options.keepsSettled = false
        options.pendingBytesMax = bytesMax
        log = try EntryLog(folder, options, clock: clock)
        self.callsMax = callsMax
        self.bytesMax = bytesMax
        for entry in log.unsettled { reload(entry.id) }
    }

    /// The replies come before anything else that is asked of the journal's thread.
    private func reload(_ id: UInt64) {
        log.entry(id) { [self] result in
            guard let entry = try? result.get() else { return }
            do throws(HookFailure) {
                let invocation = try HookInvocation(rereading: entry.json, deadline: .never)
                _ = state.withLock { $0.add(invocation, .kept(id)) }
            } catch {
                // What cannot be read can never be done.
                log.mark(id, .resolved)
            }
        }
    }

    /// Calls that are not done: those waiting and those that somebody has taken.
    public var count: Int { state.withLock { $0.items.count } }

    /// Calls that were refused because there were too many.
    public var refusedCount: Int { state.withLock { $0.refused } }

    /// Puts a call in; false where there is no room.
    @discardableResult
    public func put(_ invocation: HookInvocation) -> Bool {
        let ticket = state.withLock { state -> UInt64? in
            let hasRoom = state.bytes + invocation.byteCount <= bytesMax || state.items.isEmpty
            guard hasRoom, state.items.count < callsMax else {
                state.refused += 1
                return nil
            }
            return state.add(invocation, .onItsWay)
        }
        guard let ticket else { return false }
        let isTaken = log.add(hook: invocation.hook, bytes: invocation.byteCount) {
            Redaction().redacted(invocation.json(now: invocation.deadline))
        } reply: { [self] result in
            settle(ticket, try? result.get())
        }
        if !isTaken { settle(ticket, nil) }
        return true
    }

    /// The call is on disk, as the entry of that number, or will not be: then it is in memory only.
    private func settle(_ ticket: UInt64, _ entry: UInt64?) {
        let isDone = state.withLock { state -> Bool in
            state.items[ticket]?.disk = entry.map { .kept($0) } ?? .nowhere
            guard state.items[ticket]?.isDone == true else { return false }
            state.drop(ticket)
            return true
        }
        if isDone, let entry { log.mark(entry, .resolved) }
    }

    /// The oldest call that nobody has taken.
    public func take() -> Call? {
        state.withLock { state in
            guard let ticket = state.nextReady(), let item = state.items[ticket] else { return nil }
            state.items[ticket]?.isTaken = true
            return Call(ticket: ticket, invocation: item.invocation)
        }
    }

    /// The call is done, well or not; it does not come again.
    public func done(_ ticket: UInt64) {
        let entry = state.withLock { state -> UInt64? in
            guard let item = state.items[ticket], item.isTaken, !item.isDone else { return nil }
            if item.disk == .onItsWay {
                // It must not stay on the disk that it is about to reach.
                state.items[ticket]?.isDone = true
                return nil
            }
            state.drop(ticket)
            if case .kept(let entry) = item.disk { return entry }
            return nil
        }
        if let entry { log.mark(entry, .resolved) }
    }

    /// The call is to come again, after those that wait.
    public func again(_ ticket: UInt64) {
        state.withLock { state in
            guard let item = state.items[ticket], item.isTaken, !item.isDone else { return }
            state.items[ticket]?.isTaken = false
            state.ready.append(ticket)
        }
    }

    /// Writes what waits to be written; calls that are not done come again when the queue is opened.
    public func close() { log.close() }
}

/// The calls of a queue as they are in memory.
struct AfterCalls {
    /// Where a call is besides.
    enum Disk: Hashable {
        case onItsWay
        /// As the entry of that number.
        case kept(UInt64)
        case nowhere
    }

    struct Item {
        let invocation: HookInvocation
        var disk: Disk
        var isTaken = false
        var isDone = false
    }

    var items: [UInt64: Item] = [:]
    /// Tickets of calls that nobody has taken, the oldest first from `head` on.
    var ready: [UInt64] = []
    private var head = 0
    private(set) var bytes = 0
    private var nextTicket: UInt64 = 1
    var refused = 0

    @discardableResult
    mutating func add(_ invocation: HookInvocation, _ disk: Disk) -> UInt64 {
        let ticket = nextTicket
        nextTicket += 1
        items[ticket] = Item(invocation: invocation, disk: disk)
        bytes += invocation.byteCount
        ready.append(ticket)
        return ticket
    }

    mutating func nextReady() -> UInt64? {
        guard head < ready.count else { return nil }
        let ticket = ready[head]
        head += 1
        if head == ready.count || head >= 1_024 {
            ready.removeFirst(head)
            head = 0
        }
        return ticket
    }

    mutating func drop(_ ticket: UInt64) {
        if let item = items.removeValue(forKey: ticket) { bytes -= item.invocation.byteCount }
    }
}
