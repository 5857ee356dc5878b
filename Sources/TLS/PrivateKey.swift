internal import COpenSSL

/// A private key.
@safe
struct PrivateKey: ~Copyable {
    let pkey: OpaquePointer

    init(adopting pkey: OpaquePointer) { unsafe self.pkey = pkey }

    /// Reads the first private key of a PEM text; one that is locked by a passphrase is not usable here.
    init(pem: [UInt8]) throws(TLSError) {
        ERR_clear_error()
        let memory = try Memory.copy(of: pem)
        // Without a callback of our own OpenSSL would ask for the passphrase on the terminal.
        let key = unsafe PEM_read_bio_PrivateKey(memory.bio, nil, { _, _, _, _ in -1 }, nil)
        ERR_clear_error()
        guard let key = unsafe key else { throw TLSError(.noKey) }
        unsafe self.pkey = key
    }

    /// A new key on the curve P-256.
    static func generate() throws(TLSError) -> PrivateKey {
        guard let key = unsafe tls_generate_p256() else { throw TLSError.last() }
        return unsafe PrivateKey(adopting: key)
    }

    deinit { unsafe EVP_PKEY_free(pkey) }

    /// The key as PEM (PKCS#8, not encrypted).
    func pem() throws(TLSError) -> [UInt8] {
        let memory = try Memory()
        guard unsafe PEM_write_bio_PrivateKey(memory.bio, pkey, nil, nil, 0, nil, nil) == 1 else {
            throw TLSError.last()
        }
        return memory.bytes
    }
}

/// A certificate, those that lead from it to an authority, and its private key, as PEM.
public struct CertificatePair: Hashable, Sendable {
    /// The certificate first, then those that signed it.
    public var chain: [UInt8]
    /// The private key.
    public var key: [UInt8]

    /// The pair of these two PEM texts.
    public init(chain: [UInt8], key: [UInt8]) {
        self.chain = chain
        self.key = key
    }

    /// What the pair's own certificate says; throws where the pair cannot be used at all.
    public func facts() throws(TLSError) -> Certificate.Facts {
        var own: Certificate.Facts?
        let key = try PrivateKey(pem: key)
        try Certificate.read(chain) { (certificate) throws(TLSError) in
            guard own == nil else { return }
            guard unsafe X509_check_private_key(certificate.x509, key.pkey) == 1 else {
                ERR_clear_error()
                throw TLSError(.keyMismatch)
            }
            own = certificate.facts
        }
        guard let own else { throw TLSError(.noCertificate) }
        return own
    }
}
