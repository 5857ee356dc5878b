internal import CSystem
internal import Glibc

/// One question, put to one server after the other until one answers: by datagram, and by stream where the answer does not
/// fit into one. Each attempt has its own socket, so that the kernel draws a new port and drops what others send.
final class DNSQuery: EventHandler, TimerHandler {
    enum Outcome {
        case addresses([IPAddress])
        case noSuchName
        case unanswered
    }

    typealias Completion = (DNSQuery, Outcome) -> Void

    let question: DNSQuestion
    private let configuration: ResolverConfiguration
    private let loop: EventLoop
    private var completion: Completion?
    private var attempt = 0
    private var socket: FileDescriptor?
    private var registration: Registration?
    private var timer: Timer?
    private var stream: DNSStream?

    private static let datagramBytesMax = 4096

    init(_ question: DNSQuestion, _ configuration: ResolverConfiguration, _ loop: EventLoop) {
        self.question = question
        self.configuration = configuration
        self.loop = loop
    }

    func start(_ completion: @escaping Completion) {
        self.completion = completion
        ask()
    }

    func cancel() {
        closeAttempt()
        completion = nil
    }

    private func closeAttempt() {
        if let registration = registration.take() { loop.remove(registration) }
        loop.cancel(&timer)
        socket = nil
        stream = nil
    }

    private var server: SocketAddress { configuration.servers[attempt % configuration.servers.count] }

    /// Puts the question to the next server.
    private func ask() {
        closeAttempt()
        guard attempt < configuration.servers.count * configuration.attempts else { return finish(.unanswered) }
        do {
            try send()
            timer = loop.arm(after: configuration.timeout, self)
        } catch {
            askNext()
        }
    }

    private func askNext() {
        attempt += 1
        ask()
    }

    private func send() throws(SystemError) {
        let number = system_socket(server.ip.isV4 ? 1 : 0, CInt(SOCK_DGRAM.rawValue))
        guard number >= 0 else { throw SystemError("socket") }
        let socket = FileDescriptor(adopting: number)
        guard system_connect(number, server.packed) == 0 else { throw SystemError("connect to \(server)") }
        _ = try socket.write(question.message.span)
        self.socket = consume socket
        registration = try loop.add(number, .readable, self)
    }

    /// This server has had its time.
    func fired(_ timer: Timer, on loop: EventLoop) {
        self.timer = nil
        askNext()
    }

    func ready(_ readiness: Readiness, on loop: EventLoop) {
        if stream != nil { return streamReady() }
        var bytes = [UInt8](repeating: 0, count: Self.datagramBytesMax)
        guard let socket = socket.take() else { return }
        let outcome = Result { () throws(SystemError) in try socket.read(into: &bytes) }
        self.socket = consume socket
        switch outcome {
        case .success(.some(let count)): received(Array(bytes[..<count]))
        case .success(.none): break
        // The kernel tells here that nobody listens there.
        case .failure: askNext()
        }
    }

    private func received(_ message: [UInt8]) {
        switch question.answer(in: message) {
        case .addresses(let addresses): finish(.addresses(addresses))
        case .noSuchName: finish(.noSuchName)
        case .refused: askNext()
        case .truncated: stream == nil ? askByStream() : askNext()
        // Not what was asked: the real answer may still come. A stream has only one answer.
        case .foreign: if stream != nil { askNext() }
        }
    }

    private func askByStream() {
        closeAttempt()
        do {
            let socket = try TCPSocket.connect(to: server)
            let number = socket.number
            self.socket = consume socket
            stream = DNSStream(question.message)
            registration = try loop.add(number, .writable, self)
            timer = loop.arm(after: configuration.timeout, self)
        } catch {
            askNext()
        }
    }

    private func streamReady() {
        guard let socket = socket.take(), var stream = stream.take() else { return }
        let outcome = Result { () throws(SystemError) in try stream.move(over: socket) }
        self.socket = consume socket
        self.stream = stream
        switch outcome {
        case .success(.more): break
        case .success(.sent): if let registration { loop.change(registration, to: .readable) }
        case .success(.received(let message)): received(message)
        case .success(.ended), .failure: askNext()
        }
    }

    private func finish(_ outcome: Outcome) {
        closeAttempt()
        completion.take()?(self, outcome)
    }
}

/// A question and its answer over a stream, each after its length in two bytes.
struct DNSStream {
    enum Progress {
        case more
        case sent
        case received([UInt8])
        case ended
    }

    private var unsent: [UInt8]
    private var read: [UInt8] = []

    init(_ message: [UInt8]) {
        unsent = [UInt8(truncatingIfNeeded: message.count >> 8), UInt8(truncatingIfNeeded: message.count)] + message
    }

    mutating func move(over socket: borrowing FileDescriptor) throws(SystemError) -> Progress {
        if !unsent.isEmpty {
            guard let count = try socket.write(unsent.span) else { return .more }
            unsent.removeFirst(count)
            return unsent.isEmpty ? .sent : .more
        }
        var bytes = [UInt8](repeating: 0, count: 4096)
        guard let count = try socket.read(into: &bytes) else { return .more }
        guard count > 0 else { return .ended }
        read += bytes[..<count]
        guard read.count >= 2 else { return .more }
        let length = Int(read[0]) << 8 | Int(read[1])
        return read.count - 2 >= length ? .received(Array(read[2..<(2 + length)])) : .more
    }
}
