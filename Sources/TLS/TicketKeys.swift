internal import COpenSSL
public import Reactor

/// The keys of session tickets, shared by all contexts of a server, so that a client may resume at any loop and after a
/// reload. A key seals tickets for one period and opens them for one more; then nobody can open them, which is what keeps
/// recorded sessions closed when the machine is later broken into.
///
///     ticket  key's name, 16 bytes · initial vector, 16 bytes · sealed session · mark of authenticity
public final class TicketKeys: Sendable {
    struct Key {
        let name: [UInt8]
        let cipher: [UInt8]
        let authentication: [UInt8]
    }

    private struct Ring {
        var current: Key
        var previous: Key?
        var rotation: Instant
    }

    private let clock: any Clock
    private let period: Nanoseconds
    private let ring: Guarded<Ring>

    /// Keys that change every `period`.
    public init(clock: any Clock, period: Nanoseconds = .seconds(6 * 3600)) throws(TLSError) {
        self.clock = clock
        self.period = period
        let key = try Self.draw()
        ring = Guarded(Ring(current: key, previous: nil, rotation: clock.now + period))
    }

    private static func draw() throws(TLSError) -> Key {
        var bytes = [UInt8](repeating: 0, count: 80)
        guard unsafe RAND_bytes(&bytes, CInt(bytes.count)) == 1 else { throw TLSError.last() }
        return Key(name: Array(bytes[..<16]), cipher: Array(bytes[16..<48]), authentication: Array(bytes[48...]))
    }

    /// The key that seals tickets now.
    func sealing() throws(TLSError) -> Key {
        try ring.withLock { (ring) throws(TLSError) in
            try rotate(&ring)
            return ring.current
        }
    }

    /// The key that opens a ticket, and whether a new ticket should replace it; nil where there is none (any more).
    func opening(_ name: UnsafeBufferPointer<UInt8>) throws(TLSError) -> (key: Key, isOld: Bool)? {
        try ring.withLock { (ring) throws(TLSError) in
            try rotate(&ring)
            if unsafe name.elementsEqual(ring.current.name) { return (ring.current, false) }
            if let previous = ring.previous, unsafe name.elementsEqual(previous.name) { return (previous, true) }
            return nil
        }
    }

    private func rotate(_ ring: inout Ring) throws(TLSError) {
        let now = clock.now
        guard now >= ring.rotation else { return }
        // After two periods without a client even the current key is too old.
        ring.previous = now < ring.rotation + period ? ring.current : nil
        ring.current = try Self.draw()
        ring.rotation = now + period
    }

    private static let place = tls_new_context_place()

    /// Makes `context`, which must not outlive these keys, use them.
    func attach(to context: OpaquePointer) throws(TLSError) {
        let pointer = unsafe Unmanaged.passUnretained(self).toOpaque()
        try ContextParts.check(unsafe SSL_CTX_set_ex_data(context, Self.place, pointer))
        try ContextParts.check(
            Int32(
                unsafe SSL_CTX_set_tlsext_ticket_key_evp_cb(context) { connection, name, vector, cipher, mac, seals in
                    guard let keys = unsafe TicketKeys.of(connection), let name = unsafe name,
                        let vector = unsafe vector
                    else { return -1 }
                    return unsafe seals == 1
                        ? keys.seal(name, vector, cipher, mac) : keys.open(name, vector, cipher, mac)
                }))
    }

    private static func of(_ connection: OpaquePointer?) -> TicketKeys? {
        guard let connection = unsafe connection, let context = unsafe SSL_get_SSL_CTX(connection),
            let pointer = unsafe SSL_CTX_get_ex_data(context, place)
        else { return nil }
        return unsafe Unmanaged<TicketKeys>.fromOpaque(pointer).takeUnretainedValue()
    }

    private func seal(
        _ name: UnsafeMutablePointer<UInt8>, _ vector: UnsafeMutablePointer<UInt8>, _ cipher: OpaquePointer?,
        _ mac: OpaquePointer?
    ) -> CInt {
        guard let key = try? sealing(), unsafe RAND_bytes(vector, 16) == 1 else { return -1 }
        for (index, byte) in key.name.enumerated() { unsafe name[index] = byte }
        guard unsafe EVP_EncryptInit_ex(cipher, EVP_aes_256_cbc(), nil, key.cipher, vector) == 1,
            unsafe Self.start(mac, key)
        else { return -1 }
        return 1
    }

    /// OpenSSL's answers: 1 the ticket is good, 2 good but to be replaced, 0 unknown, so a whole handshake follows.
    private func open(
        _ name: UnsafeMutablePointer<UInt8>, _ vector: UnsafeMutablePointer<UInt8>, _ cipher: OpaquePointer?,
        _ mac: OpaquePointer?
    ) -> CInt {
        guard let found = try? unsafe opening(UnsafeBufferPointer(start: name, count: 16)) else { return 0 }
        guard unsafe EVP_DecryptInit_ex(cipher, EVP_aes_256_cbc(), nil, found.key.cipher, vector) == 1,
            unsafe Self.start(mac, found.key)
        else { return -1 }
        return found.isOld ? 2 : 1
    }

    private static func start(_ mac: OpaquePointer?, _ key: Key) -> Bool {
        unsafe tls_start_ticket_mac(mac, key.authentication, key.authentication.count) == 1
    }
}
