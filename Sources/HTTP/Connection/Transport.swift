internal import Glibc
internal import Reactor
internal import TLS

/// A connected, non-blocking socket with or without TLS on it.
struct Transport: ~Copyable {
    /// The kernel's number for the socket.
    let descriptor: CInt
    private var socket: FileDescriptor?
    private var tls: TLSConnection?
    private var hasEnded = false

    /// A kernel that does not preempt itself lets nobody else have the processor during a call: three megabytes are a millisecond.
    private static let mostAtOnce = 128 << 10

    /// A plain connection.
    init(_ socket: consuming FileDescriptor) {
        descriptor = socket.number
        self.socket = consume socket
        tls = nil
    }

    /// A connection with TLS, whose handshake is still to come.
    init(_ socket: consuming FileDescriptor, _ tls: consuming TLSConnection) {
        descriptor = socket.number
        self.socket = consume socket
        self.tls = consume tls
    }

    /// Goes on with the handshake; a plain connection has none.
    mutating func handshake() -> TLSOutcome { tls?.handshake() ?? .done(0) }

    /// Prepares for reads of that size.
    mutating func readAhead(_ bytes: Int) { tls?.readAhead(bytes) }

    /// Reads once, behind what the buffer holds, at least `room` bytes if so many are there.
    mutating func read(into buffer: inout ByteBuffer, room: Int) -> TLSOutcome {
        var outcome = TLSOutcome.wantsRead
        _ = unsafe buffer.append(room: room) { free in
            outcome = unsafe read(into: free)
            if case .done(let count) = outcome { return count }
            return 0
        }
        return outcome
    }

    private mutating func read(into free: UnsafeMutableRawBufferPointer) -> TLSOutcome {
        if let outcome = unsafe tls?.read(into: free) { return outcome }
        while true {
            let count = unsafe recv(descriptor, free.baseAddress, free.count, 0)
            if count > 0 { return .done(count) }
            if count == 0 { return .closed(isClean: true) }
            if errno != EINTR { return Self.outcome(errno, or: .wantsRead) }
        }
    }

    /// True where `read` would find something without the socket becoming readable again.
    var hasUnread: Bool { mutating get { tls?.hasUnreadNow() ?? false } }

    /// Writes as much of the buffer as goes in and drops it there; `done` says that nothing is left.
    mutating func write(_ buffer: inout ByteBuffer) -> TLSOutcome {
        var sent = 0
        var outcome = TLSOutcome.done(0)
        while sent < buffer.count {
            outcome = buffer.withBytes { write($0.extracting(sent...)) }
            guard case .done(let count) = outcome else { break }
            sent += count
        }
        buffer.dropFirst(sent)
        if case .done = outcome { return .done(sent) }
        return outcome
    }

    private mutating func write(_ bytes: Span<UInt8>) -> TLSOutcome {
        unsafe bytes.withUnsafeBytes { bytes in
            if let outcome = unsafe tls?.write(bytes) { return outcome }
            while true {
                let most = min(bytes.count, Self.mostAtOnce)
                let count = unsafe send(descriptor, bytes.baseAddress, most, CInt(MSG_NOSIGNAL))
                if count >= 0 { return .done(count) }
                if errno != EINTR { return Self.outcome(errno, or: .wantsWrite) }
            }
        }
    }

    private static func outcome(_ code: CInt, or waiting: TLSOutcome) -> TLSOutcome {
        switch code {
        case EAGAIN: waiting
        case ECONNRESET, EPIPE: .closed(isClean: false)
        default: .failed(TLSError(.system, code: UInt(clamping: code)))
        }
    }

    /// Tells the peer that nothing more will be sent.
    mutating func shutdownWriting() {
        guard !hasEnded else { return }
        hasEnded = true
        _ = tls?.shutdown()
        TCPSocket.shutdownWriting(descriptor)
    }

    /// Says farewell as far as that is possible without waiting, and closes the socket.
    mutating func close() {
        if !hasEnded { _ = tls?.shutdown() }
        hasEnded = true
        tls = nil
        socket = nil
    }

    /// What the peer's certificate says; nil where it showed none.
    var peer: Certificate.Facts? { mutating get { tls?.peerNow() ?? nil } }
}

extension TLSConnection {
    // An optional that is not copyable can only be called on where it may be changed.
    fileprivate mutating func hasUnreadNow() -> Bool { hasUnread }

    fileprivate mutating func peerNow() -> Certificate.Facts? { peer }
}
