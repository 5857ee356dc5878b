internal import CSystem
internal import Glibc

/// Who gets the connections that a listener accepts.
public protocol ConnectionAcceptor: AnyObject {
    /// A client has connected; the socket is non-blocking.
    func accepted(_ socket: consuming FileDescriptor, from peer: SocketAddress, on loop: EventLoop)
}

/// A listening socket on a loop.
///
/// Out of descriptors, a connection waiting in the backlog would keep the loop busy without end. So a descriptor is held in
/// reserve: it is given up to accept that connection and close it at once, and then nothing is accepted for a moment.
public final class TCPListener: EventHandler, TimerHandler {
    /// What happened so far.
    public struct Counters: Sendable {
        /// Connections handed to the acceptor.
        public var accepted: UInt64 = 0
        /// Connections closed at once because no descriptor was left.
        public var shed: UInt64 = 0
    }

    private static let acceptsPerTurn = 64
    private static let backOff = Nanoseconds.milliseconds(50)

    /// The address it is bound to.
    public let address: SocketAddress
    /// What happened so far.
    public private(set) var counters = Counters()
    /// True while nothing is accepted.
    public var isPaused: Bool { pauses > 0 }

    private let socket: FileDescriptor
    private var reserve: CInt
    private weak var acceptor: (any ConnectionAcceptor)?
    private let loop: EventLoop
    private var registration: Registration?
    private var backOffTimer: Timer?
    private var pauses = 0

    /// Begins to accept.
    public init(
        on address: SocketAddress, backlog: CInt = 1024, loop: EventLoop, acceptor: any ConnectionAcceptor
    ) throws(SystemError) {
        socket = try TCPSocket.listen(on: address, backlog: backlog)
        self.address = try TCPSocket.localAddress(of: socket.number)
        self.loop = loop
        self.acceptor = acceptor
        reserve = Self.openReserve()
        registration = try loop.add(socket.number, .readable, self)
    }

    deinit { if reserve >= 0 { _ = Glibc.close(reserve) } }

    /// Stops listening; connections in the backlog are refused.
    public func close() {
        if let registration = registration.take() { loop.remove(registration) }
        loop.cancel(&backOffTimer)
        _ = shutdown(socket.number, CInt(SHUT_RDWR))
    }

    /// Leaves new connections in the backlog until `resume` has been called as often.
    public func pause() {
        pauses += 1
        if let registration, pauses == 1 { loop.change(registration, to: []) }
    }

    /// Takes back one `pause`.
    public func resume() {
        pauses -= 1
        if let registration, pauses == 0 { loop.change(registration, to: .readable) }
    }

    /// Accepts everybody who is connected already.
    public func acceptWaiting() {
        var before: UInt64
        repeat {
            before = counters.accepted
            ready(.readable, on: loop)
        } while counters.accepted > before
    }

    /// Accepts what waits, up to a bound.
    public func ready(_ readiness: Readiness, on loop: EventLoop) {
        for _ in 0..<Self.acceptsPerTurn where registration != nil && !isPaused {
            var peer = system_address()
            let number = unsafe system_accept(socket.number, &peer)
            guard number >= 0 else {
                if errno == EINTR || errno == ECONNABORTED { continue }
                return acceptFailed(errno)
            }
            TCPSocket.setNoDelay(number)
            counters.accepted += 1
            acceptor?.accepted(FileDescriptor(adopting: number), from: SocketAddress(peer), on: loop)
        }
    }

    /// The moment without accepting is over.
    public func fired(_ timer: Timer, on loop: EventLoop) {
        backOffTimer = nil
        if reserve < 0 { reserve = Self.openReserve() }
        resume()
    }

    private func acceptFailed(_ code: CInt) {
        if code == EAGAIN { return }
        // The errors of the network (accept(2)) are those of a connection, not of the listener: it is tried again.
        guard code == EMFILE || code == ENFILE || code == ENOBUFS || code == ENOMEM else { return }
        if reserve >= 0 { shed() }
        guard backOffTimer == nil else { return }
        pause()
        backOffTimer = loop.arm(after: Self.backOff, self)
    }

    private func shed() {
        _ = Glibc.close(reserve)
        var peer = system_address()
        let number = unsafe system_accept(socket.number, &peer)
        if number >= 0 {
            counters.shed += 1
            _ = Glibc.close(number)
        }
        reserve = Self.openReserve()
    }

    private static func openReserve() -> CInt { unsafe system_open("/dev/null", O_RDONLY | O_CLOEXEC, 0) }
}
