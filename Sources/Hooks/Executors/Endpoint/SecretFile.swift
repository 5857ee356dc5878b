internal import Reactor

/// A token or a key in a file, read again when the file changes, as mounted Secrets and projected tokens do.
struct SecretFile {
    private static let bytesMax = 64 << 10
    /// How often the file is looked at.
    private static let pause = Nanoseconds.seconds(1)

    private let path: String
    private let bytesMin: Int
    private var stamp: FileStamp?
    private var bytes: [UInt8] = []
    private var nextLook: Instant?

    /// The file at `path`, which must hold so many bytes at least.
    init(_ path: String, bytesMin: Int = 1) {
        self.path = path
        self.bytesMin = bytesMin
    }

    /// What the file holds, without a line end at its end. A file that cannot be read, or holds too little, is a failure that
    /// may pass: it is perhaps being written.
    mutating func read(now: Instant) throws(HookFailure) -> [UInt8] {
        if let nextLook, now < nextLook { return bytes }
        do throws(SystemError) {
            let present = try FileStamp(of: path)
            if present != stamp {
                bytes = try Self.trimmed(WholeFile.read(path, bytesMax: Self.bytesMax))
                stamp = present
            }
        } catch {
            stamp = nil
            throw HookFailure(.error, error.description, isRetryable: true)
        }
        guard bytes.count >= bytesMin else {
            stamp = nil
            let need = bytesMin == 1 ? "is empty" : "holds fewer than \(bytesMin) bytes"
            throw HookFailure(.error, "\(path) \(need)", isRetryable: true)
        }
        nextLook = now + Self.pause
        return bytes
    }

    private static func trimmed(_ bytes: [UInt8]) -> [UInt8] {
        var rest = bytes[...]
        if rest.last == 0x0A { rest.removeLast() }
        if rest.last == 0x0D { rest.removeLast() }
        return Array(rest)
    }

    /// What is wrong with the file at present; nil if nothing is.
    static func complaint(_ path: String, bytesMin: Int = 1) -> String? {
        var file = SecretFile(path, bytesMin: bytesMin)
        do throws(HookFailure) { _ = try file.read(now: Instant(nanoseconds: 0)) } catch { return error.message }
        return nil
    }
}
