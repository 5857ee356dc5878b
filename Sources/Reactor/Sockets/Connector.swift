internal import Glibc

/// Who asked for a connection.
public protocol ConnectorHandler: AnyObject {
    /// The socket is connected.
    func connected(_ connector: Connector, _ socket: consuming FileDescriptor, on loop: EventLoop)
    /// It is not, and will not be.
    func failed(_ connector: Connector, _ error: SystemError, on loop: EventLoop)
}

/// One attempt to connect, until it succeeds, fails, is cancelled or its deadline comes.
public final class Connector: EventHandler, TimerHandler {
    /// Where to.
    public let address: SocketAddress
    private var socket: FileDescriptor?
    private weak var handler: (any ConnectorHandler)?
    private let loop: EventLoop
    private var registration: Registration?
    private var timer: Timer?

    /// Begins to connect; `handler` hears of it in a later turn.
    public init(
        to address: SocketAddress, deadline: Instant, loop: EventLoop, handler: any ConnectorHandler
    ) throws(SystemError) {
        self.address = address
        self.loop = loop
        self.handler = handler
        let socket = try TCPSocket.connect(to: address)
        let number = socket.number
        self.socket = consume socket
        registration = try loop.add(number, .writable, self)
        timer = loop.arm(at: deadline, self)
    }

    /// Gives up; nobody is told.
    public func cancel() {
        if let registration = registration.take() { loop.remove(registration) }
        loop.cancel(&timer)
        socket = nil
    }

    /// The attempt has come to an end.
    public func ready(_ readiness: Readiness, on loop: EventLoop) {
        guard let socket = socket.take() else { return }
        let error = TCPSocket.failure(of: socket.number, address)
        cancel()
        if let error {
            handler?.failed(self, error, on: loop)
        } else {
            handler?.connected(self, socket, on: loop)
        }
    }

    /// The deadline has come.
    public func fired(_ timer: Timer, on loop: EventLoop) {
        self.timer = nil
        cancel()
        handler?.failed(self, SystemError("connect to \(address)", code: ETIMEDOUT), on: loop)
    }
}
