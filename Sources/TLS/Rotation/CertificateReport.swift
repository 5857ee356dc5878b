internal import COpenSSL

/// What a certificate says about itself, for people.
public struct CertificateReport: Hashable, Sendable {
    /// The certificate itself, PEM.
    public let pem: [UInt8]
    /// Whom it is of, as RFC 2253 writes it: `CN=portcullis`.
    public let subject: String
    /// Who signed it.
    public let issuer: String
    /// Names, addresses and the time that it is good for.
    public let facts: Certificate.Facts
    /// Its number, hexadecimal.
    public let serial: String
    /// SHA-256 over it, hexadecimal with colons.
    public let fingerprint: String
    /// `EC` or `RSA` and the key's bits.
    public let keyType: String
    /// Whether it may sign others.
    public let isAuthority: Bool

    /// What every certificate of a PEM text says, in order.
    public static func read(_ pem: [UInt8]) throws(TLSError) -> [CertificateReport] {
        var reports: [CertificateReport] = []
        try Certificate.read(pem) { (certificate) throws(TLSError) in
            reports.append(try CertificateReport(certificate))
        }
        return reports
    }

    init(_ certificate: borrowing Certificate) throws(TLSError) {
        pem = try certificate.pem()
        facts = certificate.facts
        subject = try unsafe Self.text(X509_get_subject_name(certificate.x509))
        issuer = try unsafe Self.text(X509_get_issuer_name(certificate.x509))
        var digest = [UInt8](repeating: 0, count: 32)
        var length: CUnsignedInt = 0
        try ContextParts.check(unsafe X509_digest(certificate.x509, EVP_sha256(), &digest, &length))
        fingerprint = digest.prefix(Int(length)).map { Self.hexadecimal($0) }.joined(separator: ":")
        serial = try Self.serial(certificate)
        isAuthority = unsafe X509_check_ca(certificate.x509) > 0
        keyType = try Self.keyType(certificate)
    }

    private static func keyType(_ certificate: borrowing Certificate) throws(TLSError) -> String {
        guard let key = unsafe X509_get0_pubkey(certificate.x509) else { throw TLSError.last() }
        let bits = unsafe EVP_PKEY_get_bits(key)
        for kind in ["EC", "RSA"] where unsafe EVP_PKEY_is_a(key, kind) == 1 { return "\(kind) \(bits)" }
        return "\(bits) bits"
    }

    private static func text(_ name: OpaquePointer?) throws(TLSError) -> String {
        let memory = try Memory()
        guard unsafe tls_write_name(memory.bio, name) >= 0 else { throw TLSError.last() }
        return String(decoding: memory.bytes, as: UTF8.self)
    }

    private static func serial(_ certificate: borrowing Certificate) throws(TLSError) -> String {
        let memory = try Memory()
        guard unsafe i2a_ASN1_INTEGER(memory.bio, X509_get0_serialNumber(certificate.x509)) >= 0 else {
            throw TLSError.last()
        }
        return String(decoding: memory.bytes, as: UTF8.self)
    }

    private static func hexadecimal(_ byte: UInt8) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        return String(decoding: [digits[Int(byte >> 4)], digits[Int(byte & 15)]], as: UTF8.self)
    }
}

/// What clients make of a server's certificate.
public enum CertificateCheck {
    /// Why a client that trusts `authorities` would not believe the server of `chain` at that time (seconds since 1970), by
    /// OpenSSL's words; nil where it would. Names are the client's own affair.
    public static func complaint(chain: [UInt8], authorities: [UInt8], at now: Int64) throws(TLSError) -> String? {
        ERR_clear_error()
        guard let store = unsafe X509_STORE_new() else { throw TLSError.last() }
        defer { unsafe X509_STORE_free(store) }
        try Certificate.read(authorities) { (authority) throws(TLSError) in
            try ContextParts.check(unsafe X509_STORE_add_cert(store, authority.x509))
        }
        guard let others = unsafe tls_new_certificates() else { throw TLSError.last() }
        defer { unsafe tls_free_certificates(others) }
        try Certificate.read(chain) { (certificate) throws(TLSError) in
            guard unsafe tls_push_certificate(others, certificate.x509) == 1 else { throw TLSError.last() }
        }
        guard let context = unsafe X509_STORE_CTX_new() else { throw TLSError.last() }
        defer { unsafe X509_STORE_CTX_free(context) }
        let own = try Certificate(pem: chain)
        try ContextParts.check(unsafe X509_STORE_CTX_init(context, store, own.x509, others))
        let parameters = unsafe X509_STORE_CTX_get0_param(context)
        unsafe X509_VERIFY_PARAM_set_time(parameters, time_t(now))
        try ContextParts.check(unsafe X509_VERIFY_PARAM_set_purpose(parameters, X509_PURPOSE_SSL_SERVER))
        if unsafe X509_verify_cert(context) == 1 { return nil }
        let code = unsafe X509_STORE_CTX_get_error(context)
        ERR_clear_error()
        return unsafe String(cString: X509_verify_cert_error_string(Int(code)))
    }

    /// Whether the private key is the certificate's.
    public static func fits(_ certificate: [UInt8], key: [UInt8]) -> Bool {
        (try? CertificatePair(chain: certificate, key: key).facts()) != nil
    }
}
