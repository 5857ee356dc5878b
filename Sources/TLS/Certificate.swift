internal import COpenSSL
public import Reactor

/// An X.509 certificate.
@safe
public struct Certificate: ~Copyable, @unchecked Sendable {
    /// What X509 functions want; immutable once read, so it may be looked at from any thread.
    let x509: OpaquePointer

    init(adopting x509: OpaquePointer) { unsafe self.x509 = x509 }

    deinit { unsafe X509_free(x509) }

    /// The names and the time that a certificate is good for.
    public struct Facts: Hashable, Sendable {
        /// The subject's common name, where it has one.
        public var commonName: String?
        /// Alternative names: DNS names, URIs and mail addresses.
        public var names: [String] = []
        /// Alternative names that are addresses.
        public var addresses: [IPAddress] = []
        /// Seconds since 1970 at which it begins to be valid.
        public var notBefore: Int64 = 0
        /// Seconds since 1970 at which it expires.
        public var notAfter: Int64 = 0

        /// What is wrong with it at that time (seconds since 1970), though it can be used; nil when nothing is.
        public func warning(at now: Int64) -> String? {
            if now > notAfter { return "the certificate expired \((now - notAfter) / 3600) hours ago" }
            if now < notBefore { return "the certificate is not valid for another \((notBefore - now) / 3600) hours" }
            if names.isEmpty, addresses.isEmpty {
                return "the certificate has no alternative names, so the API server will not accept it"
            }
            return nil
        }
    }

    /// Reads them out of the certificate.
    public var facts: Facts {
        var facts = Facts()
        facts.commonName = commonName
        facts.notBefore = unsafe tls_seconds(X509_get0_notBefore(x509))
        facts.notAfter = unsafe tls_seconds(X509_get0_notAfter(x509))
        guard let names = unsafe tls_alternative_names(x509) else { return facts }
        defer { unsafe tls_free_names(names) }
        let count = unsafe tls_name_count(names)
        for index in 0..<count {
            var (kind, length): (CInt, CInt) = (0, 0)
            guard let start = unsafe tls_name_bytes(names, index, &kind, &length), length > 0 else { continue }
            let bytes = unsafe Array(UnsafeBufferPointer(start: start, count: Int(length)))
            if kind == GEN_IPADD {
                if let address = IPAddress(bytes: bytes) { facts.addresses.append(address) }
            } else if kind >= 0 {
                facts.names.append(String(decoding: bytes, as: UTF8.self))
            }
        }
        return facts
    }

    private var commonName: String? {
        guard let subject = unsafe X509_get_subject_name(x509) else { return nil }
        let index = unsafe X509_NAME_get_index_by_NID(subject, NID_commonName, -1)
        guard index >= 0, let entry = unsafe X509_NAME_get_entry(subject, index),
            let text = unsafe X509_NAME_ENTRY_get_data(entry), let start = unsafe ASN1_STRING_get0_data(text)
        else { return nil }
        let bytes = unsafe UnsafeBufferPointer(start: start, count: Int(ASN1_STRING_length(text)))
        return unsafe String(decoding: bytes, as: UTF8.self)
    }

    /// Reads every certificate of a PEM text and hands each to `body`; what is no certificate is skipped.
    static func read(_ pem: [UInt8], _ body: (consuming Certificate) throws(TLSError) -> Void) throws(TLSError) {
        ERR_clear_error()
        let memory = try Memory.copy(of: pem)
        var count = 0
        while let x509 = unsafe PEM_read_bio_X509(memory.bio, nil, nil, nil) {
            count += 1
            try unsafe body(Certificate(adopting: x509))
        }
        // The end of the text is an error of the reader's too: that no further PEM begins.
        ERR_clear_error()
        guard count > 0 else { throw TLSError(.noCertificate) }
    }

    /// Reads the first certificate of a PEM text.
    init(pem: [UInt8]) throws(TLSError) {
        ERR_clear_error()
        let memory = try Memory.copy(of: pem)
        let x509 = unsafe PEM_read_bio_X509(memory.bio, nil, nil, nil)
        ERR_clear_error()
        guard let x509 = unsafe x509 else { throw TLSError(.noCertificate) }
        unsafe self.x509 = x509
    }

    /// The certificate as PEM.
    func pem() throws(TLSError) -> [UInt8] {
        let memory = try Memory()
        guard unsafe PEM_write_bio_X509(memory.bio, x509) == 1 else { throw TLSError.last() }
        return memory.bytes
    }
}

/// Bytes in memory, as OpenSSL reads and writes them.
@safe
struct Memory: ~Copyable {
    let bio: OpaquePointer

    /// Empty, to be written to.
    init() throws(TLSError) {
        guard let bio = unsafe BIO_new(BIO_s_mem()) else { throw TLSError.last() }
        unsafe self.bio = bio
    }

    /// A copy of `bytes`, to be read.
    static func copy(of bytes: [UInt8]) throws(TLSError) -> Memory {
        let memory = try Memory()
        let count = unsafe bytes.withUnsafeBytes { bytes in
            unsafe BIO_write(memory.bio, bytes.baseAddress, CInt(clamping: bytes.count))
        }
        guard bytes.isEmpty || Int(count) == bytes.count else { throw TLSError.last() }
        return memory
    }

    deinit { unsafe BIO_free(bio) }

    var bytes: [UInt8] {
        var length = 0
        guard let start = unsafe tls_memory(bio, &length), length > 0 else { return [] }
        return unsafe Array(UnsafeBufferPointer(start: start, count: length))
    }
}
