public import Reactor

/// A few threads for work on files that would hold a loop up, and one that cleans up behind commands that have ended.
///
/// What has the same name is done by the same thread, one after the other, so that a hook with a slow disk is in its own way
/// first. Nothing waits for what is cleaned up: whatever has gathered meanwhile is dealt with at once. Threads are started when
/// there is something to do.
public final class FileWorkers: Sendable {
    /// Jobs that wait for one thread.
    private static let jobsMax = 1_024

    /// What runs have left behind that has not been seen to.
    private struct Leftovers {
        var folders: [CommandFolder] = []
        var families: [StrayProcesses.Family] = []
        /// Whether somebody will see to it.
        var isDue = false

        mutating func take() -> Leftovers {
            defer { self = Leftovers() }
            return self
        }
    }

    private let threads: Guarded<[LoopThread?]>
    private let cleaner = Guarded<LoopThread?>(nil)
    private let leftovers = Guarded(Leftovers())
    private let clock: any Clock

    /// So many threads at most, besides the one that cleans up.
    public init(count: Int = 4, clock: any Clock) {
        self.clock = clock
        threads = Guarded([LoopThread?](repeating: nil, count: max(1, count)))
    }

    /// Has `job` done by the thread of that name; false where too much waits for it, or there can be no thread.
    func run(_ name: String, _ job: @escaping @Sendable () -> Void) -> Bool {
        let thread = threads.withLock { threads -> LoopThread? in
            let place = Int(name.utf8.reduce(UInt32(2_166_136_261)) { ($0 ^ UInt32($1)) &* 16_777_619 }) % threads.count
            if threads[place] == nil { threads[place] = start(yields: false) }
            return threads[place]
        }
        return thread?.mailbox.submit { _ in job() } ?? false
    }

    private func start(yields: Bool) -> LoopThread? {
        var bounds = EventLoop.Bounds()
        bounds.mailbox = Self.jobsMax
        return try? LoopThread(clock: clock, bounds: bounds, yields: yields) { _ in }
    }

    /// Has what the run of a command left behind ended, and its folder removed. Where there can be no thread now, the next to
    /// call sees to it, or whoever stops the threads.
    func clean(_ folder: CommandFolder, after child: Int32, isReaped: Bool) {
        let mustAsk = leftovers.withLock { left in
            left.folders.append(folder)
            left.families.append(StrayProcesses.Family(of: child, isReaped: isReaped, mark: folder.mark))
            defer { left.isDue = true }
            return !left.isDue
        }
        guard mustAsk else { return }
        let thread = cleaner.withLock { cleaner in
            if cleaner == nil { cleaner = start(yields: true) }
            return cleaner
        }
        let isTaken = thread?.mailbox.submit { _ in self.clean() } ?? false
        if !isTaken { leftovers.withLock { $0.isDue = false } }
    }

    private func clean() {
        let left = leftovers.withLock { $0.take() }
        StrayProcesses.end(left.families)
        for folder in left.folders { folder.remove() }
    }

    /// Waits until everything is done that was asked for so far, and ends the threads.
    public func stop() {
        let running = threads.withLock { threads in
            defer { threads = threads.map { _ in nil } }
            return threads
        }
        // All are told first, so that they end at the same time.
        let told = running.map { $0?.mailbox.submit { $0.mailbox.stop() } ?? false }
        for (thread, isTold) in zip(running, told) { if isTold { thread?.join() } else { thread?.stop() } }
        cleaner.withLock { $0.take() }?.stop()
        clean()
    }
}

/// Something that belongs to one loop, on its way through another thread that does not touch it.
struct LoopBound<Value>: @unchecked Sendable {
    private let value: Value

    init(_ value: Value) { self.value = value }

    /// The thing, for its own loop.
    func onItsLoop() -> Value { value }
}
