import CSystem
import Glibc
import Reactor
import Synchronization

/// How a loop's start went, told from its thread to the one that waits for it.
final class StartReport: Sendable {
    private let outcome = Mutex<Result<SocketAddress, SystemError>?>(nil)
    private let bell: CInt

    init() { bell = eventfd(0, CInt(EFD_CLOEXEC)) }

    deinit { close(bell) }

    func give(_ result: Result<SocketAddress, SystemError>) {
        outcome.withLock { $0 = result }
        var one: UInt64 = 1
        _ = unsafe write(bell, &one, 8)
    }

    /// The address that the loop listens on.
    func wait() throws(SystemError) -> SocketAddress {
        var count: UInt64 = 0
        while unsafe read(bell, &count, 8) < 0, errno == EINTR {}
        guard let result = outcome.withLock({ $0 }) else { throw SystemError("eventfd", code: EBADF) }
        return try result.get()
    }
}
