internal import CSystem

/// Writes what a child shall read, then closes the pipe.
final class ChildInput: EventHandler {
    private var pipe: FileDescriptor?
    private let number: CInt
    private var rest: ArraySlice<UInt8>
    private let loop: EventLoop
    private var registration: Registration?

    init(_ pipe: consuming FileDescriptor?, _ bytes: [UInt8], _ loop: EventLoop) {
        number = pipe?.number ?? -1
        self.pipe = pipe
        rest = bytes[...]
        self.loop = loop
    }

    func start() throws(SystemError) {
        guard pipe != nil else { return }
        guard !rest.isEmpty else { return close() }
        _ = system_set_nonblocking(number)
        registration = try loop.add(number, .writable, self)
    }

    func ready(_ readiness: Readiness, on loop: EventLoop) {
        guard pipe != nil else { return }
        let count = unsafe rest.withUnsafeBytes { bytes in
            FileDescriptor.retried { unsafe CSystem.write(number, bytes.baseAddress, bytes.count) }
        }
        if count >= 0 { rest = rest.dropFirst(count) }
        // A child need not read its input: a broken pipe is no failure.
        if rest.isEmpty || count < 0 && !FileDescriptor.isWaiting { close() }
    }

    func close() {
        if let registration = registration.take() { loop.remove(registration) }
        pipe = nil
        rest = []
    }
}

/// Keeps the beginning of what a child writes and drops the rest, so that a flood neither fills memory nor stops the child.
///
/// Nor does a flood keep the loop busy: once so much was dropped, the loop has a rest behind every look at it. Without, it is woken for
/// every few kilobytes, and stands in front of those programs of others that have something to say.
final class ChildOutput: EventHandler, TimerHandler {
    private static let chunkBytes = 64 << 10
    /// With less the child never waits.
    private static let floodBytes = 1 << 20
    private static let rest = Nanoseconds.milliseconds(1)
    /// What is read after the end of the child at most: grandchildren may go on writing.
    private static let drainBytesMax = 4 << 20

    private(set) var kept: [UInt8] = []
    private(set) var dropped = 0
    /// Is given what the child writes; then nothing is kept.
    var hears: ((ArraySlice<UInt8>) -> Void)?
    private var pipe: FileDescriptor?
    private let number: CInt
    private let bytesMax: Int
    private let loop: EventLoop
    private var registration: Registration?
    private var resting: Timer?

    init(_ pipe: consuming FileDescriptor?, bytesMax: Int, _ loop: EventLoop) {
        number = pipe?.number ?? -1
        self.pipe = pipe
        self.bytesMax = bytesMax
        self.loop = loop
    }

    func start() throws(SystemError) {
        guard pipe != nil else { return }
        _ = system_set_nonblocking(number)
        registration = try loop.add(number, .readable, self)
    }

    func ready(_ readiness: Readiness, on loop: EventLoop) {
        _ = readChunk()
        // The end of the output is told at any time.
        guard dropped >= Self.floodBytes, resting == nil, let registration else { return }
        loop.change(registration, to: [])
        resting = loop.arm(after: Self.rest, self)
    }

    /// The rest is over.
    func fired(_ timer: Timer, on loop: EventLoop) {
        resting = nil
        if let registration { loop.change(registration, to: .readable) }
    }

    /// Reads what the child left in the pipe.
    func drain() {
        var total = 0
        while total < Self.drainBytesMax, let count = readChunk() { total += count }
    }

    /// How much was read; nil when nothing is there (any more).
    private func readChunk() -> Int? {
        guard pipe != nil else { return nil }
        if kept.count == bytesMax, hears == nil, let count = dropChunk() { return count }
        var chunk = [UInt8](repeating: 0, count: Self.chunkBytes)
        let count = unsafe chunk.withUnsafeMutableBytes { bytes in
            FileDescriptor.retried { unsafe CSystem.read(number, bytes.baseAddress, bytes.count) }
        }
        guard count > 0 else {
            if count == 0 || !FileDescriptor.isWaiting { close() }
            return nil
        }
        if let hears {
            hears(chunk[..<count])
            return count
        }
        let room = min(count, bytesMax - kept.count)
        kept += chunk[..<room]
        dropped += count - room
        return count
    }

    /// Has the kernel drop what nobody will look at; nil where there is nothing to drop, or no way.
    private func dropChunk() -> Int? {
        let count = FileDescriptor.retried { system_move(number, Self.nowhere, Self.chunkBytes) }
        guard count > 0 else { return nil }
        dropped += count
        return count
    }

    private static let nowhere = unsafe system_open("/dev/null", O_WRONLY | O_CLOEXEC, 0)

    func close() {
        if let registration = registration.take() { loop.remove(registration) }
        loop.cancel(&resting)
        pipe = nil
    }
}
