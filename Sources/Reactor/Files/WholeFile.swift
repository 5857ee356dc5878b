internal import CSystem
internal import Glibc

/// Files small enough to be read and written whole: certificates, rules, configuration.
public enum WholeFile {
    /// Reads a file of at most `bytesMax` bytes; a longer one is an error (EFBIG).
    public static func read(_ path: String, bytesMax: Int) throws(SystemError) -> [UInt8] {
        try readAll(try open(path, O_RDONLY | O_CLOEXEC, mode: 0), path, bytesMax: bytesMax)
    }

    private static func readAll(
        _ file: borrowing FileDescriptor, _ path: String, bytesMax: Int
    ) throws(SystemError) -> [UInt8] {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16 << 10)
        while true {
            guard let count = try file.read(into: &chunk) else { throw SystemError("read \(path)", code: EAGAIN) }
            if count == 0 { return bytes }
            guard bytes.count + count <= bytesMax else { throw SystemError("read \(path)", code: EFBIG) }
            bytes += chunk[..<count]
        }
    }

    /// Reads a file that somebody else could put anything in the place of: only a file proper, never through a link, is
    /// read, and nothing can make this wait. Nil where nothing is there.
    public static func readPlain(_ path: String, bytesMax: Int) throws(SystemError) -> [UInt8]? {
        let file: FileDescriptor
        do throws(SystemError) {
            file = try open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, mode: 0)
        } catch {
            if error.code == ENOENT { return nil }
            throw error
        }
        var status = stat()
        guard unsafe fstat(file.number, &status) == 0 else { throw SystemError("look at \(path)") }
        guard status.st_mode & S_IFMT == S_IFREG else { throw SystemError("read \(path)", code: EINVAL) }
        return try readAll(file, path, bytesMax: bytesMax)
    }

    /// Puts `bytes` in the place of a file, or makes it: whoever reads the path, even after a crash, finds the old content
    /// or the new, never a part.
    public static func replace(_ path: String, with bytes: [UInt8], mode: UInt32 = 0o644) throws(SystemError) {
        let temporary = "\(path).\(getpid()).new"
        do throws(SystemError) {
            try write(temporary, bytes, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode: mode)
            guard unsafe rename(temporary, path) == 0 else { throw SystemError("rename to \(path)") }
        } catch {
            _ = unsafe unlink(temporary)
            throw error
        }
        try syncDirectory(of: path)
    }

    /// Makes a file; an existing one is an error (EEXIST) and left alone.
    public static func create(_ path: String, with bytes: [UInt8], mode: UInt32 = 0o644) throws(SystemError) {
        try write(path, bytes, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode: mode)
        try syncDirectory(of: path)
    }

    /// Makes a file that need not outlive a crash of the machine; an existing one is an error (EEXIST) and left alone.
    public static func createUnsynced(
        _ path: String, with bytes: [UInt8], mode: UInt32 = 0o644
    ) throws(SystemError) {
        try write(path, bytes, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode: mode, isSynced: false)
    }

    /// Writes what need not outlive a crash of the machine into a file proper that is there and empty; whatever else somebody
    /// has put in its place is an error, and nothing can make this wait.
    public static func fillUnsynced(_ path: String, with bytes: [UInt8]) throws(SystemError) {
        let file = try open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, mode: 0)
        var status = stat()
        guard unsafe fstat(file.number, &status) == 0 else { throw SystemError("look at \(path)") }
        guard status.st_mode & S_IFMT == S_IFREG, status.st_size == 0 else {
            throw SystemError("fill \(path)", code: EINVAL)
        }
        try write(file, bytes)
    }

    /// True where something has that path, be it a link to nowhere.
    public static func exists(_ path: String) -> Bool {
        var status = stat()
        return unsafe lstat(path, &status) == 0
    }

    /// Makes a directory, and those above it that are missing.
    public static func makeDirectory(_ path: String, mode: UInt32 = 0o755) throws(SystemError) {
        if unsafe mkdir(path, mode) == 0 || errno == EEXIST { return }
        guard errno == ENOENT, let parent = parent(of: path), parent != path else {
            throw SystemError("make directory \(path)")
        }
        try makeDirectory(parent, mode: mode)
        guard unsafe mkdir(path, mode) == 0 || errno == EEXIST else { throw SystemError("make directory \(path)") }
    }

    /// The directory that holds `path`; nil for the root.
    public static func parent(of path: String) -> String? {
        var rest = path[...]
        while rest.count > 1, rest.hasSuffix("/") { rest = rest.dropLast() }
        guard let slash = rest.lastIndex(of: "/") else { return "." }
        if slash == rest.startIndex { return rest.count > 1 ? "/" : nil }
        return String(rest[..<slash])
    }

    private static func write(
        _ path: String, _ bytes: [UInt8], _ flags: CInt, mode: UInt32, isSynced: Bool = true
    ) throws(SystemError) {
        let file = try open(path, flags, mode: mode)
        // The mode that was asked for, whatever the process's mask is or an older file had.
        guard fchmod(file.number, mode) == 0 else { throw SystemError("change the mode of \(path)") }
        try write(file, bytes)
        guard !isSynced || fsync(file.number) == 0 else { throw SystemError("write \(path)") }
    }

    private static func write(_ file: borrowing FileDescriptor, _ bytes: [UInt8]) throws(SystemError) {
        var written = 0
        while written < bytes.count {
            guard let count = try file.write(bytes.span.extracting(written...)) else { continue }
            written += count
        }
    }

    /// Removes a file; it is no error where there is none.
    public static func remove(_ path: String) throws(SystemError) {
        guard unsafe unlink(path) == 0 || errno == ENOENT else { throw SystemError("remove \(path)") }
    }

    /// Waits until a file's name is on the disk: it is there only once its directory is.
    public static func syncDirectory(of path: String) throws(SystemError) {
        let directory = parent(of: path) ?? "/"
        let file = try open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC, mode: 0)
        guard fsync(file.number) == 0 || errno == EINVAL else { throw SystemError("write \(directory)") }
    }

    private static func open(_ path: String, _ flags: CInt, mode: UInt32) throws(SystemError) -> FileDescriptor {
        guard !path.utf8.contains(0) else { throw SystemError("open a path with a zero byte", code: EINVAL) }
        let number = unsafe system_open(path, flags, mode)
        guard number >= 0 else { throw SystemError("open \(path)") }
        return FileDescriptor(adopting: number)
    }
}
