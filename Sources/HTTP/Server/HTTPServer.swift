internal import JSON
public import Reactor
public import TLS

/// One loop's share of an HTTP server: its listening sockets, its connections and the memory that they take turns with.
///
/// Requests are read into one buffer that belongs to the loop. A connection owns memory only while a request is partly read
/// or an answer partly sent, so a thousand idle connections cost little more than their TLS states.
public final class HTTPServer: ConnectionAcceptor {
    /// The bounds it keeps.
    public let options: HTTPServerOptions
    /// What happened so far.
    public internal(set) var counters = HTTPServerCounters()
    /// Requests whose answers are still to come.
    public internal(set) var inFlight = 0
    /// Open connections.
    public var connectionCount: Int { channels.count }
    /// True once `drain` was called.
    public private(set) var isDraining = false

    let loop: EventLoop
    let handler: any HTTPHandler
    private let identity: ServerIdentity?
    private var context: TLSContext?
    private var contextGeneration = 0
    private var listeners: [TCPListener] = []
    private var channels: [ServerChannel] = []
    private var whenDrained: (() -> Void)?
    private var random = SystemRandomNumberGenerator()

    /// The loop's own buffers; a connection borrows them for one event.
    var input = ByteBuffer()
    var output = ByteBuffer()
    var pool = BufferPool()
    /// The bytes of the largest request since the last `shrink`.
    public internal(set) var largestRequest = 0
    /// Bytes that connections own.
    var bufferedBytes = 0
    private var writer = JSONWriter(capacity: 512)

    /// A server on `loop`, with TLS where there is an identity.
    public init(
        on loop: EventLoop, _ options: HTTPServerOptions = HTTPServerOptions(), identity: ServerIdentity? = nil,
        handler: any HTTPHandler
    ) {
        self.loop = loop
        self.options = options
        self.identity = identity
        self.handler = handler
        refreshContext(force: true)
    }

    /// Listens on another address; the one it got is the result.
    public func listen(on address: SocketAddress) throws(SystemError) -> SocketAddress {
        let listener = try TCPListener(on: address, backlog: options.backlog, loop: loop, acceptor: self)
        listeners.append(listener)
        return listener.address
    }

    /// A client has connected.
    public func accepted(_ socket: consuming FileDescriptor, from peer: SocketAddress, on loop: EventLoop) {
        counters.accepted += 1
        guard channels.count < options.connectionsMax || evictOne() else {
            counters.shed += 1
            return
        }
        refreshContext(force: false)
        do throws(SystemError) {
            guard let transport = transport(over: socket) else {
                counters.handshakeFailures += 1
                return
            }
            let channel = ServerChannel(
                transport, isSecure: context != nil, ageEnd: loop.now + age(), index: channels.count, of: self)
            try channel.open()
            channels.append(channel)
        } catch {
            counters.shed += 1
        }
    }

    private func transport(over socket: consuming FileDescriptor) -> Transport? {
        guard let context else { return Transport(socket) }
        guard let tls = try? TLSConnection.accepting(socket.number, context) else { return nil }
        return Transport(socket, tls)
    }

    /// The context is looked for only when it has been replaced.
    private func refreshContext(force: Bool) {
        guard let identity else { return }
        let generation = identity.generation
        guard force || generation != contextGeneration else { return }
        contextGeneration = generation
        context = identity.context
    }

    private func age() -> Nanoseconds {
        let part = Int64(clamping: options.connectionAgeJitterPercent)
        let percent = 100 + Int64.random(in: -part...part, using: &random)
        return Nanoseconds(count: options.connectionAgeMax.count / 100) * percent
    }

    /// Closes a connection that nobody will miss: of a few drawn by lot the one that has been quiet longest.
    private func evictOne() -> Bool {
        var chosen: ServerChannel?
        for _ in 0..<8 {
            guard let channel = channels.randomElement(using: &random), channel.isExpendable else { continue }
            if chosen.map({ channel.lastActivity < $0.lastActivity }) ?? true { chosen = channel }
        }
        guard let chosen else { return false }
        counters.evicted += 1
        chosen.close()
        return true
    }

    /// Stops listening and ends each connection with its next answer, idle ones after `idle` (a request may be on its way);
    /// `whenDrained` is called when none is left.
    public func drain(idle: Nanoseconds, whenDrained: @escaping () -> Void) {
        // Whoever is in a backlog has been told by the kernel that it is connected.
        for listener in listeners { listener.acceptWaiting() }
        isDraining = true
        closeListeners()
        self.whenDrained = whenDrained
        for channel in channels { channel.drain(idle: idle) }
        if channels.isEmpty { self.whenDrained.take()?() }
    }

    /// Closes everything now; whose request has begun is told to ask another replica.
    public func close() {
        closeListeners()
        while let channel = channels.last { channel.abandon() }
    }

    /// Gives memory back that was of use to requests larger than those of late.
    public func shrink() {
        let wanted = largestRequest
        largestRequest = 0
        guard wanted < BufferPool.smallBytes else { return }
        pool.releaseLarge()
        if input.capacity > BufferPool.smallBytes { input.releaseMemory() }
    }

    private func closeListeners() {
        for listener in listeners {
            counters.shed += listener.counters.shed
            listener.close()
        }
        listeners = []
    }

    /// Connections that the listeners had to close for want of descriptors, those of closed listeners included.
    public var shedCount: UInt64 { listeners.reduce(counters.shed) { $0 + $1.counters.shed } }

    func forget(_ channel: ServerChannel) {
        let last = channels.removeLast()
        if last !== channel {
            channels[channel.index] = last
            last.index = channel.index
        }
        if channels.isEmpty { whenDrained.take()?() }
    }

    /// Writes an error that is no verdict, after which the connection closes unless it need not.
    func writeError(
        _ status: HTTPStatus, _ message: StaticString, retryAfter: Int?, closes: Bool, _ output: inout ByteBuffer
    ) {
        writer.reset()
        var body = StatusBody(status)
        body.retryAfterSeconds = retryAfter
        body.write(message.description, to: &writer)
        var response = ResponseWriter(status: status, closes: closes)
        response.retryAfterSeconds = retryAfter
        writer.withBytes { response.write($0, to: &output) }
    }
}
