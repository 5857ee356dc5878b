import Policies
import Reactor

/// One revision of the rules as it is served.
struct ServedRules: Sendable {
    let set: PolicySet
    let problems: [RuleProblem]
    let invalidCount: Int
    let hash: String
    /// The folders to be watched for the next one.
    let folders: [String]
    /// Whether some file may still be written to, so that it must be looked at again.
    let isUnsettled: Bool
}

/// Reads the rules on a thread of its own whenever their folders change, and hands each revision to the server's loop.
///
/// Everything but `read` happens on the server's loop. A change while files are read leads to one more reading.
final class RuleKeeper: DirectoryWatchHandler, @unchecked Sendable {
    /// What comes of a reading: a revision, or why the files could not be read at all.
    typealias Delivery = (Result<ServedRules, SystemError>) -> Void

    private static let settlingTime = Nanoseconds.milliseconds(2500)

    private let rules: [String]
    private let context: [String]
    private let loop: EventLoop
    private let reader: LoopThread
    private let history: RuleHistory
    private let deliver: Delivery
    private var watches: [String: DirectoryWatch] = [:]
    private var isReading = false
    private var isStale = false

    init(
        rules: [String], context: [String], on loop: EventLoop, deliver: @escaping Delivery
    ) throws(SystemError) {
        self.rules = rules
        self.context = context
        self.loop = loop
        self.deliver = deliver
        history = RuleHistory(clock: loop.clock)
        reader = try LoopThread("rules", clock: loop.clock, rank: .yielding) { _ in }
    }

    /// Reads the rules for the first time, before anything is served.
    func readNow() throws(SystemError) -> ServedRules {
        let served = try history.read(rules: rules, context: context)
        watch(served)
        return served
    }

    /// Reads the rules again.
    func refresh() {
        guard !isReading else {
            isStale = true
            return
        }
        isReading = true
        let home = loop.mailbox
        let isTaken = reader.mailbox.submit { [rules, context, history, weak self] _ in
            let outcome = Result { () throws(SystemError) in try history.read(rules: rules, context: context) }
            _ = home.submit { [weak self] _ in self?.finished(outcome) }
        }
        if !isTaken { isReading = false }
    }

    private func finished(_ outcome: Result<ServedRules, SystemError>) {
        isReading = false
        if case .success(let served) = outcome { watch(served) }
        deliver(outcome)
        if isStale {
            isStale = false
            refresh()
        }
    }

    private func watch(_ served: ServedRules) {
        let wanted = Set(served.folders)
        for (path, watch) in watches where !wanted.contains(path) {
            watch.close()
            watches[path] = nil
        }
        for path in wanted where watches[path] == nil {
            // Without a watch (there may be none left) SIGHUP still works.
            watches[path] = try? DirectoryWatch(path, on: loop, handler: self)
        }
        if served.isUnsettled { _ = loop.arm(after: Self.settlingTime) { [weak self] _ in self?.refresh() } }
    }

    func changed(_ watch: DirectoryWatch, on loop: EventLoop) { refresh() }

    /// Reads no more.
    func close() {
        for watch in watches.values { watch.close() }
        watches = [:]
        reader.stop()
    }
}

/// The revisions that were read so far; used by one thread at a time.
private final class RuleHistory: @unchecked Sendable {
    private let clock: any Clock
    private var revisions = RuleRevisions()
    private var sizes: [String: Int] = [:]

    init(clock: any Clock) { self.clock = clock }

    func read(rules: [String], context: [String]) throws(SystemError) -> ServedRules {
        var files = try RuleFiles.read(rules: rules, context: context, wall: clock.wall)
        files.settle(&sizes)
        let revision = revisions.load(files.rules, context: files.context, unsettled: files.unsettled)
        return ServedRules(
            set: revision.set, problems: revision.problems, invalidCount: revision.invalidCount, hash: files.digest,
            folders: files.folders, isUnsettled: !files.unsettled.isEmpty)
    }
}
