public import Reactor

/// How a journal is kept.
public struct JournalOptions: Sendable {
    /// When what was written is forced to the disk.
    public enum Sync: Hashable, Sendable {
        /// Before a record is acknowledged: it outlives a crash of the machine.
        case always
        /// From time to time: an acknowledged record outlives the process, and the machine from then on.
        case interval(Nanoseconds)
        /// When the kernel likes: an acknowledged record outlives the process.
        case never
    }

    /// When what was written is forced to the disk.
    public var sync = Sync.always
    /// A file that has grown to this is followed by another.
    public var segmentBytesMax = 4 << 20
    /// All files together; beyond it the oldest go.
    public var bytesMax = 64 << 20
    /// The longest record.
    public var recordBytesMax = 8 << 20

    /// The usual bounds, and every record safe before it is acknowledged.
    public init() {}
}

/// Why a journal cannot be kept.
public enum JournalError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The kernel refused something.
    case system(SystemError)
    /// A record is longer than the limit.
    case recordTooLong(Int)
    /// What was at a place is not there any more.
    case gone
    /// The journal was closed.
    case closed

    /// What happened.
    public var description: String {
        switch self {
        case .system(let error): error.description
        case .recordTooLong(let limit): "the record is longer than \(limit) bytes"
        case .gone: "the record is not there any more"
        case .closed: "the journal is closed"
        }
    }
}

/// Records in the order in which they were written, in files of a folder that is nobody else's.
///
/// After a crash every whole record is found again: a file that ends in the middle of a record is cut there, and behind damage
/// in the middle of a file the search goes on. It is used by one thread, which may wait for the disk.
public final class Journal {
    /// Where a record is.
    public struct Place: Hashable, Sendable {
        fileprivate let segment: UInt64
        fileprivate let payload: Range<Int>
    }

    /// A file as it is known.
    private struct File {
        let segment: JournalSegment
        let path: String
        var bytes: Int
        var last: UInt64?
        /// There is no damage in it.
        var isSound = true
    }

    /// What was found when the journal was opened.
    public struct Recovery: Sendable {
        /// Whole records.
        public fileprivate(set) var records = 0
        /// Bytes that belong to no whole record.
        public fileprivate(set) var damagedBytes = 0
    }

    /// What was found when the journal was opened.
    public private(set) var recovery = Recovery()
    private let folder: String
    private let options: JournalOptions
    private var lock: FolderLock?
    private var files: [File] = []
    /// The last of `files`, open.
    private var current: AppendFile?
    private var next: UInt64 = 1
    private var needsSync = false

    /// Opens the journal in `folder`, which is made if need be, and shows every record to `visit`, the oldest first.
    public init(
        _ folder: String, _ options: JournalOptions = JournalOptions(),
        visit: (_ number: UInt64, _ place: Place, _ payload: ArraySlice<UInt8>) -> Void = { _, _, _ in }
    ) throws(JournalError) {
        self.folder = folder
        self.options = options
        do throws(SystemError) {
            try WholeFile.makeDirectory(folder, mode: 0o700)
            lock = try FolderLock.take(folder)
            for path in try FileTree(suffixes: [".journal"]).list(folder).files { try recover(path, visit) }
            try reopen()
        } catch {
            throw .system(error)
        }
    }

    /// The bytes of all files.
    public var bytes: Int { files.reduce(0) { $0 + $1.bytes } }

    /// How many files there are.
    public var fileCount: Int { files.count }

    private func recover(
        _ path: String, _ visit: (UInt64, Place, ArraySlice<UInt8>) -> Void
    ) throws(SystemError) {
        // A record may be longer than a file is meant to be; then it has one to itself.
        let longest = options.segmentBytesMax + options.recordBytesMax + 64
        let bytes = try WholeFile.read(path, bytesMax: max(longest, Int(FileStamp(of: path).bytes)))
        guard let segment = JournalSegment(header: bytes) else { return try passOver(path, bytes.count) }
        let content = segment.content(bytes)
        for record in content.records {
            let place = Place(segment: segment.first, payload: record.payload)
            visit(record.number, place, bytes[record.payload])
        }
        let whole = content.records.reduce(0) { $0 + $1.payload.count + JournalSegment.recordHeaderBytes }
        recovery.records += content.records.count
        recovery.damagedBytes += bytes.count - whole - JournalSegment.headerBytes
        next = max(next, segment.first, (content.records.last?.number ?? 0) &+ 1)
        var file = File(segment: segment, path: path, bytes: bytes.count, last: content.records.last?.number)
        if content.soundEnd < bytes.count, !content.isDamagedInside {
            var torn = try AppendFile.open(path)
            try torn.truncate(to: content.soundEnd)
            try torn.sync()
            file.bytes = content.soundEnd
        }
        file.isSound = !content.isDamagedInside
        files.append(file)
    }

    /// A file without a header: the process ended while it was being made, or it is damaged. Its name says which numbers
    /// may have been in it.
    private func passOver(_ path: String, _ count: Int) throws(SystemError) {
        guard count > JournalSegment.headerBytes else { return try WholeFile.remove(path) }
        recovery.damagedBytes += count
        let digits = path.utf8.suffix(28).prefix(20)
        if let number = UInt64(String(decoding: digits, as: UTF8.self)) { next = max(next, number &+ 1 << 20) }
    }

    /// Goes on with the last file if nothing in it is damaged and it has room.
    private func reopen() throws(SystemError) {
        guard let file = files.last, file.isSound, file.bytes < options.segmentBytesMax else { return }
        current = try AppendFile.open(file.path)
    }

    // MARK: writing

    /// Adds a record and says which number it got and where it is. It is safe against the end of the process, and with
    /// `sync` against that of the machine.
    @discardableResult
    public func append(_ payload: [UInt8]) throws(JournalError) -> (number: UInt64, place: Place) {
        guard lock != nil else { throw .closed }
        guard payload.count <= options.recordBytesMax else { throw .recordTooLong(options.recordBytesMax) }
        do throws(SystemError) {
            if (current?.bytes ?? .max) >= options.segmentBytesMax { try roll() }
            let file = files[files.count - 1]
            let start = file.bytes + JournalSegment.recordHeaderBytes
            let number = next
            try current?.append(file.segment.record(number, payload))
            needsSync = true
            next += 1
            files[files.count - 1].bytes = start + payload.count
            files[files.count - 1].last = number
            return (number, Place(segment: file.segment.first, payload: start..<start + payload.count))
        } catch {
            throw .system(error)
        }
    }

    /// Begins another file.
    private func roll() throws(SystemError) {
        try syncFile()
        current = nil
        var random = SystemRandomNumberGenerator()
        let segment = JournalSegment(first: next, salt: .random(in: 0 ... .max, using: &random))
        let digits = String(next)
        let path = "\(folder)/\(String(repeating: "0", count: 20 - digits.utf8.count))\(digits).journal"
        var file = try AppendFile.open(path)
        // What a process left that ended while it made this very file.
        if file.bytes > 0 { try file.truncate(to: 0) }
        try file.append(segment.header)
        try file.sync()
        try WholeFile.syncDirectory(of: path)
        files.removeAll { $0.path == path }
        files.append(File(segment: segment, path: path, bytes: JournalSegment.headerBytes, last: nil))
        current = consume file
    }

    /// Waits until everything is on the disk. Where that fails nobody knows what is there; the next record goes to a new file.
    public func sync() throws(JournalError) {
        do throws(SystemError) { try syncFile() } catch {
            current = nil
            throw .system(error)
        }
    }

    private func syncFile() throws(SystemError) {
        guard needsSync else { return }
        try current?.sync()
        needsSync = false
    }

    /// Takes nothing any more and gives the folder back; what was not forced to the disk is left to the kernel.
    public func close() {
        current = nil
        lock = nil
    }

    // MARK: reading

    /// The payload at a place.
    public func read(_ place: Place) throws(JournalError) -> [UInt8] {
        guard let file = files.first(where: { $0.segment.first == place.segment }) else { throw .gone }
        let bytes: [UInt8]
        do throws(SystemError) {
            bytes = try AppendFile.open(file.path, creates: false).read(place.payload)
        } catch {
            throw .system(error)
        }
        guard bytes.count == place.payload.count else { throw .gone }
        return bytes
    }

    // MARK: pruning

    /// Removes the oldest files as long as all of them have more bytes than they may, or `isDone` says of their last
    /// record that it and those before it are of no use any more. The file that is being written stays. Returns the number
    /// below which no record is left, if anything was removed.
    public func prune(isDone: (_ last: UInt64) -> Bool) throws(JournalError) -> UInt64? {
        var least: UInt64?
        while files.count > 1, bytes > options.bytesMax || files[0].last.map(isDone) ?? true {
            do throws(SystemError) { try WholeFile.remove(files[0].path) } catch { throw .system(error) }
            files.removeFirst()
            least = files[0].segment.first
        }
        return least
    }
}
