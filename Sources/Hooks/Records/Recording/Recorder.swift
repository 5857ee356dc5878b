public import Admission
internal import JSON
public import Reactor

/// What is recorded, and how much of it is kept.
public struct RecorderOptions: Sendable {
    /// The share of reviews that is recorded, 0 to 1; by the review's uid, so that it does not matter who asks.
    public var share = 1.0
    /// A file that has grown to this is followed by another.
    public var fileBytesMax = 16 << 20
    /// All files together; beyond it the oldest go.
    public var bytesMax = 256 << 20
    /// What waits to be written may have so many bytes in memory; what comes beyond it is dropped and counted.
    public var pendingBytesMax = 16 << 20

    /// Everything, in 256 MiB.
    public init() {}
}

/// Writes decisions to files that `portcullis replay` reads: one JSON object on each line, with the review and its answer, both
/// without secrets. Dry runs are not recorded: nothing was decided for good, and what they try may be anything.
public final class Recorder: Sendable {
    private struct State {
        var pendingBytes = 0
        var recorded = 0
        var dropped = 0
    }

    private let options: RecorderOptions
    private let thread: LoopThread
    private let files: LoopBound<RecordingFiles>
    private let state = Guarded(State())
    private let clock: any Clock

    /// Records into `folder`, which is made if need be.
    public init(_ folder: String, _ options: RecorderOptions = RecorderOptions(), clock: any Clock) throws(SystemError)
    {
        self.options = options
        self.clock = clock
        files = LoopBound(try RecordingFiles(folder, options))
        var bounds = EventLoop.Bounds()
        bounds.mailbox = 4_096
        thread = try LoopThread("recorder", clock: clock, bounds: bounds, rank: .yielding) { _ in }
    }

    /// Decisions written.
    public var recordedCount: Int { state.withLock { $0.recorded } }

    /// Decisions that were to be recorded and were not: too many waited, or the disk refused them.
    public var droppedCount: Int { state.withLock { $0.dropped } }

    /// Whether a review is among those that are recorded; to be asked before it is copied.
    public func wants(_ review: AdmissionReview) -> Bool {
        guard !review.isDryRun, options.share > 0 else { return false }
        let hash = review.uid.withUTF8 { uid in
            var hash: UInt32 = 2_166_136_261
            for index in uid.indices { hash = (hash ^ UInt32(uid[index])) &* 16_777_619 }
            return hash
        }
        return Double(hash) < options.share * 4_294_967_296
    }

    /// Records a decision: the review as it came, and the answer, which is an AdmissionReview.
    public func record(_ kept: KeptReview, _ phase: ReviewPhase, revision: String, answer: [UInt8]) {
        let bytes = kept.byteCount + answer.count
        let seconds = clock.wall / 1_000_000_000
        let hasRoom = state.withLock { state in
            guard state.pendingBytes == 0 || state.pendingBytes + bytes <= options.pendingBytesMax else { return false }
            state.pendingBytes += bytes
            return true
        }
        guard hasRoom else { return state.withLock { $0.dropped += 1 } }
        let isTaken = thread.mailbox.submit { [files, state] _ in
            let line = RecordedDecision.line(kept.review, phase, seconds: seconds, revision: revision, answer: answer)
            let isWritten = files.onItsLoop().write(line)
            state.withLock { state in
                state.pendingBytes -= bytes
                if isWritten { state.recorded += 1 } else { state.dropped += 1 }
            }
        }
        guard !isTaken else { return }
        state.withLock { state in
            state.pendingBytes -= bytes
            state.dropped += 1
        }
    }

    /// The newest decisions, the oldest of them first: whole lines, so many bytes at the most. False where too much is being asked
    /// of the disk; the reply comes on a thread of the recorder's own.
    public func newest(bytesMax: Int, reply: @escaping @Sendable (Result<[UInt8], SystemError>) -> Void) -> Bool {
        thread.mailbox.submit { [files] _ in
            reply(Result { () throws(SystemError) in try files.onItsLoop().newest(bytesMax) })
        }
    }

    /// Writes what waits to be written, and ends the thread.
    public func close() {
        let isTaken = thread.mailbox.submit { $0.mailbox.stop() }
        if isTaken { thread.join() } else { thread.stop() }
    }
}

/// The files of a recording, on the thread that may wait for the disk.
final class RecordingFiles {
    private let folder: String
    private let options: RecorderOptions
    private var files: [(path: String, bytes: Int)] = []
    private var current: AppendFile?
    private var number: UInt64 = 1

    init(_ folder: String, _ options: RecorderOptions) throws(SystemError) {
        self.folder = folder
        self.options = options
        try WholeFile.makeDirectory(folder, mode: 0o700)
        for path in try FileTree(suffixes: [".jsonl"]).list(folder).files {
            files.append((path, Int(try FileStamp(of: path).bytes)))
            let digits = path.utf8.dropLast(6).suffix(12)
            if let number = UInt64(String(decoding: digits, as: UTF8.self)) {
                self.number = max(self.number, number + 1)
            }
        }
    }

    /// Adds a line; false where the disk refuses it. A line that was begun and not ended is never followed by another in
    /// the same file: each start of the server begins a new one.
    func write(_ line: [UInt8]) -> Bool {
        do throws(SystemError) {
            // A line longer than a file is meant to be has one to itself.
            let used = current?.bytes ?? options.fileBytesMax
            if used > 0, used > options.fileBytesMax - line.count { try roll() }
            try current?.append(line)
            if let last = files.indices.last { files[last].bytes += line.count }
            try prune()
            return true
        } catch {
            return false
        }
    }

    func newest(_ bytesMax: Int) throws(SystemError) -> [UInt8] {
        var parts: [ArraySlice<UInt8>] = []
        var left = bytesMax
        for file in files.reversed() where left > 0 {
            let bytes = try WholeFile.read(file.path, bytesMax: max(options.fileBytesMax, file.bytes) + 1)
            // A process that ended while it wrote has left a line without an end.
            let end = bytes.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
            let whole = bytes[..<end]
            if whole.count <= left {
                parts.append(whole)
                left -= whole.count
                continue
            }
            let cut = whole.suffix(left)
            // The first line may be cut anywhere; that before it may end right there.
            if whole[cut.startIndex - 1] == 0x0A {
                parts.append(cut)
            } else if let start = cut.firstIndex(of: 0x0A) {
                parts.append(cut[(start + 1)...])
            }
            left = 0
        }
        return Array(parts.reversed().joined())
    }

    private func roll() throws(SystemError) {
        let digits = String(number)
        let path = "\(folder)/recording-\(String(repeating: "0", count: max(0, 12 - digits.utf8.count)))\(digits).jsonl"
        current = try AppendFile.open(path)
        number += 1
        files.append((path, 0))
    }

    private func prune() throws(SystemError) {
        var total = files.reduce(0) { $0 + $1.bytes }
        while files.count > 1, total > options.bytesMax {
            try WholeFile.remove(files[0].path)
            total -= files[0].bytes
            files.removeFirst()
        }
    }
}
