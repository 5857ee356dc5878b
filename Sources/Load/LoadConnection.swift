internal import HTTP
internal import Reactor
internal import TLS

/// One connection to the server under test, which carries one request at a time and is made anew when need be.
final class LoadConnection: EventHandler {
    private enum Phase { case unconnected, connecting, handshaking, sending, receiving, idle }

    private static let ended = "the server ended the connection instead of answering"

    private let index: Int
    private unowned let generator: LoadGenerator
    private var socket: LoadSocket?
    private var registration: Registration?
    private var interest: Readiness = []
    private var phase = Phase.unconnected
    private var machine: ClientConnection
    private var input = ByteBuffer()
    private var request = 0
    private var sent = 0

    init(_ index: Int, of generator: LoadGenerator) {
        self.index = index
        self.generator = generator
        machine = ClientConnection(limits: generator.limits)
    }

    /// Sends a request, after connecting if there is no connection.
    func begin(_ request: Int) {
        self.request = request
        sent = 0
        guard phase == .idle else { return connect() }
        phase = .sending
        send()
    }

    /// Gives up the request that is on its way, and the connection with it.
    func fail(_ outcome: LoadOutcome, _ why: @autoclosure () -> String) {
        disconnect()
        if generator.firstFailure == nil { generator.firstFailure = why() }
        generator.ended(index, outcome)
    }

    func ready(_ readiness: Readiness, on loop: EventLoop) {
        switch phase {
        case .unconnected: break
        case .connecting: connected()
        case .handshaking: handshake()
        case .sending: send()
        case .receiving: receive()
        // The server has ended a connection on which nothing was asked: the next request makes another.
        case .idle: disconnect()
        }
    }

    /// Closes the connection.
    func disconnect() {
        if let registration = registration.take() { generator.loop.remove(registration) }
        socket?.shutdown()
        socket = nil
        input.removeAll()
        machine = ClientConnection(limits: generator.limits)
        interest = []
        phase = .unconnected
    }
}

extension LoadConnection {
    private func connect() {
        disconnect()
        do throws(SystemError) {
            let socket = try LoadSocket(to: generator.address)
            registration = try generator.loop.add(socket.descriptor, .writable, self)
            interest = .writable
            self.socket = consume socket
            phase = .connecting
        } catch {
            fail(.connect, "\(error)")
        }
    }

    private func connected() {
        guard let descriptor = socket?.descriptorNow() else { return }
        if let failure = TCPSocket.failure(of: descriptor, generator.address) {
            return fail(.connect, "\(failure)")
        }
        if let context = generator.tls {
            do throws(TLSError) { try socket?.encrypt(for: generator.url.host, context) } catch {
                return fail(.connect, "\(error)")
            }
        }
        phase = .handshaking
        handshake()
    }

    private func handshake() {
        switch socket?.handshake() {
        case .done:
            phase = .sending
            send()
        case .wantsRead: wait(for: .readable)
        case .wantsWrite: wait(for: .writable)
        case .failed(let error): fail(.connect, "TLS handshake: \(error)")
        default: fail(.connect, "the server ended the connection during the TLS handshake")
        }
    }

    private func send() {
        let bytes = generator.requests[request].bytes
        while sent < bytes.count {
            switch socket?.write(bytes.span.extracting(sent..<bytes.count)) {
            case .done(let count): sent += count
            case .wantsWrite: return wait(for: [.readable, .writable])
            case .wantsRead: return wait(for: .readable)
            default: return fail(.transport, "the server ended the connection while a request was sent")
            }
        }
        generator.bytesSent += bytes.count
        machine.requestSent(.post)
        phase = .receiving
        wait(for: .readable)
    }

    private func receive() {
        while true {
            switch socket?.read(into: &input) {
            case .done(let count):
                generator.bytesReceived += count
                guard !judge(input.withMutableBytes { machine.received(&$0) }) else { return }
            case .wantsRead: return wait(for: .readable)
            case .wantsWrite: return wait(for: .writable)
            case .closed:
                if !judge(input.withMutableBytes { machine.inputEnded(&$0) }) { fail(.transport, Self.ended) }
                return
            default: return fail(.transport, Self.ended)
            }
        }
    }

    /// True when the request has ended.
    private func judge(_ action: ClientConnection.Action) -> Bool {
        switch action {
        case .needMore:
            input.truncate(to: machine.keptBytes)
            return false
        case .fail(let error): fail(.transport, error.sentence.description)
        case .close: fail(.transport, Self.ended)
        case .response:
            let body = machine.body
            let status = machine.head.statusCode
            let uid = generator.requests[request].uid
            let outcome = input.withBytes { bytes in
                generator.answer.outcome(status: status, body: bytes.extracting(body), uid: uid.span)
            }
            if machine.isReusable, !generator.connectsAnew {
                input.removeAll()
                phase = .idle
            } else {
                disconnect()
            }
            generator.ended(index, outcome)
        }
        return true
    }

    /// In the steady state this stays `readable`, and nothing is told to the kernel.
    private func wait(for wanted: Readiness) {
        guard wanted != interest, let registration else { return }
        interest = wanted
        generator.loop.change(registration, to: wanted)
    }
}

extension LoadSocket {
    // An optional that is not copyable can only be called on where it may be changed.
    fileprivate mutating func descriptorNow() -> CInt { descriptor }
}
