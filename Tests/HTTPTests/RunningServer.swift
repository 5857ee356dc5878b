import Glibc
import HTTP
import Reactor
import TLS

/// Answers what the path asks for, in each of the ways that a handler may.
final class PathHandler: HTTPHandler {
    /// Tickets of requests for `/never`, so that tests can see what becomes of them.
    var tickets: [HTTPTicket] = []
    private let loop: EventLoop

    init(_ loop: EventLoop) { self.loop = loop }

    func handle(
        _ head: RequestHead, body: Range<Int>, in bytes: Span<UInt8>, _ exchange: HTTPExchange,
        output: inout ByteBuffer
    ) -> HTTPProgress {
        switch head.path.string(in: bytes) {
        case "/echo": Self.write(bytes.extracting(body), exchange.closes, &output)
        case "/big": Self.write([UInt8](repeating: 0x62, count: 4 << 20).span, exchange.closes, &output)
        case "/who": Self.write((exchange.client?.commonName ?? "nobody").utf8.span, exchange.closes, &output)
        case "/later":
            let ticket = exchange.ticket()
            let copy = (0..<body.count).map { bytes[body.lowerBound + $0] }
            loop.arm(after: .milliseconds(20)) { _ in
                ticket.answer { output, closes in Self.write(copy.span, closes, &output) }
                ticket.answer { _, _ in preconditionFailure("answered twice") }
            }
            return .later
        case "/early":
            exchange.ticket().answer { output, closes in Self.write([0x65].span, closes, &output) }
            return .later
        case "/never":
            tickets.append(exchange.ticket())
            return .later
        default: ResponseWriter(status: .notFound, closes: exchange.closes).writeHead(bodyBytes: 0, to: &output)
        }
        return .answered
    }

    private static func write(_ body: Span<UInt8>, _ closes: Bool, _ output: inout ByteBuffer) {
        ResponseWriter(status: .ok, contentType: "text/plain", closes: closes).write(body, to: &output)
    }
}

/// A server on a thread of its own.
final class RunningServer {
    struct State: Sendable {
        var counters = HTTPServerCounters()
        var connections = 0
        var inFlight = 0
        var liveTickets = 0
    }

    /// What belongs to the loop's thread.
    private final class Inside: @unchecked Sendable {
        var server: HTTPServer?
        var handler: PathHandler?
        var address: SocketAddress?
        var failure: SystemError?
        var state = State()
        var isDrained = false
    }

    let address: SocketAddress
    private let inside = Inside()
    private let thread: LoopThread

    init(identity: ServerIdentity? = nil, _ change: (inout HTTPServerOptions) -> Void = { _ in }) throws {
        SignalWatch.ignoreBrokenPipes()
        var options = HTTPServerOptions()
        change(&options)
        let gate = Gate()
        thread = try LoopThread("test", clock: SystemClock()) { [inside, options] loop in
            let handler = PathHandler(loop)
            let server = HTTPServer(on: loop, options, identity: identity, handler: handler)
            do throws(SystemError) {
                inside.address = try server.listen(on: SocketAddress(.loopbackV4, port: 0))
            } catch {
                inside.failure = error
            }
            (inside.server, inside.handler) = (server, handler)
            gate.open()
        }
        gate.wait()
        if let failure = inside.failure { throw failure }
        address = inside.address!
    }

    /// Runs `work` on the loop's thread and waits for it.
    private func onLoop(_ work: @escaping @Sendable (Inside) -> Void) {
        let gate = Gate()
        let isTaken = thread.mailbox.submit { [inside] _ in
            work(inside)
            gate.open()
        }
        if isTaken { gate.wait() }
    }

    var state: State {
        onLoop { inside in
            guard let server = inside.server else { return }
            inside.state = State(
                counters: server.counters, connections: server.connectionCount, inFlight: server.inFlight,
                liveTickets: inside.handler?.tickets.count { $0.isLive } ?? 0)
        }
        return inside.state
    }

    /// Answers what `/never` left open.
    func answerTickets() {
        onLoop { inside in
            for ticket in inside.handler?.tickets ?? [] {
                ticket.answer { output, closes in
                    ResponseWriter(status: .ok, closes: closes).writeHead(bodyBytes: 0, to: &output)
                }
            }
        }
    }

    func close() { onLoop { $0.server?.close() } }

    /// Keeps the loop from its work while `body` runs, and for so long afterwards.
    func stall(milliseconds: UInt32, while body: () throws -> Void) rethrows {
        let (stalled, done) = (Gate(), Gate())
        _ = thread.mailbox.submit { _ in
            stalled.open()
            done.wait()
            usleep(milliseconds * 1000)
        }
        stalled.wait()
        defer { done.open() }
        try body()
    }

    func drain(idle: Nanoseconds) {
        onLoop { inside in inside.server?.drain(idle: idle) { inside.isDrained = true } }
    }

    var isDrained: Bool {
        onLoop { _ in }
        return inside.isDrained
    }

    /// Waits until `condition` holds of the server's state.
    func wait(seconds: Double = 10, until condition: (State) -> Bool) -> Bool {
        for _ in 0..<Int(seconds * 200) {
            if condition(state) { return true }
            usleep(5000)
        }
        return false
    }

    deinit {
        onLoop { inside in
            inside.server?.close()
            inside.server = nil
            inside.handler = nil
        }
        thread.stop()
    }
}

/// Lets one thread wait for another.
final class Gate: @unchecked Sendable {
    private let semaphore = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)

    init() { sem_init(semaphore, 0, 0) }

    deinit {
        sem_destroy(semaphore)
        semaphore.deallocate()
    }

    func open() { sem_post(semaphore) }

    func wait() { while sem_wait(semaphore) != 0 {} }
}

/// A blocking client that sends bytes as they are and waits for bytes.
final class RawClient {
    let socket: CInt
    private(set) var received: [UInt8] = []

    init(_ address: SocketAddress) throws {
        socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        name.sin_port = address.port.bigEndian
        name.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var limit = timeval(tv_sec: 10, tv_usec: 0)
        setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        let outcome = withUnsafePointer(to: &name) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard outcome == 0 else { throw SystemError("connect", code: errno) }
    }

    deinit { close(socket) }

    @discardableResult
    func send(_ text: String) -> Bool { send(Array(text.utf8)) }

    @discardableResult
    func send(_ bytes: [UInt8]) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }

    func endInput() { shutdown(socket, Int32(SHUT_WR)) }

    /// Ends the connection with a reset.
    func reset() {
        var linger = linger(l_onoff: 1, l_linger: 0)
        setsockopt(socket, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<Glibc.linger>.size))
        // The number must stay taken until deinit, so another socket is put in its place.
        let spare = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        dup2(spare, socket)
        close(spare)
    }

    /// Reads until `count` bytes have come in all, or the end; false after ten seconds of silence.
    @discardableResult
    func read(_ count: Int) -> Bool {
        while received.count < count {
            guard readOnce() > 0 else { return false }
        }
        return true
    }

    /// Everything until the server closes; nil when it does not, or resets.
    func readToEnd() -> String? {
        while true {
            let count = readOnce()
            if count == 0 { return text }
            if count < 0 { return nil }
        }
    }

    private func readOnce() -> Int {
        var bytes = [UInt8](repeating: 0, count: 65536)
        let count = recv(socket, &bytes, bytes.count, 0)
        if count > 0 { received += bytes[..<count] }
        return count
    }

    var text: String { String(decoding: received, as: UTF8.self) }

    /// Forgets what has been received.
    func forget() { received = [] }

    /// Sends a request and returns the whole response, whose length its head says.
    func ask(_ path: String, _ body: String = "", fields: String = "") -> String {
        received = []
        send("POST \(path) HTTP/1.1\r\nHost: a\r\nContent-Length: \(body.utf8.count)\r\n\(fields)\r\n\(body)")
        return readResponse()
    }

    func readResponse() -> String {
        while true {
            if let end = text.range(of: "\r\n\r\n") {
                let head = text[..<end.lowerBound]
                let length = head.split(separator: "\r\n").first { $0.hasPrefix("Content-Length: ") }
                    .flatMap { Int($0.dropFirst(16)) }
                if received.count >= head.utf8.count + 4 + (length ?? 0) { return text }
            }
            guard readOnce() > 0 else { return text }
        }
    }
}

extension String {
    func range(of other: String) -> Range<String.Index>? {
        let (haystack, needle) = (Array(utf8), Array(other.utf8))
        guard haystack.count >= needle.count else { return nil }
        for start in 0...(haystack.count - needle.count)
        where haystack[start..<(start + needle.count)].elementsEqual(needle) {
            let low = utf8.index(startIndex, offsetBy: start)
            return low..<utf8.index(low, offsetBy: needle.count)
        }
        return nil
    }
}
