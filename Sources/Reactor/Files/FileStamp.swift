internal import CSystem
internal import Glibc

/// What tells two states of a file apart without reading it.
public struct FileStamp: Hashable, Sendable {
    private let device: UInt64
    private let number: UInt64
    /// How many bytes the file has.
    public let bytes: Int64
    private let seconds: Int64
    private let nanoseconds: Int64

    /// The present state of the file, links followed.
    public init(of path: String) throws(SystemError) {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { throw SystemError("look at \(path)") }
        device = UInt64(status.st_dev)
        number = UInt64(status.st_ino)
        bytes = Int64(status.st_size)
        seconds = Int64(status.st_mtim.tv_sec)
        nanoseconds = Int64(status.st_mtim.tv_nsec)
    }
}
