public import Reactor

/// The threads that run commands, whose files would hold a loop up, and one that cleans up behind commands that have ended.
///
/// A hook has a thread to itself, as long as there are no more hooks than threads, so that one with a slow disk or a flood of
/// output is in its own way first. Nothing waits for what is cleaned up: whatever has gathered meanwhile is dealt with at once.
/// Threads are started when there is something to do.
public final class CommandThreads: Sendable {
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

    /// Which hook has which thread.
    private struct Seats {
        static let hooksMax = 1_024

        var threads: [LoopThread?]
        var places: [String: Int] = [:]

        /// The next hook has the next thread.
        mutating func place(of hook: String) -> Int {
            if let place = places[hook] { return place }
            // Hooks that are long gone may be among them.
            if places.count == Self.hooksMax { places.removeAll() }
            let place = places.count % threads.count
            places[hook] = place
            return place
        }
    }

    private let seats: Guarded<Seats>
    private let cleaner = Guarded<LoopThread?>(nil)
    private let leftovers = Guarded(Leftovers())
    private let clock: any Clock

    /// So many threads at most, besides the one that cleans up.
    public init(count: Int = 16, clock: any Clock) {
        self.clock = clock
        seats = Guarded(Seats(threads: [LoopThread?](repeating: nil, count: max(1, count))))
    }

    /// The way to the thread of that hook; nil where there can be no thread.
    func thread(of hook: String) -> Mailbox? {
        seats.withLock { seats in
            let place = seats.place(of: hook)
            if seats.threads[place] == nil { seats.threads[place] = start("commands \(place)", .prompt) }
            return seats.threads[place]?.mailbox
        }
    }

    private func start(_ name: String, _ rank: ThreadRank) -> LoopThread? {
        var bounds = EventLoop.Bounds()
        bounds.mailbox = Self.jobsMax
        return try? LoopThread(name, clock: clock, bounds: bounds, rank: rank) { _ in }
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
            if cleaner == nil { cleaner = start("cleaner", .yielding) }
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
        let running = seats.withLock { seats in
            defer { seats.threads = seats.threads.map { _ in nil } }
            return seats.threads
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
