internal import Glibc

/// A directory that is removed, with all that is in it, when the test lets go of it.
public final class TemporaryDirectory: Sendable {
    /// Where it is.
    public let path: String

    /// The directory could not be made.
    public struct Failure: Error {
        /// The kernel's error number.
        public let code: Int32
    }

    /// Makes one.
    public init() throws {
        var name = Array("/tmp/portcullis-test-XXXXXX".utf8CString)
        let made = unsafe name.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return false }
            return unsafe mkdtemp(base) != nil
        }
        guard made else {
            throw Failure(code: errno)
        }
        path = unsafe name.withUnsafeBufferPointer { buffer in
            unsafe buffer.baseAddress.map { unsafe String(cString: $0) } ?? ""
        }
    }

    /// The names in it, sorted.
    public var entries: [String] { Self.names(path).sorted() }

    deinit { Self.remove(path) }

    private static func names(_ path: String) -> [String] {
        guard let directory = unsafe opendir(path) else { return [] }
        defer { unsafe closedir(directory) }
        var names: [String] = []
        while let entry = unsafe readdir(directory) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) {
                unsafe $0.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }

    private static func remove(_ path: String) {
        if unsafe unlink(path) == 0 { return }
        for name in names(path) { remove(path + "/" + name) }
        _ = unsafe rmdir(path)
    }
}
