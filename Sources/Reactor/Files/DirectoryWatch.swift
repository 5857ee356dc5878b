internal import CSystem
internal import Glibc

/// Who wants to know that a directory changed.
public protocol DirectoryWatchHandler: AnyObject {
    /// Something in the directory has changed, and then nothing for the debounce time (or that for long enough).
    func changed(_ watch: DirectoryWatch, on loop: EventLoop)
}

/// Tells when the entries of one directory change: files written, replaced or removed, and the `..data` link by which
/// Kubernetes swaps a mounted ConfigMap or Secret. Where the kernel cannot watch (no such directory yet, no watches left, a
/// file system without notifications) the directory is looked at from time to time.
public final class DirectoryWatch: EventHandler, TimerHandler {
    /// How long it waits.
    public struct Pace: Sendable {
        /// A burst of changes is told once it has paused for this long,
        public var debounce = Nanoseconds.milliseconds(100)
        /// and at the latest after this long.
        public var debounceMax = Nanoseconds.seconds(2)
        /// How often the directory is looked at where the kernel does not tell.
        public var poll = Nanoseconds.seconds(5)

        /// The pace as it is unless someone changes it.
        public init() {}
    }

    /// The directory.
    public let path: String
    /// True while the kernel tells; false while the directory is polled.
    public var isNotified: Bool { watch >= 0 }

    private let loop: EventLoop
    private let pace: Pace
    private weak var handler: (any DirectoryWatchHandler)?
    private let inotify: FileDescriptor
    private var registration: Registration?
    private var watch: CInt = -1
    private var pollTimer: Timer?
    private var debounceTimer: Timer?
    private var debounceEnd = Instant.never
    private var seen: UInt64

    /// Watches the directory at `path`, which need not exist yet.
    public init(
        _ path: String, pace: Pace = Pace(), on loop: EventLoop, handler: any DirectoryWatchHandler
    ) throws(SystemError) {
        let number = inotify_init1(CInt(IN_NONBLOCK | IN_CLOEXEC))
        guard number >= 0 else { throw SystemError("inotify_init1") }
        inotify = FileDescriptor(adopting: number)
        self.path = path
        self.pace = pace
        self.loop = loop
        self.handler = handler
        seen = DirectorySignature.of(path)
        registration = try loop.add(number, .readable, self)
        watchOrPoll()
    }

    /// Stops watching.
    public func close() {
        if let registration = registration.take() { loop.remove(registration) }
        loop.cancel(&pollTimer)
        loop.cancel(&debounceTimer)
    }

    private func watchOrPoll() {
        let events =
            UInt32(IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_CLOSE_WRITE | IN_ATTRIB | IN_DELETE_SELF)
            | UInt32(IN_MOVE_SELF | IN_ONLYDIR)
        watch = unsafe inotify_add_watch(inotify.number, path, events)
        if watch < 0 { pollTimer = loop.arm(after: pace.poll, self) }
    }

    /// The kernel has told of changes; which ones does not matter.
    public func ready(_ readiness: Readiness, on loop: EventLoop) {
        var bytes = [UInt8](repeating: 0, count: 16 << 10)
        while let count = (try? inotify.read(into: &bytes)) ?? nil, count > 0 {}
        noteChange()
    }

    /// It is time to look at the directory, or to tell of a burst of changes.
    public func fired(_ timer: Timer, on loop: EventLoop) {
        if timer == debounceTimer {
            debounceTimer = nil
            tell()
        } else {
            pollTimer = nil
            if DirectorySignature.of(path) != seen { noteChange() }
            if debounceTimer == nil { watchOrPoll() }
        }
    }

    private func noteChange() {
        if debounceTimer == nil { debounceEnd = loop.now + pace.debounceMax }
        loop.cancel(&debounceTimer)
        debounceTimer = loop.arm(at: min(loop.now + pace.debounce, debounceEnd), self)
    }

    /// The watch is set anew each time, as the path may by now be another directory.
    private func tell() {
        seen = DirectorySignature.of(path)
        let old = watch
        loop.cancel(&pollTimer)
        watchOrPoll()
        if old >= 0, old != watch { _ = inotify_rm_watch(inotify.number, old) }
        handler?.changed(self, on: loop)
    }
}

/// A number that changes when a file of a directory is added, removed, replaced or written.
enum DirectorySignature {
    /// More entries than this are not looked at.
    private static let entriesMax = 10_000

    static func of(_ path: String) -> UInt64 {
        guard let directory = unsafe opendir(path) else { return 0 }
        defer { unsafe closedir(directory) }
        var sum: UInt64 = 1
        for _ in 0..<entriesMax {
            guard let entry = unsafe readdir(directory) else { break }
            // The order of entries is the file system's, so their signatures are added.
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) {
                unsafe $0.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
            }
            if name != ".", name != ".." { sum &+= signature(path, name) }
        }
        return sum
    }

    private static func signature(_ directory: String, _ name: String) -> UInt64 {
        var status = stat()
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in name.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        guard unsafe stat("\(directory)/\(name)", &status) == 0 else { return hash }
        let facts: [UInt64] = [
            UInt64(status.st_dev), UInt64(status.st_ino), UInt64(bitPattern: Int64(status.st_size)),
            UInt64(bitPattern: Int64(status.st_mtim.tv_sec)), UInt64(bitPattern: Int64(status.st_mtim.tv_nsec)),
        ]
        for fact in facts { hash = (hash ^ fact) &* 0x9E37_79B9_7F4A_7C15 }
        return hash
    }
}
