internal import Reactor
internal import TLS

/// One connection to a client: the machine that knows the protocol, the socket, and what waits between them.
final class ServerChannel: EventHandler, TimerHandler {
    enum State {
        case handshake
        case open
        /// Everything is said; what the client still sends is thrown away for a moment.
        case lingering
        case closed
    }

    static let readRoom = 64 << 10
    /// What one event reads at most, so that one fast client does not keep the others waiting.
    static let bytesPerEvent = 1 << 20
    /// Answers to pipelined requests are sent, and have to go out, before more of them are made.
    static let answerBytesMax = 256 << 10

    let server: HTTPServer
    var index: Int
    var requestNumber: UInt64 = 0
    var lastActivity: Instant
    var state: State

    var transport: Transport
    var machine: ServerConnection
    /// The bytes of a request that is partly read, or that waits behind one being answered.
    var input = ByteBuffer()
    /// What the socket did not take yet.
    var output = ByteBuffer()
    var ownedBytes = 0
    var registration: Registration?
    var interest = Readiness.readable
    var timer: Timer?
    var timerEnd = Instant.never
    var again: Timer?
    /// When the current request began to arrive, or the connection did.
    var arrival: Instant
    /// The turn of the loop in which its first bytes were read.
    var firstTurn: Instant
    var ageEnd: Instant
    /// While the server drains: how long the connection may wait for another request.
    var drainIdle: Nanoseconds?
    /// A handler has the request: it is deciding now, or has taken a ticket.
    var isHandling = false
    var isAwaitingTicket = false
    var wasAnsweredEarly = false
    var hasInputEnded = false
    /// Complete requests may be waiting in `input` until the answers before them are sent.
    var isStalled = false
    /// TLS has something of its own to send before it can read on.
    var mustWriteToRead = false
    /// Since when the socket has not taken all there was to send.
    var blockedSince = Instant.never

    init(
        _ transport: consuming Transport, isSecure: Bool, ageEnd: Instant, index: Int, of server: HTTPServer
    ) {
        self.transport = transport
        self.server = server
        self.index = index
        self.ageEnd = ageEnd
        state = isSecure ? .handshake : .open
        machine = ServerConnection(limits: server.options.limits)
        arrival = server.loop.readySince
        firstTurn = server.loop.now
        lastActivity = server.loop.now
    }

    func open() throws(SystemError) {
        registration = try server.loop.add(transport.descriptor, .readable, self)
        arm()
    }

    // MARK: Events

    func ready(_ readiness: Readiness, on loop: EventLoop) {
        guard state != .closed else { return }
        lastActivity = loop.now
        // A client that has gone altogether would be told again and again.
        if isAwaitingTicket, readiness.contains(.closed) { return close() }
        if state == .handshake { return shakeHands() }
        if !output.isEmpty, readiness.contains(.writable) {
            flushOwn()
            guard state != .closed else { return }
        }
        if readiness.contains(.readable) || mustWriteToRead { readAndAnswer() }
    }

    func shakeHands() {
        switch transport.handshake() {
        case .done:
            server.counters.handshakes += 1
            server.handler.handshakeEnded(after: server.loop.clock.now - arrival)
            state = .open
            want(.readable)
            if transport.hasUnread { readAndAnswer() }
        case .wantsRead: want(.readable)
        case .wantsWrite: want(.writable)
        case .closed, .failed:
            server.counters.handshakeFailures += 1
            close()
        }
    }

    /// Reads what is there and answers what is complete. The loop's buffers serve unless the connection has bytes of its own.
    func readAndAnswer() {
        // Bytes behind a request that is being answered, or before an answer that is not sent, stay in the kernel.
        guard !isAwaitingTicket, output.isEmpty else { return want(output.isEmpty ? [] : .writable) }
        var bytes = takeInput()
        var answers = ByteBuffer()
        swap(&answers, &server.output)
        var total = 0
        mustWriteToRead = false
        if isStalled {
            isStalled = false
            advance(&bytes, &answers, hasEnded: hasInputEnded)
        }
        reading: while canRead {
            if machine.wantedBytes > max(bytes.capacity, BufferPool.smallBytes) { moveToLargeBuffer(&bytes) }
            let room = roomWanted(bytes.count)
            transport.readAhead(machine.wantedBytes &- bytes.count)
            let outcome = transport.read(into: &bytes, room: room)
            switch outcome {
            case .done(let count):
                total += count
                server.counters.bytesRead &+= UInt64(count)
                if state == .lingering { bytes.removeAll() } else { advance(&bytes, &answers, hasEnded: false) }
            case .wantsRead: break reading
            case .wantsWrite:
                mustWriteToRead = true
                break reading
            case .closed(let isClean): ended(isClean: isClean, &bytes, &answers)
            case .failed: close()
            }
            guard canRead, transport.hasUnread else { break }
            if total >= Self.bytesPerEvent {
                again = server.loop.arm(at: server.loop.now, self)
                break
            }
        }
        if state != .closed { flush(&answers) }
        answers.removeAll()
        swap(&answers, &server.output)
        keepInput(&bytes)
    }

    var canRead: Bool {
        state != .closed && !isAwaitingTicket && output.isEmpty && !isStalled && !hasInputEnded
    }

    /// How much to read at once: what the current request still needs, and no more than that where it is large, because its
    /// buffer has no room for more; or an ordinary request.
    func roomWanted(_ count: Int) -> Int {
        let missing = min(machine.wantedBytes &- count, Self.bytesPerEvent)
        if missing > 0, machine.wantedBytes > BufferPool.smallBytes { return missing }
        return max(missing, count == 0 ? Self.readRoom : 16 << 10)
    }

    func ended(isClean: Bool, _ bytes: inout ByteBuffer, _ answers: inout ByteBuffer) {
        guard !hasInputEnded, state == .open else { return close() }
        hasInputEnded = true
        advance(&bytes, &answers, hasEnded: true)
    }
}
