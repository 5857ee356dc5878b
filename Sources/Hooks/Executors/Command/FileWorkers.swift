public import Reactor

/// A few threads for work on files that would hold a loop up: copying folders, removing them.
///
/// What has the same name is done by the same thread, one after the other, so that a hook with a slow disk is in its own way
/// first. Threads are started when there is something to do.
public final class FileWorkers: Sendable {
    /// Jobs that wait for one thread.
    private static let jobsMax = 1_024

    private let threads: Guarded<[LoopThread?]>
    private let clock: any Clock

    /// So many threads at most.
    public init(count: Int = 4, clock: any Clock) {
        self.clock = clock
        threads = Guarded([LoopThread?](repeating: nil, count: max(1, count)))
    }

    /// Has `job` done by the thread of that name; false where too much waits for it, or there can be no thread.
    func run(_ name: String, _ job: @escaping @Sendable () -> Void) -> Bool {
        let thread = threads.withLock { threads -> LoopThread? in
            let place = Int(name.utf8.reduce(UInt32(2_166_136_261)) { ($0 ^ UInt32($1)) &* 16_777_619 }) % threads.count
            if threads[place] == nil {
                var bounds = EventLoop.Bounds()
                bounds.mailbox = Self.jobsMax
                threads[place] = try? LoopThread(clock: clock, bounds: bounds, yields: true) { _ in }
            }
            return threads[place]
        }
        return thread?.mailbox.submit { _ in job() } ?? false
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
    }
}

/// Something that belongs to one loop, on its way through another thread that does not touch it.
struct LoopBound<Value>: @unchecked Sendable {
    private let value: Value

    init(_ value: Value) { self.value = value }

    /// The thing, for its own loop.
    func onItsLoop() -> Value { value }
}
