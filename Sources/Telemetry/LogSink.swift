import Glibc
import HTTP
import JSON

/// Where log lines go: a queue of so many bytes, and a thread that writes them out.
///
/// Adding a line never waits for the reader of the log: if the queue is full the line is dropped and counted, and the
/// count is logged as soon as there is room again. Any thread may add lines.
@safe public final class LogSink: @unchecked Sendable {
    /// How long lines gather behind a batch that was written. Waking the thread for each line cost a loop that had one to log
    /// for each review a tenth of its time.
    private static let gatheringMicroseconds: UInt32 = 5_000

    /// The number of this process among the workers of a supervisor, told in every line; nil: it is nobody's.
    let worker: Int?
    private let descriptor: CInt
    private let queueBytesMax: Int
    private let wall: @Sendable () -> Int64
    private let lock: UnsafeMutablePointer<pthread_mutex_t>
    private let hasWork: UnsafeMutablePointer<pthread_cond_t>
    /// The ends of a pipe through which nothing goes: the thread closes the second one when it ends.
    private let ended: CInt
    private let ending: CInt

    // Under the lock:
    private var pending = ByteBuffer()
    private var isClosed = false
    private var dropped = 0
    private var unreported = 0

    /// A sink that writes to that descriptor, which stays open and may block. `wall` is the calendar's time in
    /// nanoseconds since 1970. Nil when there is no thread or descriptor to be had.
    public init?(
        descriptor: CInt = 2, queueBytesMax: Int = 1 << 20, worker: Int? = nil, wall: @escaping @Sendable () -> Int64
    ) {
        self.worker = worker
        self.descriptor = descriptor
        self.queueBytesMax = queueBytesMax
        self.wall = wall
        unsafe lock = .allocate(capacity: 1)
        unsafe lock.initialize(to: pthread_mutex_t())
        unsafe pthread_mutex_init(lock, nil)
        unsafe hasWork = .allocate(capacity: 1)
        unsafe hasWork.initialize(to: pthread_cond_t())
        unsafe pthread_cond_init(hasWork, nil)
        var ends: [CInt] = [-1, -1]
        _ = unsafe pipe(&ends)
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        ended = ends[0]
        ending = ends[1]
        guard ended >= 0, start() else { return nil }
    }

    /// The thread keeps the sink alive, so by now it has ended (or never began).
    deinit {
        if ended >= 0 { Glibc.close(ended) }
        unsafe pthread_cond_destroy(hasWork)
        unsafe hasWork.deallocate()
        unsafe pthread_mutex_destroy(lock)
        unsafe lock.deallocate()
    }

    private func start() -> Bool {
        var thread = pthread_t()
        let context = unsafe Unmanaged.passRetained(self)
        let error = unsafe pthread_create(&thread, nil, { unsafe LogSink.run($0) }, context.toOpaque())
        guard error == 0 else {
            unsafe context.release()
            Glibc.close(ending)
            return false
        }
        pthread_detach(thread)
        return true
    }

    /// Adds a line, whose end is added to it. False when it was dropped.
    @discardableResult
    public func append(_ line: Span<UInt8>) -> Bool {
        unsafe pthread_mutex_lock(lock)
        defer { unsafe pthread_mutex_unlock(lock) }
        guard !isClosed, pending.count + line.count + 1 <= queueBytesMax else {
            dropped += 1
            unreported += 1
            return false
        }
        if Self.add(line, to: &pending) { unsafe pthread_cond_signal(hasWork) }
        return true
    }

    /// True where the line is the first.
    private static func add(_ line: Span<UInt8>, to pending: inout ByteBuffer) -> Bool {
        let wasEmpty = pending.isEmpty
        pending.append(line)
        pending.append(0x0A)
        return wasEmpty
    }

    /// How many lines have been dropped so far.
    public var droppedCount: Int {
        unsafe pthread_mutex_lock(lock)
        defer { unsafe pthread_mutex_unlock(lock) }
        return dropped
    }

    /// Takes no more lines and waits at most so long until the queue has been written out; true if it has.
    public func close(patienceMilliseconds: CInt) -> Bool {
        unsafe pthread_mutex_lock(lock)
        isClosed = true
        unsafe pthread_cond_signal(hasWork)
        unsafe pthread_mutex_unlock(lock)
        var waiting = pollfd(fd: ended, events: Int16(POLLIN), revents: 0)
        return unsafe poll(&waiting, 1, patienceMilliseconds) == 1
    }
}

extension LogSink {
    private static func run(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
        guard let context = unsafe context else { return nil }
        let sink = unsafe Unmanaged<LogSink>.fromOpaque(context).takeRetainedValue()
        var batch = ByteBuffer()
        while sink.take(&batch) {
            sink.write(batch)
            batch.removeAll()
            sink.gather()
        }
        Glibc.close(sink.ending)
        return nil
    }

    /// Lets lines come together for a moment, unless there will be none.
    private func gather() {
        unsafe pthread_mutex_lock(lock)
        let isLast = isClosed
        unsafe pthread_mutex_unlock(lock)
        if !isLast { usleep(Self.gatheringMicroseconds) }
    }

    /// Waits for lines and takes all of them; false when there are none and there will be none.
    private func take(_ batch: inout ByteBuffer) -> Bool {
        unsafe pthread_mutex_lock(lock)
        defer { unsafe pthread_mutex_unlock(lock) }
        while pending.isEmpty, !isClosed { unsafe pthread_cond_wait(hasWork, lock) }
        if pending.isEmpty { return false }
        swap(&pending, &batch)
        // A queue that was full once should not hold its memory for good, but what is needed again at once stays.
        if pending.capacity > max(1 << 16, batch.count * 4) { pending.releaseMemory() }
        if unreported > 0 { report(&batch) }
        return true
    }

    /// One line about those that are missing; nobody but this thread ever writes it.
    private func report(_ batch: inout ByteBuffer) {
        var line = JSONWriter()
        LogLine.begin(
            &line, time: Timestamp.bytes(wall()).span, .warning,
            "log lines were dropped because the log is not read fast enough", worker)
        line.key("dropped")
        line.int(Int64(unreported))
        line.endObject()
        unreported = 0
        line.withBytes { batch.append($0) }
        batch.append(0x0A)
    }

    /// Writes everything; what a closed pipe does not take is lost, and there is nobody to tell.
    private func write(_ batch: borrowing ByteBuffer) {
        batch.withBytes { bytes in
            unsafe bytes.withUnsafeBytes { raw in
                var done = 0
                while done < raw.count {
                    let count = unsafe Glibc.write(descriptor, raw.baseAddress! + done, raw.count - done)
                    if count >= 0 {
                        done += count
                    } else if errno == EAGAIN {
                        var waiting = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                        _ = unsafe poll(&waiting, 1, -1)
                    } else if errno != EINTR {
                        return
                    }
                }
            }
        }
    }
}
