internal import COpenSSL
internal import CSystem
internal import Glibc
internal import Reactor

/// What a step of a TLS connection came to.
public enum TLSOutcome: Hashable, Sendable, BitwiseCopyable {
    /// It is done; for reading and writing: with that many bytes.
    case done(Int)
    /// It goes on when the socket is readable.
    case wantsRead
    /// It goes on when the socket is writable.
    case wantsWrite
    /// The peer has ended the connection; clean where it said so, else what was read may be only a part.
    case closed(isClean: Bool)
    /// The connection is of no more use.
    case failed(TLSError)
}

/// One TLS connection over a non-blocking socket, which its owner closes after it.
@safe
public struct TLSConnection: ~Copyable {
    private let ssl: OpaquePointer
    private let context: TLSContext
    /// After a fatal error nothing may be sent, not even the farewell.
    private var hasFailed = false
    private var isReadingFar = false
    /// The handshake is over.
    public private(set) var isEstablished = false

    private init(adopting ssl: OpaquePointer, _ context: TLSContext) {
        unsafe self.ssl = ssl
        self.context = context
    }

    /// The server's side of a connection over the socket with that number.
    public static func accepting(_ descriptor: CInt, _ context: TLSContext) throws(TLSError) -> TLSConnection {
        let connection = try over(descriptor, context)
        unsafe SSL_set_accept_state(connection.ssl)
        return connection
    }

    /// The client's side of a connection to the server of that name or address, which its certificate must bear.
    public static func connecting(
        _ descriptor: CInt, to host: String, _ context: TLSContext
    ) throws(TLSError) -> TLSConnection {
        guard !host.isEmpty, !host.utf8.contains(0) else { throw TLSError(.invalidName) }
        let connection = try over(descriptor, context)
        if let address = IPAddress(host) {
            try ContextParts.check(unsafe tls_set_verified_address(connection.ssl, address.description))
        } else {
            let name = host.hasSuffix(".") ? String(host.dropLast()) : host
            try ContextParts.check(unsafe tls_set_verified_name(connection.ssl, name))
            try ContextParts.check(unsafe tls_set_server_name(connection.ssl, name))
        }
        unsafe SSL_set_connect_state(connection.ssl)
        return connection
    }

    private static func over(_ descriptor: CInt, _ context: TLSContext) throws(TLSError) -> TLSConnection {
        ERR_clear_error()
        guard let ssl = unsafe SSL_new(context.context) else { throw TLSError.last() }
        let connection = unsafe TLSConnection(adopting: ssl, context)
        guard unsafe SSL_set_fd(ssl, descriptor) == 1 else { throw TLSError.last() }
        return connection
    }

    deinit { unsafe SSL_free(ssl) }

    /// Goes on with the handshake.
    public mutating func handshake() -> TLSOutcome {
        ERR_clear_error()
        let result = unsafe SSL_do_handshake(ssl)
        guard result == 1 else { return failedHandshake(result) }
        isEstablished = true
        guard isPeerAllowed else {
            hasFailed = true
            return .failed(TLSError(.nameNotAllowed))
        }
        return .done(0)
    }

    private mutating func failedHandshake(_ result: CInt) -> TLSOutcome {
        let outcome = outcome(of: result)
        let verification = unsafe SSL_get_verify_result(ssl)
        if case .failed(let error) = outcome, error.kind == .library, verification != X509_V_OK,
            Int(error.reason) == SSL_R_CERTIFICATE_VERIFY_FAILED
        {
            return .failed(TLSError(.untrusted, code: UInt(clamping: verification)))
        }
        return outcome
    }

    /// Reads into `buffer`, at most one record.
    public mutating func read(into buffer: UnsafeMutableRawBufferPointer) -> TLSOutcome {
        ERR_clear_error()
        let count = unsafe SSL_read(ssl, buffer.baseAddress, CInt(clamping: buffer.count))
        return count > 0 ? .done(Int(count)) : outcome(of: count)
    }

    /// Has the next records fetched from the kernel by several at a time where so much is to be read, which spares calls and,
    /// over the network, acknowledgements: 2 MiB cost 130 calls else. The memory is held only while records are incomplete.
    public mutating func readAhead(_ bytes: Int) {
        let isFar = bytes > 2 * Self.recordBytes
        guard isFar != isReadingFar else { return }
        isReadingFar = isFar
        unsafe SSL_set_default_read_buffer_len(ssl, isFar ? 4 * Self.recordBytes : 0)
    }

    /// What a full record takes with its header and its tag.
    private static let recordBytes = (16 << 10) + 256 + 5

    /// True where `read` would find something without the socket becoming readable again.
    public var hasUnread: Bool { unsafe SSL_has_pending(ssl) == 1 }

    /// Writes what goes in, at most one record; what follows must begin with the bytes that did not.
    public mutating func write(_ buffer: UnsafeRawBufferPointer) -> TLSOutcome {
        guard buffer.count > 0 else { return .done(0) }
        ERR_clear_error()
        let count = unsafe SSL_write(ssl, buffer.baseAddress, CInt(clamping: buffer.count))
        return count > 0 ? .done(Int(count)) : outcome(of: count)
    }

    /// Tells the peer that nothing more will be sent; its own farewell is not waited for.
    public mutating func shutdown() -> TLSOutcome {
        guard !hasFailed, isEstablished else { return .done(0) }
        ERR_clear_error()
        let result = unsafe SSL_shutdown(ssl)
        return result >= 0 ? .done(0) : outcome(of: result)
    }

    private mutating func outcome(of result: CInt) -> TLSOutcome {
        let systemCode = errno
        switch unsafe SSL_get_error(ssl, result) {
        case SSL_ERROR_WANT_READ: return .wantsRead
        case SSL_ERROR_WANT_WRITE: return .wantsWrite
        case SSL_ERROR_ZERO_RETURN: return .closed(isClean: true)
        case SSL_ERROR_SYSCALL:
            hasFailed = true
            ERR_clear_error()
            // The peer's going away without a farewell is a normal end.
            return [0, ECONNRESET, EPIPE].contains(systemCode)
                ? .closed(isClean: false) : .failed(TLSError(.system, code: UInt(clamping: systemCode)))
        default:
            hasFailed = true
            let error = TLSError.last()
            return Int(error.reason) == SSL_R_UNEXPECTED_EOF_WHILE_READING ? .closed(isClean: false) : .failed(error)
        }
    }
}

extension TLSConnection {
    /// What the peer's certificate says; nil where it showed none.
    public var peer: Certificate.Facts? {
        guard let x509 = unsafe SSL_get1_peer_certificate(ssl) else { return nil }
        return unsafe Certificate(adopting: x509).facts
    }

    /// The certificates that the server has shown, its own first; PEM.
    public func serverChain() throws(TLSError) -> [UInt8] {
        var pem: [UInt8] = []
        let count = unsafe tls_peer_count(ssl)
        for index in 0..<count {
            guard let x509 = unsafe tls_peer_certificate(ssl, index) else { throw TLSError.last() }
            pem += try unsafe Certificate(adopting: x509).pem()
        }
        return pem
    }

    /// `TLSv1.3` and the like.
    public var version: String { unsafe SSL_get_version(ssl).map { unsafe String(cString: $0) } ?? "" }

    /// The cipher in use, by OpenSSL's name.
    public var cipher: String {
        guard let cipher = unsafe SSL_get_current_cipher(ssl), let name = unsafe SSL_CIPHER_get_name(cipher) else {
            return ""
        }
        return unsafe String(cString: name)
    }

    /// The protocol that both agreed on; nil where they did not speak of it.
    public var applicationProtocol: String? {
        var start: UnsafePointer<UInt8>?
        var length: CUnsignedInt = 0
        unsafe SSL_get0_alpn_selected(ssl, &start, &length)
        guard let start = unsafe start, length > 0 else { return nil }
        return unsafe String(decoding: UnsafeBufferPointer(start: start, count: Int(length)), as: UTF8.self)
    }

    /// The name the client asked for.
    public var serverName: String? {
        guard let name = unsafe SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name) else { return nil }
        return unsafe String(cString: name)
    }

    /// True where an earlier session was taken up again.
    public var isResumed: Bool { unsafe SSL_session_reused(ssl) == 1 }

    /// A client's certificate may be valid and yet not be one of those that were listed.
    private var isPeerAllowed: Bool {
        guard context.isServer, !context.allowedClients.isEmpty, let peer else { return true }
        let names = peer.names + peer.addresses.map(\.description) + (peer.commonName.map { [$0] } ?? [])
        return names.contains { context.allowedClients.contains($0) }
    }
}
