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

    private static let readRoom = 64 << 10
    /// What one event reads at most, so that one fast client does not keep the others waiting.
    private static let bytesPerEvent = 1 << 20
    /// Answers to pipelined requests are sent, and have to go out, before more of them are made.
    private static let answerBytesMax = 256 << 10

    let server: HTTPServer
    var index: Int
    private(set) var requestNumber: UInt64 = 0
    private(set) var lastActivity: Instant
    private(set) var state: State

    private var transport: Transport
    var machine: ServerConnection
    /// The bytes of a request that is partly read, or that waits behind one being answered.
    private var input = ByteBuffer()
    /// What the socket did not take yet.
    private var output = ByteBuffer()
    private var ownedBytes = 0
    private var registration: Registration?
    private var interest = Readiness.readable
    private var timer: Timer?
    private var timerEnd = Instant.never
    private var again: Timer?
    private var arrival: Instant
    private var ageEnd: Instant
    private var drainEnd: Instant?
    /// A handler has the request: it is deciding now, or has taken a ticket.
    private var isHandling = false
    private var isAwaitingTicket = false
    private var wasAnsweredEarly = false
    private var hasInputEnded = false
    /// Complete requests may be waiting in `input` until the answers before them are sent.
    private var isStalled = false
    /// TLS has something of its own to send before it can read on.
    private var mustWriteToRead = false
    /// Since when the socket has not taken all there was to send.
    private var blockedSince = Instant.never

    init(
        _ transport: consuming Transport, isSecure: Bool, ageEnd: Instant, index: Int, of server: HTTPServer
    ) {
        self.transport = transport
        self.server = server
        self.index = index
        self.ageEnd = ageEnd
        state = isSecure ? .handshake : .open
        machine = ServerConnection(limits: server.options.limits)
        arrival = server.loop.now
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

    private func shakeHands() {
        switch transport.handshake() {
        case .done:
            server.counters.handshakes += 1
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
    private func readAndAnswer() {
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
            let outcome = transport.read(into: &bytes, room: roomWanted(bytes.count))
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

    private var canRead: Bool {
        state != .closed && !isAwaitingTicket && output.isEmpty && !isStalled && !hasInputEnded
    }

    /// How much to read at once: what the current request still needs, or an ordinary request.
    private func roomWanted(_ count: Int) -> Int {
        let wanted = machine.wantedBytes
        return max(min(wanted &- count, Self.bytesPerEvent), count == 0 ? Self.readRoom : 16 << 10)
    }

    private func ended(isClean: Bool, _ bytes: inout ByteBuffer, _ answers: inout ByteBuffer) {
        guard !hasInputEnded, state == .open else { return close() }
        hasInputEnded = true
        advance(&bytes, &answers, hasEnded: true)
    }

    // MARK: Requests

    /// Has the machine look at the bytes, again and again until it needs more of them.
    private func advance(_ bytes: inout ByteBuffer, _ answers: inout ByteBuffer, hasEnded: Bool) {
        var hasEnded = hasEnded
        while state == .open {
            if answers.count > Self.answerBytesMax {
                flush(&answers)
                isStalled = !output.isEmpty
                if isStalled || state != .open { return }
            }
            if machine.isIdle, !bytes.isEmpty { arrival = server.loop.now }
            let action = bytes.withMutableBytes { span in
                hasEnded ? machine.inputEnded(&span) : machine.received(&span)
            }
            hasEnded = false
            bytes.truncate(to: machine.keptBytes)
            switch action {
            case .needMore: return
            case .sendContinue: ResponseWriter.writeContinue(to: &answers)
            case .request: guard handle(&bytes, &answers) else { return }
            case .refuse(let error): return refuse(error, &bytes, &answers)
            case .close: return finish(&answers)
            }
        }
    }

    /// Gives the request to the handler; false where the next must wait.
    private func handle(_ bytes: inout ByteBuffer, _ answers: inout ByteBuffer) -> Bool {
        requestNumber &+= 1
        server.counters.requests &+= 1
        if server.loop.now >= ageEnd || server.isDraining { machine.isDraining = true }
        let closes = machine.closesAfterAnswer
        if let message = overload {
            server.counters.overloaded += 1
            server.writeError(.serviceUnavailable, message, retryAfter: 1, closes: closes, &answers)
            return answered(&bytes, &answers)
        }
        let exchange = HTTPExchange(channel: self, arrival: arrival, closes: closes)
        isHandling = true
        wasAnsweredEarly = false
        let progress = bytes.withBytes {
            server.handler.handle(machine.head, body: machine.body, in: $0, exchange, output: &answers)
        }
        isHandling = false
        guard progress == .later, !wasAnsweredEarly else {
            if wasAnsweredEarly { takeEarlyAnswer(&answers) }
            return answered(&bytes, &answers)
        }
        isAwaitingTicket = true
        server.inFlight += 1
        // The handler has kept what it needs of this request.
        bytes.dropFirst(machine.requestBytes)
        return false
    }

    /// What has no chance to be answered well is turned away while that is still cheap.
    private var overload: StaticString? {
        if server.inFlight >= server.options.inFlightMax { return "too many requests are being answered" }
        if server.bufferedBytes > server.options.bufferedBytesMax { return "too many requests are being received" }
        let delay = server.loop.clock.now - arrival
        return machine.requestBytes < 32 << 10 && delay > server.options.queueDelayMax && isPrompt
            ? "the request waited too long for its turn" : nil
    }

    /// The request came in one piece, so that all of its delay is the loop's.
    private var isPrompt: Bool { arrival == server.loop.now }

    /// Goes on after an answer; false where the connection ends with it.
    private func answered(_ bytes: inout ByteBuffer, _ answers: inout ByteBuffer) -> Bool {
        switch machine.answered() {
        case .request(let count):
            bytes.dropFirst(count)
            return !bytes.isEmpty || hasInputEnded
        case .close:
            finish(&answers)
            return false
        }
    }

    private func refuse(_ error: RequestError, _ bytes: inout ByteBuffer, _ answers: inout ByteBuffer) {
        if error == .tooSlow { server.counters.slow += 1 } else { server.counters.refused += 1 }
        server.writeError(error.status, error.sentence, retryAfter: nil, closes: true, &answers)
        bytes.removeAll()
        finish(&answers)
    }

    /// Sends what is left to be sent, then ends the connection.
    private func finish(_ answers: inout ByteBuffer) {
        guard state == .open else { return }
        state = .lingering
        flush(&answers)
    }

    // MARK: Answers

    func isAwaiting(_ number: UInt64) -> Bool {
        number == requestNumber && state == .open && (isAwaitingTicket || isHandling && !wasAnsweredEarly)
    }

    func answer(_ number: UInt64, _ write: (inout ByteBuffer, Bool) -> Void) {
        guard isAwaiting(number) else {
            server.counters.undelivered += 1
            return
        }
        if isHandling {
            write(&output, machine.closesAfterAnswer)
            wasAnsweredEarly = true
            return
        }
        isAwaitingTicket = false
        server.inFlight -= 1
        if server.isDraining { machine.isDraining = true }
        var answers = ByteBuffer()
        swap(&answers, &server.output)
        write(&answers, machine.closesAfterAnswer)
        var bytes = takeInput()
        if case .close = machine.answered() {
            finish(&answers)
        } else {
            if !bytes.isEmpty || hasInputEnded { advance(&bytes, &answers, hasEnded: hasInputEnded) }
            flush(&answers)
        }
        answers.removeAll()
        swap(&answers, &server.output)
        keepInput(&bytes)
    }

    private func takeEarlyAnswer(_ answers: inout ByteBuffer) {
        output.withBytes { answers.append($0) }
        output.releaseMemory()
    }

    var client: Certificate.Facts? { transport.peer }

    // MARK: Writing

    /// Sends the loop's answers; what the socket does not take becomes the connection's own.
    private func flush(_ answers: inout ByteBuffer) {
        guard state != .closed else { return }
        if output.isEmpty {
            let before = answers.count
            let outcome = transport.write(&answers)
            server.counters.bytesWritten &+= UInt64(before - answers.count)
            guard settle(outcome) else { return }
        }
        if !answers.isEmpty {
            if output.isEmpty { blockedSince = server.loop.now }
            if output.capacity == 0 { output = server.pool.take() }
            answers.withBytes { output.append($0) }
            answers.removeAll()
        }
        written()
    }

    private func flushOwn() {
        let before = output.count
        let outcome = transport.write(&output)
        server.counters.bytesWritten &+= UInt64(before - output.count)
        guard settle(outcome) else { return }
        if output.isEmpty { giveBackOutput() }
        written()
        // What was left in the connection's buffer, or in OpenSSL's, is not announced by the kernel.
        if output.isEmpty, state == .open, !isAwaitingTicket { readAndAnswer() }
    }

    private func settle(_ outcome: TLSOutcome) -> Bool {
        switch outcome {
        case .done, .wantsRead, .wantsWrite: return true
        case .closed, .failed:
            server.counters.undelivered += 1
            close()
            return false
        }
    }

    private func written() {
        if !output.isEmpty {
            want(.writable)
        } else if state == .lingering {
            linger()
        } else {
            want(mustWriteToRead ? [.readable, .writable] : .readable)
        }
        arm()
    }

    /// A client that has not sent its whole request yet would be told of a reset instead of the refusal, were the socket
    /// simply closed.
    private func linger() {
        if hasInputEnded { return close() }
        transport.shutdownWriting()
        want(.readable)
    }

    private func giveBackOutput() {
        var given = ByteBuffer()
        swap(&given, &output)
        server.pool.give(given)
    }

    // MARK: Memory

    private func takeInput() -> ByteBuffer {
        var bytes = ByteBuffer()
        swap(&bytes, &input)
        if bytes.capacity == 0 { swap(&bytes, &server.input) }
        return bytes
    }

    /// Puts the buffer back: to the loop when it is empty, else its bytes become the connection's own.
    private func keepInput(_ bytes: inout ByteBuffer) {
        if bytes.isEmpty || state == .closed || state == .lingering {
            bytes.removeAll()
            if server.input.capacity == 0, bytes.capacity <= 4 * Self.readRoom {
                swap(&bytes, &server.input)
            } else {
                server.pool.give(exchange(&bytes, with: ByteBuffer()))
            }
        } else if server.input.capacity == 0, bytes.capacity <= 4 * Self.readRoom {
            var own = server.pool.take()
            own.reserve(machine.wantedBytes)
            bytes.withBytes { own.append($0) }
            swap(&own, &input)
            bytes.removeAll()
            swap(&bytes, &server.input)
        } else {
            swap(&bytes, &input)
        }
        account()
    }

    private func account() {
        let owned = input.capacity + output.capacity
        server.bufferedBytes += owned - ownedBytes
        ownedBytes = owned
    }

    // MARK: Time

    private func want(_ readiness: Readiness) {
        guard readiness != interest, let registration else { return }
        interest = readiness
        server.loop.change(registration, to: readiness)
    }

    /// When something must have happened, as things are now.
    private var deadline: Instant {
        let options = server.options
        switch state {
        case .closed: return .never
        case .handshake: return arrival + options.handshakeTimeout
        case .lingering where output.isEmpty: return lastActivity + options.lingerTime
        default: break
        }
        if !output.isEmpty { return blockedSince + options.writeTimeout }
        if isAwaitingTicket { return lastActivity + options.idleTimeout }
        if machine.isIdle { return min(lastActivity + options.idleTimeout, drainEnd ?? .never) }
        let bytes = Int64(clamping: input.count)
        let earned = Nanoseconds.seconds(bytes / Int64(max(options.requestBytesPerSecondMin, 1)))
        return arrival + min(options.requestGrace + earned, options.requestTimeMax)
    }

    /// The timer is only ever moved forward in time; one that fires too early looks again.
    private func arm() {
        let deadline = self.deadline
        guard deadline < timerEnd || timer == nil else { return }
        server.loop.cancel(&timer)
        timerEnd = deadline
        timer = server.loop.arm(at: deadline, self)
    }

    func fired(_ timer: Timer, on loop: EventLoop) {
        if timer == again {
            again = nil
            return readAndAnswer()
        }
        self.timer = nil
        timerEnd = .never
        guard state != .closed else { return }
        guard isAwaitingTicket || loop.now < deadline else { return expired() }
        if isAwaitingTicket { lastActivity = loop.now }
        arm()
    }

    private func expired() {
        if state == .handshake { server.counters.handshakeFailures += 1 }
        if !output.isEmpty { server.counters.undelivered += 1 }
        guard state == .open, output.isEmpty, case .refuse(let error) = machine.timedOut() else { return close() }
        var answers = ByteBuffer()
        var bytes = takeInput()
        refuse(error, &bytes, &answers)
        keepInput(&bytes)
    }

    // MARK: The end

    /// Whether the connection may be closed to make room: nothing of it is being answered.
    var isExpendable: Bool { !isAwaitingTicket && !isHandling && output.isEmpty }

    func drain(idleEnd: Instant) {
        drainEnd = idleEnd
        if state == .open { machine.isDraining = true }
        arm()
    }

    func close() {
        guard state != .closed else { return }
        state = .closed
        if isAwaitingTicket {
            isAwaitingTicket = false
            server.inFlight -= 1
        }
        server.loop.cancel(&timer)
        server.loop.cancel(&again)
        if let registration = registration.take() { server.loop.remove(registration) }
        transport.close()
        input.releaseMemory()
        output.releaseMemory()
        account()
        server.forget(self)
    }
}
