public import Reactor
internal import Synchronization

/// Entries on disk that any thread may add to and ask for: the disk is waited for by a thread of its own.
///
/// Replies come on that thread. What is added at about the same time is forced to the disk at once (group commit).
public final class EntryLog: Sendable {
    /// How an answer is delivered.
    public typealias Reply<Value> = @Sendable (Result<Value, JournalError>) -> Void

    private static let jobsMax = 4_096

    private let thread: LoopThread
    private let desk: LoopBound<EntryDesk>
    private let shared: Guarded<EntryLedgerState>
    private let pendingBytesMax: Int
    /// What was found when the journal was opened.
    public let recovery: Journal.Recovery
    /// The entries that nobody had dealt with then, the oldest first, where they were asked for.
    let unsettled: [Entry]

    /// Opens the journal in `folder`.
    public convenience init(
        _ folder: String, _ options: EntryOptions = EntryOptions(), clock: any Clock
    ) throws(JournalError) {
        try self.init(folder, options, clock: clock, readsUnsettled: false)
    }

    init(
        _ folder: String, _ options: EntryOptions, clock: any Clock, readsUnsettled: Bool
    ) throws(JournalError) {
        let shelf = try EntryShelf(folder, options, clock: clock)
        recovery = shelf.recovery
        unsettled = readsUnsettled ? try shelf.open() : []
        pendingBytesMax = options.pendingBytesMax
        shared = Guarded(EntryLedgerState(counts: shelf.counts))
        let desk = LoopBound(EntryDesk(shelf, options.journal.sync, shared))
        self.desk = desk
        var bounds = EventLoop.Bounds()
        bounds.mailbox = Self.jobsMax
        do throws(SystemError) {
            thread = try LoopThread("journal", clock: clock, bounds: bounds, rank: .yielding) {
                desk.onItsLoop().begin($0)
            }
        } catch {
            throw .system(error)
        }
    }

    /// How many entries there are at the moment.
    public var counts: EntryCounts {
        shared.withLock { state in
            var counts = state.counts
            counts.kept = state.kept
            counts.dropped = state.dropped
            return counts
        }
    }

    /// Adds an entry that stands for `count`, whose JSON `make` writes on the journal's thread; `bytes` is about how much is held
    /// until then. False, and all of them dropped, where too much waits already. `reply` gets the entry's number once it is safe.
    @discardableResult
    public func add(
        hook: String, count: Int = 1, bytes: Int, _ make: @escaping @Sendable () -> [UInt8], reply: Reply<UInt64>? = nil
    ) -> Bool {
        let hasRoom = shared.withLock { state in
            guard state.pendingBytes == 0 || state.pendingBytes + bytes <= pendingBytesMax else { return false }
            state.pendingBytes += bytes
            return true
        }
        guard hasRoom else { return drop(count) }
        let isTaken = thread.mailbox.submit { [desk, shared] loop in
            shared.withLock { $0.pendingBytes -= bytes }
            desk.onItsLoop().add(hook: hook, count: count, make(), on: loop, reply)
        }
        guard !isTaken else { return true }
        shared.withLock { $0.pendingBytes -= bytes }
        return drop(count)
    }

    private func drop(_ count: Int) -> Bool {
        shared.withLock { $0.dropped += count }
        return false
    }

    /// Has something done on the journal's thread after a while; false where it takes nothing at the moment.
    func later(_ wait: Nanoseconds, _ action: @escaping @Sendable () -> Void) -> Bool {
        thread.mailbox.submit { loop in loop.arm(after: wait) { _ in action() } }
    }

    /// Notes what has become of an entry, with a JSON object that says more; the reply is false where there is no such entry.
    @discardableResult
    public func mark(_ id: UInt64, _ state: EntryState, note: [UInt8] = [], reply: Reply<Bool>? = nil) -> Bool {
        thread.mailbox.submit { [desk] loop in desk.onItsLoop().mark(id, state, note, on: loop, reply) }
    }

    /// The entry of a number; nil where there is none.
    @discardableResult
    public func entry(_ id: UInt64, reply: @escaping Reply<Entry?>) -> Bool {
        thread.mailbox.submit { [desk] _ in
            reply(Result { () throws(JournalError) in try desk.onItsLoop().shelf.entry(id) })
        }
    }

    /// The entries that are wanted, the newest first.
    @discardableResult
    public func list(_ filter: EntryFilter, reply: @escaping Reply<[Entry]>) -> Bool {
        thread.mailbox.submit { [desk] _ in
            reply(Result { () throws(JournalError) in try desk.onItsLoop().shelf.list(filter) })
        }
    }

    /// Writes what waits to be written, and ends the thread. Nothing is taken any more.
    public func close() {
        let isTaken = thread.mailbox.submit { [desk] loop in
            desk.onItsLoop().settle(loop)
            // Whoever has just been told that an entry is safe may have marked it.
            let isTaken = loop.mailbox.submit { loop in
                desk.onItsLoop().settle(loop)
                desk.onItsLoop().shelf.close()
                loop.mailbox.stop()
            }
            if !isTaken { loop.mailbox.stop() }
        }
        if isTaken { thread.join() } else { thread.stop() }
    }
}

/// What threads that add entries and the journal's thread have in common.
struct EntryLedgerState {
    var counts: EntryCounts
    var pendingBytes = 0
    var kept = 0
    var dropped = 0
}

/// The journal's thread at work: what was written waits here until it is on the disk.
final class EntryDesk: TimerHandler {
    private static let pruneEvery = Nanoseconds.seconds(60)

    let shelf: EntryShelf
    private let policy: JournalOptions.Sync
    private let shared: Guarded<EntryLedgerState>
    private var waiting: [(JournalError?) -> Void] = []
    private var timer: Timer?

    init(_ shelf: EntryShelf, _ policy: JournalOptions.Sync, _ shared: Guarded<EntryLedgerState>) {
        self.shelf = shelf
        self.policy = policy
        self.shared = shared
    }

    func begin(_ loop: EventLoop) {
        loop.arm(after: Self.pruneEvery) { [weak self] loop in
            guard let self else { return }
            // What cannot be removed now is tried again.
            try? shelf.prune()
            publish()
            begin(loop)
        }
    }

    func add(
        hook: String, count: Int, _ json: [UInt8], on loop: EventLoop, _ reply: EntryLog.Reply<UInt64>?
    ) {
        do throws(JournalError) {
            let id = try shelf.add(hook: hook, count: count, json)
            shared.withLock { $0.kept += count }
            publish()
            written(loop) { error in reply?(error.map { .failure($0) } ?? .success(id)) }
        } catch {
            shared.withLock { $0.dropped += count }
            reply?(.failure(error))
        }
    }

    func mark(_ id: UInt64, _ state: EntryState, _ note: [UInt8], on loop: EventLoop, _ reply: EntryLog.Reply<Bool>?) {
        do throws(JournalError) {
            let isKnown = try shelf.mark(id, state, note)
            publish()
            written(loop) { error in reply?(error.map { .failure($0) } ?? .success(isKnown)) }
        } catch {
            reply?(.failure(error))
        }
    }

    private func publish() {
        let counts = shelf.counts
        shared.withLock { $0.counts = counts }
    }

    /// Acknowledges as the policy has it.
    private func written(_ loop: EventLoop, _ acknowledge: @escaping (JournalError?) -> Void) {
        switch policy {
        case .always:
            waiting.append(acknowledge)
            // Timers fire behind the jobs of a turn: all that were waiting are served by one sync.
            timer = timer ?? loop.arm(at: loop.now, self)
        case .interval(let span):
            acknowledge(nil)
            timer = timer ?? loop.arm(after: span, self)
        case .never: acknowledge(nil)
        }
    }

    func fired(_ timer: Timer, on loop: EventLoop) {
        self.timer = nil
        settle(loop)
    }

    func settle(_ loop: EventLoop) {
        loop.cancel(&timer)
        var failure: JournalError?
        do throws(JournalError) { try shelf.sync() } catch { failure = error }
        let acknowledged = waiting
        waiting = []
        for acknowledge in acknowledged { acknowledge(failure) }
    }
}
