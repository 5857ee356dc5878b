internal import CSystem
internal import Glibc

/// An open file, socket or pipe, closed when its owner goes.
public struct FileDescriptor: ~Copyable {
    /// The kernel's number for it.
    public let number: CInt

    /// Takes over a number that nobody else will close.
    public init(adopting number: CInt) { self.number = number }

    deinit { _ = CSystem.close(number) }

    /// Closes it now.
    public consuming func close() {}

    /// Gives the number away; whoever gets it closes it.
    public consuming func release() -> CInt {
        let number = self.number
        discard self
        return number
    }

    /// Reads what is there into `bytes`; 0 is the end, nil that there is nothing yet.
    public borrowing func read(into bytes: inout [UInt8]) throws(SystemError) -> Int? {
        let count = unsafe bytes.withUnsafeMutableBytes { buffer in
            Self.retried { unsafe CSystem.read(number, buffer.baseAddress, buffer.count) }
        }
        return try Self.outcome(count, "read")
    }

    /// Writes what goes in; nil that nothing does at the moment.
    public borrowing func write(_ bytes: Span<UInt8>) throws(SystemError) -> Int? {
        let count = unsafe bytes.withUnsafeBytes { buffer in
            Self.retried { unsafe CSystem.write(number, buffer.baseAddress, buffer.count) }
        }
        return try Self.outcome(count, "write")
    }

    static func retried(_ call: () -> Int) -> Int {
        while true {
            let result = call()
            if result >= 0 || errno != EINTR { return result }
        }
    }

    /// Whether the call that just failed on this thread only has to wait.
    static var isWaiting: Bool { errno == EAGAIN }

    static func outcome(_ count: Int, _ operation: String) throws(SystemError) -> Int? {
        if count >= 0 { return count }
        // EWOULDBLOCK is the same number on Linux.
        guard errno == EAGAIN else { throw SystemError(operation) }
        return nil
    }
}
