internal import COpenSSL
internal import Reactor

/// Makes certificates: an authority, and what it signs. Keys are ECDSA on P-256, serial numbers random.
@safe
public struct CertificateMaker: ~Copyable {
    private let authority: Certificate
    private let key: PrivateKey

    /// What a signed certificate is good for.
    public enum Purpose: Sendable {
        /// To be shown by a server.
        case server
        /// To be shown by a client.
        case client
    }

    /// A new authority with that name, valid from an hour before `now` (clocks differ) for `days`.
    public init(authority name: String, now: Int64, days: Int64) throws(TLSError) {
        let key = try PrivateKey.generate()
        let certificate = try Self.blank(name, key, now: now, days: days)
        try unsafe Self.name(X509_get_issuer_name(certificate.x509), name)
        try Self.extend(
            certificate, issuer: certificate,
            [
                (NID_basic_constraints, "critical,CA:TRUE,pathlen:0"),
                (NID_key_usage, "critical,keyCertSign,cRLSign"),
                (NID_subject_key_identifier, "hash"),
            ])
        try Self.sign(certificate, key)
        authority = certificate
        self.key = key
    }

    /// An authority that was made before.
    public static func signing(as pair: CertificatePair) throws(TLSError) -> CertificateMaker {
        _ = try pair.facts()
        return CertificateMaker(adopting: try Certificate(pem: pair.chain), try PrivateKey(pem: pair.key))
    }

    private init(adopting authority: consuming Certificate, _ key: consuming PrivateKey) {
        self.authority = authority
        self.key = key
    }

    /// The authority's own certificate and key.
    public func pair() throws(TLSError) -> CertificatePair {
        CertificatePair(chain: try authority.pem(), key: try key.pem())
    }

    /// A new pair, signed by the authority, that is good for `names` (host names, `*.` first if need be, and addresses). It
    /// expires with the authority at the latest: nobody would believe it for longer.
    public func issue(
        _ commonName: String, names: [String], purpose: Purpose, now: Int64, days: Int64
    ) throws(TLSError) -> CertificatePair {
        let key = try PrivateKey.generate()
        let certificate = try Self.blank(commonName, key, now: now, days: days)
        let end = min(now &+ days &* 86400, authority.facts.notAfter)
        guard unsafe ASN1_TIME_set(X509_getm_notAfter(certificate.x509), time_t(end)) != nil else {
            throw TLSError.last()
        }
        try ContextParts.check(
            unsafe X509_set_issuer_name(certificate.x509, X509_get_subject_name(authority.x509)))
        var extensions: [(CInt, String)] = [
            (NID_basic_constraints, "critical,CA:FALSE"),
            (NID_key_usage, "critical,digitalSignature"),
            (NID_ext_key_usage, purpose == .server ? "serverAuth" : "clientAuth"),
            (NID_subject_key_identifier, "hash"),
            (NID_authority_key_identifier, "keyid"),
        ]
        let alternatives = try names.map { (name) throws(TLSError) in try Self.alternative(name) }
        if !alternatives.isEmpty { extensions.append((NID_subject_alt_name, alternatives.joined(separator: ","))) }
        try Self.extend(certificate, issuer: authority, extensions)
        try Self.sign(certificate, self.key)
        return CertificatePair(chain: try certificate.pem(), key: try key.pem())
    }

    /// Throws where a certificate cannot be good for that name.
    public static func check(name: String) throws(TLSError) { _ = try alternative(name) }

    /// A name as OpenSSL's notation wants it; what is neither an address nor a host name could mean something else there.
    private static func alternative(_ name: String) throws(TLSError) -> String {
        if let address = IPAddress(name) { return "IP:\(address)" }
        let host = name.hasPrefix("*.") ? name.dropFirst(2) : name[...]
        let labels = host.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        let isSound = labels.allSatisfy { label in
            (1...63).contains(label.count)
                && label.allSatisfy {
                    (0x30...0x39).contains($0) || (0x61...0x7A).contains($0 | 0x20) || $0 == 0x2D || $0 == 0x5F
                }
        }
        guard isSound, host.utf8.count <= 253 else { throw TLSError(.invalidName) }
        return "DNS:\(name)"
    }

    private static func blank(
        _ commonName: String, _ key: borrowing PrivateKey, now: Int64, days: Int64
    ) throws(TLSError) -> Certificate {
        ERR_clear_error()
        guard let x509 = unsafe X509_new() else { throw TLSError.last() }
        let certificate = unsafe Certificate(adopting: x509)
        // Version 3, counted from 0.
        try ContextParts.check(unsafe X509_set_version(x509, 2))
        try unsafe number(x509)
        let end = now &+ days &* 86400
        guard unsafe ASN1_TIME_set(X509_getm_notBefore(x509), time_t(now &- 3600)) != nil,
            unsafe ASN1_TIME_set(X509_getm_notAfter(x509), time_t(end)) != nil
        else { throw TLSError.last() }
        try unsafe name(X509_get_subject_name(x509), commonName)
        try ContextParts.check(unsafe X509_set_pubkey(x509, key.pkey))
        return certificate
    }

    /// 159 random bits: positive, and at most the 20 bytes that RFC 5280 allows.
    private static func number(_ x509: OpaquePointer) throws(TLSError) {
        guard let number = unsafe BN_new() else { throw TLSError.last() }
        defer { unsafe BN_free(number) }
        try ContextParts.check(unsafe BN_rand(number, 159, 0, 0))
        guard unsafe BN_to_ASN1_INTEGER(number, X509_get_serialNumber(x509)) != nil else { throw TLSError.last() }
    }

    private static func name(_ entry: OpaquePointer?, _ commonName: String) throws(TLSError) {
        let bytes = Array(commonName.utf8)
        let outcome = unsafe X509_NAME_add_entry_by_NID(
            entry, NID_commonName, MBSTRING_FLAG | 0, bytes, CInt(clamping: bytes.count), -1, 0)
        try ContextParts.check(outcome)
    }

    private static func extend(
        _ certificate: borrowing Certificate, issuer: borrowing Certificate, _ extensions: [(CInt, String)]
    ) throws(TLSError) {
        for (kind, value) in extensions {
            try ContextParts.check(unsafe tls_add_extension(certificate.x509, issuer.x509, kind, value))
        }
    }

    private static func sign(_ certificate: borrowing Certificate, _ key: borrowing PrivateKey) throws(TLSError) {
        // The size of the signature is the result; 0 says that there is none.
        guard unsafe X509_sign(certificate.x509, key.pkey, EVP_sha256()) > 0 else { throw TLSError.last() }
    }
}
