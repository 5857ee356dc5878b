internal import Glibc
internal import HTTP
internal import Reactor
internal import TLS

/// A non-blocking socket to the server under test, encrypted or not.
struct LoadSocket: ~Copyable {
    private let socket: FileDescriptor
    private var tls: TLSConnection?

    /// Begins to connect.
    init(to address: SocketAddress) throws(SystemError) {
        socket = try TCPSocket.connect(to: address)
        tls = nil
    }

    var descriptor: CInt { socket.number }

    /// Lays TLS over the connected socket; the handshake follows.
    mutating func encrypt(for host: String, _ context: TLSContext) throws(TLSError) {
        tls = try TLSConnection.connecting(socket.number, to: host, context)
    }

    /// Goes on with the handshake; there is none without TLS.
    mutating func handshake() -> TLSOutcome { tls?.handshake() ?? .done(0) }

    /// Writes what goes in.
    mutating func write(_ bytes: Span<UInt8>) -> TLSOutcome {
        unsafe bytes.withUnsafeBytes { raw in
            if let outcome = unsafe tls?.write(raw) { return outcome }
            let count = unsafe send(socket.number, raw.baseAddress, raw.count, CInt(MSG_NOSIGNAL))
            if count >= 0 { return .done(count) }
            return errno == EAGAIN || errno == EINTR ? .wantsWrite : .closed(isClean: false)
        }
    }

    /// Reads behind what the buffer holds.
    mutating func read(into buffer: inout ByteBuffer) -> TLSOutcome {
        var outcome = TLSOutcome.wantsRead
        _ = unsafe buffer.append(room: 4096) { room in
            outcome = unsafe read(into: room)
            if case .done(let count) = outcome { return count }
            return 0
        }
        return outcome
    }

    private mutating func read(into room: UnsafeMutableRawBufferPointer) -> TLSOutcome {
        if let outcome = unsafe tls?.read(into: room) { return outcome }
        let count = unsafe recv(socket.number, room.baseAddress, room.count, 0)
        if count > 0 { return .done(count) }
        if count == 0 { return .closed(isClean: true) }
        return errno == EAGAIN || errno == EINTR ? .wantsRead : .closed(isClean: false)
    }

    /// Says farewell; the socket is closed when its owner lets go.
    mutating func shutdown() { _ = tls?.shutdown() }
}
