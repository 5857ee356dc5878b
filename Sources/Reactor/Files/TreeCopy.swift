internal import CSystem
internal import Glibc

/// Copies a folder with all that is in it, within bounds, so that nothing in the copy leads back out of it.
///
/// Links are kept if they point to something inside: their targets are relative, and `..` stands only at their beginning and
/// not more often than there are folders above. Every folder on such a path is either real or reached through a link of the
/// same kind, so none can lead outside. Other links, devices, sockets and pipes are refused.
public struct TreeCopy: Sendable {
    /// How many files, folders and links there may be.
    public var entriesMax = 2_000
    /// How many bytes all files may have together.
    public var bytesMax = 64 << 20
    /// How deep folders may be nested.
    public var depthMax = 16

    /// A copy within the usual bounds.
    public init() {}

    /// Why a folder is not copied.
    public enum Failure: Error, Hashable, Sendable, CustomStringConvertible {
        /// The kernel refused something.
        case system(SystemError)
        /// More files, folders and links than the limit.
        case tooManyEntries(Int)
        /// More bytes than the limit.
        case tooManyBytes(Int)
        /// Folders are nested more deeply than the limit.
        case tooDeep(String)
        /// A link leads outside.
        case link(String, target: String)
        /// It is no file, folder or link.
        case kind(String)
        /// Whoever wanted the copy does not want it any more.
        case abandoned

        /// What is wrong and where.
        public var description: String {
            switch self {
            case .system(let error): error.description
            case .tooManyEntries(let limit): "the folder has more than \(limit) files, folders and links"
            case .tooManyBytes(let limit): "the folder's files have more than \(limit >> 20) MiB together"
            case .tooDeep(let path): "\(path) is nested too deeply"
            case .link(let path, let target): "the link \(path) leads out of the folder: \(target)"
            case .kind(let path): "\(path) is not a file, a folder or a link"
            case .abandoned: "the copy is not wanted any more"
            }
        }
    }

    /// Copies what is in `source` into the folder `target`, which must exist. `isWanted` is asked between files.
    public func copy(
        _ source: String, to target: String, isWanted: () -> Bool = { true }
    ) throws(Failure) {
        var left = (entries: entriesMax, bytes: bytesMax)
        try copyFolder(source, target, depth: 0, &left, isWanted)
    }

    /// Walks as `copy` does and copies nothing: whether a copy would succeed.
    public func check(_ source: String) throws(Failure) {
        var left = (entries: entriesMax, bytes: bytesMax)
        try copyFolder(source, nil, depth: 0, &left, { true })
    }

    private func copyFolder(
        _ source: String, _ target: String?, depth: Int, _ left: inout (entries: Int, bytes: Int),
        _ isWanted: () -> Bool
    ) throws(Failure) {
        guard depth < depthMax else { throw .tooDeep(source) }
        for name in try Self.names(source) {
            guard isWanted() else { throw .abandoned }
            left.entries -= 1
            if left.entries < 0 { throw .tooManyEntries(entriesMax) }
            let from = "\(source)/\(name)"
            let to = target.map { "\($0)/\(name)" }
            var status = stat()
            guard unsafe lstat(from, &status) == 0 else { throw .system(SystemError("look at \(from)")) }
            switch status.st_mode & S_IFMT {
            case S_IFDIR:
                if let to { try Self.run("make directory \(to)", unsafe mkdir(to, 0o755)) }
                try copyFolder(from, to, depth: depth + 1, &left, isWanted)
            case S_IFLNK: try copyLink(from, to, depth: depth)
            case S_IFREG: try copyFile(from, to, mode: status.st_mode & 0o777 | 0o600, &left)
            default: throw .kind(from)
            }
        }
    }

    private static func names(_ folder: String) throws(Failure) -> [String] {
        do throws(SystemError) {
            return try FileTree.names(in: folder).filter { $0 != "." && $0 != ".." }
        } catch {
            throw .system(error)
        }
    }

    private static func run(_ operation: String, _ outcome: CInt) throws(Failure) {
        if outcome != 0 { throw .system(SystemError(operation)) }
    }

    private func copyLink(_ from: String, _ to: String?, depth: Int) throws(Failure) {
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = unsafe bytes.withUnsafeMutableBytes { buffer in
            guard let base = buffer.baseAddress else { return -1 }
            return unsafe readlink(from, base.assumingMemoryBound(to: CChar.self), buffer.count)
        }
        guard count >= 0 else { throw .system(SystemError("read the link \(from)")) }
        let target = String(decoding: bytes.prefix(count), as: UTF8.self)
        guard count < bytes.count, Self.staysInside(target, depth: depth) else { throw .link(from, target: target) }
        if let to { try Self.run("make the link \(to)", unsafe symlink(target, to)) }
    }

    /// Whether a link in a folder that many levels below the top can only lead to something below the top.
    static func staysInside(_ target: String, depth: Int) -> Bool {
        guard !target.isEmpty, !target.hasPrefix("/") else { return false }
        let parts = target.utf8.split(separator: UInt8(ascii: "/")).map { String(Substring($0)) }.filter { $0 != "." }
        let ups = parts.prefix { $0 == ".." }.count
        return ups <= depth && !parts.dropFirst(ups).contains("..")
    }

    private func copyFile(
        _ from: String, _ to: String?, mode: mode_t, _ left: inout (entries: Int, bytes: Int)
    ) throws(Failure) {
        let input = unsafe system_open(from, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0)
        guard input >= 0 else { throw .system(SystemError("open \(from)")) }
        let source = FileDescriptor(adopting: input)
        guard let to else { return try count(source, &left) }
        let output = unsafe system_open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
        guard output >= 0 else { throw .system(SystemError("open \(to)")) }
        let target = FileDescriptor(adopting: output)
        do throws(SystemError) {
            var chunk = [UInt8](repeating: 0, count: 128 << 10)
            while let count = try source.read(into: &chunk), count > 0 {
                left.bytes -= count
                if left.bytes < 0 { break }
                var written = 0
                while written < count {
                    written += try target.write(chunk.span.extracting(written..<count)) ?? 0
                }
            }
        } catch {
            throw .system(SystemError("copy \(from)", code: error.code))
        }
        if left.bytes < 0 { throw .tooManyBytes(bytesMax) }
        // The mode that the original has, whatever the process's mask is.
        try Self.run("change the mode of \(to)", fchmod(output, mode))
    }

    private func count(
        _ file: borrowing FileDescriptor, _ left: inout (entries: Int, bytes: Int)
    ) throws(Failure) {
        var status = stat()
        guard unsafe fstat(file.number, &status) == 0 else { throw .system(SystemError("look at a file")) }
        left.bytes -= Int(clamping: status.st_size)
        if left.bytes < 0 { throw .tooManyBytes(bytesMax) }
    }
}
