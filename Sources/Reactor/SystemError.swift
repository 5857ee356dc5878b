internal import CSystem
internal import Glibc

/// A call that the kernel refused.
public struct SystemError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What was tried, for the reader of a message: `open /etc/hosts`.
    public let operation: String
    /// The kernel's error number.
    public let code: CInt

    /// An error with that number.
    public init(_ operation: String, code: CInt) {
        self.operation = operation
        self.code = code
    }

    /// The error of the call that just failed on this thread.
    init(_ operation: String) { self.init(operation, code: errno) }

    /// What was tried and the kernel's word for why not.
    public var description: String { "\(operation): \(Self.text(code))" }

    /// The C library's sentence for an error number.
    public static func text(_ code: CInt) -> String {
        guard let text = unsafe system_error_text(code) else { return "error \(code)" }
        return unsafe String(cString: text)
    }

    /// True where the machine or this process is short of something at the moment.
    public var isShortage: Bool { [EAGAIN, ENOMEM, EMFILE, ENFILE, ENOSPC].contains(code) }

    /// True where the file, or a folder on the way to it, does not exist.
    public var isNotFound: Bool { code == ENOENT || code == ENOTDIR }
}
