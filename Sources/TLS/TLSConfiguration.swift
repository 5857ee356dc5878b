/// What both sides of TLS can be told.
public struct TLSPolicy: Hashable, Sendable {
    /// The protocol's versions that can be asked for as the least.
    public enum Version: String, Hashable, Sendable, CaseIterable {
        /// TLS 1.2
        case tls12 = "1.2"
        /// TLS 1.3
        case tls13 = "1.3"
    }

    /// The least version that is spoken.
    public var minimumVersion = Version.tls12
    /// The highest version that is spoken.
    public var maximumVersion = Version.tls13
    /// Ciphers of TLS 1.2 in OpenSSL's notation: forward secrecy and authenticated encryption only.
    public var ciphers = "ECDHE+AESGCM:ECDHE+CHACHA20"
    /// Cipher suites of TLS 1.3 in OpenSSL's notation.
    public var cipherSuites = "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256"
    /// Key exchange groups in OpenSSL's notation.
    public var groups = "X25519:P-256:P-384"

    /// The policy as it is unless someone changes it.
    public init() {}
}

/// What a server's TLS needs.
public struct TLSServerConfiguration: Hashable, Sendable {
    /// Whether clients show a certificate.
    public enum ClientAuthentication: Hashable, Sendable {
        /// They are not asked.
        case none
        /// They are asked and may decline.
        case optional
        /// They are asked and must.
        case required
    }

    /// The server's certificates. Those that bear the same names as the first, at most one for each type of key, are shown to
    /// whoever does not ask for another's name.
    public var pairs: [CertificatePair]
    /// Versions and ciphers.
    public var policy = TLSPolicy()
    /// Whether clients show a certificate.
    public var clientAuthentication = ClientAuthentication.none
    /// The authorities (PEM) that clients' certificates must come from.
    public var clientAuthorities: [UInt8] = []
    /// The common names and alternative names of which a client's certificate must have one; empty: any will do.
    public var allowedClients: Set<String> = []

    /// A server with these certificates.
    public init(pairs: [CertificatePair]) { self.pairs = pairs }
}

/// What a client's TLS needs.
public struct TLSClientConfiguration: Hashable, Sendable {
    /// The authorities (PEM) that servers' certificates must come from; nil: the machine's own list.
    public var authorities: [UInt8]?
    /// Whether servers' certificates are looked at; without it, whoever answers is believed to be the server.
    public var verifiesServer = true
    /// What the client shows when it is asked.
    public var pair: CertificatePair?
    /// Versions and ciphers.
    public var policy = TLSPolicy()

    /// A client that trusts the machine's authorities.
    public init() {}
}
