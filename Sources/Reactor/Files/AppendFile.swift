internal import CSystem
internal import Glibc

/// A file that grows at its end only.
public struct AppendFile: ~Copyable {
    /// How many bytes it has.
    public private(set) var bytes: Int
    private let file: FileDescriptor
    private let path: String

    /// Opens the file; where there is none an empty one is made that only this user can read, if that is wanted.
    public static func open(_ path: String, creates: Bool = true) throws(SystemError) -> AppendFile {
        guard !path.utf8.contains(0) else { throw SystemError("open a path with a zero byte", code: EINVAL) }
        let number = unsafe system_open(
            path, O_RDWR | (creates ? O_CREAT : 0) | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard number >= 0 else { throw SystemError("open \(path)") }
        let file = FileDescriptor(adopting: number)
        let end = lseek(number, 0, SEEK_END)
        guard end >= 0 else { throw SystemError("look at \(path)") }
        return AppendFile(adopting: file, path, bytes: Int(end))
    }

    private init(adopting file: consuming FileDescriptor, _ path: String, bytes: Int) {
        self.file = file
        self.path = path
        self.bytes = bytes
    }

    /// Adds bytes at the end: all of them, or none where the kernel refuses some.
    public mutating func append(_ more: [UInt8]) throws(SystemError) {
        var written = 0
        do throws(SystemError) {
            while written < more.count { written += try file.write(more.span.extracting(written...)) ?? 0 }
        } catch {
            if written > 0 { _ = ftruncate(file.number, off_t(bytes)) }
            throw SystemError("write \(path)", code: error.code)
        }
        bytes += written
    }

    /// Cuts the end off.
    public mutating func truncate(to length: Int) throws(SystemError) {
        guard ftruncate(file.number, off_t(length)) == 0 else { throw SystemError("truncate \(path)") }
        bytes = length
    }

    /// Waits until everything is on the disk.
    public borrowing func sync() throws(SystemError) {
        guard fdatasync(file.number) == 0 else { throw SystemError("write \(path) to the disk") }
    }

    /// The bytes of a range; fewer where the file ends before it does.
    public borrowing func read(_ range: Range<Int>) throws(SystemError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: range.count)
        var count = 0
        while count < bytes.count {
            let got = unsafe bytes.withUnsafeMutableBytes { buffer in
                FileDescriptor.retried {
                    guard let base = buffer.baseAddress else { return 0 }
                    return unsafe pread(
                        file.number, base + count, range.count - count, off_t(range.lowerBound + count))
                }
            }
            guard got >= 0 else { throw SystemError("read \(path)") }
            if got == 0 { break }
            count += got
        }
        bytes.removeLast(bytes.count - count)
        return bytes
    }
}

/// A folder that one process has to itself as long as it keeps this.
public struct FolderLock: ~Copyable {
    private let file: FileDescriptor

    /// Takes the folder by the file of that name, which is made if need be; another process that has it is an error
    /// (EWOULDBLOCK).
    public static func take(_ folder: String, by name: String = "lock") throws(SystemError) -> FolderLock {
        let number = unsafe system_open("\(folder)/\(name)", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard number >= 0 else { throw SystemError("open \(folder)/\(name)") }
        let file = FileDescriptor(adopting: number)
        guard flock(number, LOCK_EX | LOCK_NB) == 0 else {
            throw SystemError("take \(folder), which another process uses")
        }
        return FolderLock(adopting: file)
    }

    /// Waits as long as `patience` for another process to let go of the folder.
    public static func wait(
        for folder: String, patience: Nanoseconds, clock: any Clock
    ) throws(SystemError) -> FolderLock {
        let end = clock.now + patience
        while true {
            do throws(SystemError) { return try take(folder) } catch {
                guard error.code == EWOULDBLOCK, clock.now < end else { throw error }
            }
            usleep(20_000)
        }
    }

    private init(adopting file: consuming FileDescriptor) { self.file = file }
}
