internal import Reactor
internal import TLS

/// One connection of a client: made for a request, used for it, then for others.
final class ClientChannel: EventHandler, TimerHandler, ConnectorHandler {
    private enum State {
        case connecting
        case handshake
        case sending
        case receiving
        case idle
        case closed
    }

    private static let readRoom = 16 << 10

    private let client: HTTPClient
    private var state = State.connecting
    private var call: HTTPCall?
    private var addresses: ArraySlice<IPAddress> = []
    private var connector: Connector?
    private var address: IPAddress?
    private var transport: Transport?
    private var registration: Registration?
    private var interest: Readiness = []
    private var machine: ClientConnection
    private var input = ByteBuffer()
    private var output = ByteBuffer()
    private var hasUsed = false
    private var ageEnd: Instant
    private var idleTimer: Timer?

    init(of client: HTTPClient) {
        self.client = client
        machine = ClientConnection(limits: client.target.limits)
        ageEnd = client.loop.now + client.target.connectionAgeMax
    }

    private var loop: EventLoop { client.loop }

    /// Whether another request may be sent on it.
    var isFresh: Bool { state == .idle && loop.now < ageEnd }

    /// Whether its address may still be connected to.
    var isAllowed: Bool { address.map { client.target.allows($0) } ?? false }

    // MARK: Connecting

    func connect(for call: HTTPCall) {
        self.call = call
        call.channel = self
        if client.target.url.isSecure, client.target.tls == nil { return fail(.noTLS) }
        client.resolver.resolve(client.target.url.host, deadline: call.deadline) { [weak self] result in
            self?.resolved(result)
        }
    }

    /// Every address is checked before any is connected to, so that a name cannot lead where an address may not.
    private func resolved(_ result: Result<[IPAddress], Resolver.Failure>) {
        guard state == .connecting, call != nil else { return }
        switch result {
        case .failure(let failure): fail(failure == .timedOut ? .timedOut : .name(failure))
        case .success(let all):
            addresses = all.filter { client.target.allows($0) }[...]
            guard let first = all.first else { return fail(.name(.notFound)) }
            if addresses.isEmpty { return fail(.addressRefused(first)) }
            connectNext(after: nil)
        }
    }

    /// Each address gets its share of the time that is left.
    private func connectNext(after error: SystemError?) {
        guard let call, let port = UInt16(exactly: client.target.url.port) else { return fail(.cancelled) }
        let left = call.deadline - loop.now
        let share = Nanoseconds(count: left.count / Int64(max(addresses.count, 1)))
        guard let address = addresses.popFirst() else {
            client.counters.failures += 1
            return fail(error.map { .connect($0) } ?? .connectionLost)
        }
        do throws(SystemError) {
            let place = SocketAddress(address, port: port)
            connector = try Connector(to: place, deadline: loop.now + share, loop: loop, handler: self)
        } catch {
            connectNext(after: error)
        }
    }

    func failed(_ connector: Connector, _ error: SystemError, on loop: EventLoop) {
        self.connector = nil
        connectNext(after: error)
    }

    func connected(_ connector: Connector, _ socket: consuming FileDescriptor, on loop: EventLoop) {
        self.connector = nil
        client.counters.connections += 1
        address = connector.address.ip
        let descriptor = socket.number
        do {
            if client.target.url.isSecure, let context = client.target.tls {
                let name = client.target.serverName ?? client.target.url.host
                let tls = try TLSConnection.connecting(descriptor, to: name, context)
                transport = Transport(socket, tls)
                state = .handshake
            } else {
                transport = Transport(socket)
            }
            registration = try loop.add(descriptor, .readable, self)
            interest = .readable
        } catch {
            return fail((error as? TLSError).map { .tls($0) } ?? .connectionLost)
        }
        if state == .handshake { shakeHands() } else { begin() }
    }

    private func shakeHands() {
        switch transport?.handshake() {
        case .done: begin()
        case .wantsRead: want(.readable)
        case .wantsWrite: want(.writable)
        case .failed(let error): fail(.tls(error))
        case .closed, nil: fail(.connectionLost)
        }
    }

    // MARK: One request

    func send(_ call: HTTPCall) {
        loop.cancel(&idleTimer)
        self.call = call
        call.channel = self
        begin()
    }

    private func begin() {
        guard let call else { return }
        client.counters.requests += 1
        state = .sending
        machine.requestSent(call.method)
        input.removeAll()
        output.removeAll()
        output.append(call.request)
        write()
    }

    private func write() {
        switch transport?.write(&output) {
        case .done:
            state = .receiving
            output.releaseMemory()
            want(.readable)
            if transport?.hasUnread == true { read() }
        case .wantsRead, .wantsWrite: want([.readable, .writable])
        // The server may have answered before it closed: an early refusal of a large body.
        case .closed, .failed, nil:
            state = .receiving
            read()
        }
    }

    func ready(_ readiness: Readiness, on loop: EventLoop) {
        switch state {
        case .handshake: shakeHands()
        case .sending:
            if readiness.contains(.writable) { write() }
            if state == .sending, readiness.contains(.readable) { read() }
        case .receiving: read()
        // A kept connection on which something happens is of no more use: the server closes it, or speaks unasked.
        case .idle: close()
        case .connecting, .closed: break
        }
    }

    private func read() {
        while state == .receiving || state == .sending {
            switch transport?.read(into: &input, room: Self.readRoom) {
            case .done: take(input.withMutableBytes { machine.received(&$0) })
            case .wantsRead, .wantsWrite: return
            case .closed(let isClean): ended(isClean: isClean)
            case .failed(let error): return fail(.tls(error))
            case nil: return
            }
        }
    }

    /// Without a farewell the end of the connection is no proof that the response ended there.
    private func ended(isClean: Bool) {
        if input.isEmpty { return lostUnanswered() }
        guard isClean || !client.target.url.isSecure else { return fail(.response(.endedEarly)) }
        let action = input.withMutableBytes { machine.inputEnded(&$0) }
        take(action)
        if state == .receiving || state == .sending { fail(.response(.endedEarly)) }
    }

    private func lostUnanswered() {
        guard hasUsed, let call, call.mayRetry else { return fail(.connectionLost) }
        self.call = nil
        close()
        client.retry(call)
    }

    private func take(_ action: ClientConnection.Action) {
        switch action {
        case .needMore: input.truncate(to: machine.keptBytes)
        case .response: finish()
        case .fail(let error): fail(.response(error))
        case .close: fail(.connectionLost)
        }
    }

    private func finish() {
        let response = HTTPResponse(head: machine.head, bytes: input.bytes, bodyRange: machine.body)
        let call = self.call.take()
        // A response that came before the whole request was sent leaves a connection in nobody knows what state.
        let isReusable = machine.isReusable && state == .receiving
        input.releaseMemory()
        hasUsed = true
        if isReusable {
            state = .idle
            want(.readable)
            idleTimer = loop.arm(after: client.target.idleTimeout, self)
            client.released(self)
        } else {
            close()
        }
        call?.finish(.success(response))
    }

    // MARK: The end

    /// It has been idle for too long.
    func fired(_ timer: Timer, on loop: EventLoop) {
        idleTimer = nil
        if state == .idle { close() }
    }

    /// The request was given up; what is still to come on the connection would be taken for the next one's answer.
    func abandon() {
        call = nil
        close()
    }

    func fail(_ error: HTTPClientError) {
        let call = self.call.take()
        close()
        call?.finish(.failure(error))
    }

    func close() {
        guard state != .closed else { return }
        state = .closed
        loop.cancel(&idleTimer)
        connector?.cancel()
        connector = nil
        if let registration = registration.take() { loop.remove(registration) }
        transport?.close()
        transport = nil
        client.lost(self)
    }

    private func want(_ readiness: Readiness) {
        guard readiness != interest, let registration else { return }
        interest = readiness
        loop.change(registration, to: readiness)
    }
}
