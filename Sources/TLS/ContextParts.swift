internal import COpenSSL

/// The steps in which a context is put together.
enum ContextParts {
    static func apply(_ policy: TLSPolicy, to context: OpaquePointer) throws(TLSError) {
        unsafe tls_set_modes(context)
        unsafe tls_set_options(context)
        try check(unsafe tls_set_minimum_version(context, number(policy.minimumVersion)))
        try check(unsafe tls_set_maximum_version(context, number(policy.maximumVersion)))
        try check(unsafe SSL_CTX_set_cipher_list(context, policy.ciphers))
        try check(unsafe SSL_CTX_set_ciphersuites(context, policy.cipherSuites))
        try check(unsafe tls_set_groups(context, policy.groups))
        // One ticket per handshake: more would only be of use to clients that open several connections from one.
        unsafe SSL_CTX_set_num_tickets(context, 1)
    }

    private static func number(_ version: TLSPolicy.Version) -> CInt {
        version == .tls13 ? TLS1_3_VERSION : TLS1_2_VERSION
    }

    /// Loads a pair, having checked that its two halves belong together.
    static func use(_ pair: CertificatePair, in context: OpaquePointer) throws(TLSError) -> Certificate.Facts {
        let facts = try pair.facts()
        var isFirst = true
        try Certificate.read(pair.chain) { (certificate) throws(TLSError) in
            if isFirst {
                try check(unsafe SSL_CTX_use_certificate(context, certificate.x509))
            } else {
                try check(unsafe tls_add_chain_certificate(context, certificate.x509))
            }
            isFirst = false
        }
        let key = try PrivateKey(pem: pair.key)
        try check(unsafe SSL_CTX_use_PrivateKey(context, key.pkey))
        return facts
    }

    /// Client certificates, as the configuration wants them.
    static func askClients(_ configuration: TLSServerConfiguration, in context: OpaquePointer) throws(TLSError) {
        // Sessions of one server must not be resumed at another that asks for other certificates.
        let scope = Array("portcullis".utf8)
        try check(unsafe SSL_CTX_set_session_id_context(context, scope, CUnsignedInt(scope.count)))
        guard configuration.clientAuthentication != .none else { return }
        try unsafe addAuthorities(configuration.clientAuthorities, to: context)
        try Certificate.read(configuration.clientAuthorities) { (authority) throws(TLSError) in
            try check(unsafe tls_add_client_authority(context, authority.x509))
        }
        let isRequired = configuration.clientAuthentication == .required
        unsafe SSL_CTX_set_verify(
            context, SSL_VERIFY_PEER | (isRequired ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0), nil)
    }

    static func trust(_ authorities: [UInt8]?, in context: OpaquePointer) throws(TLSError) {
        unsafe SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nil)
        if let authorities {
            try unsafe addAuthorities(authorities, to: context)
        } else {
            try check(unsafe SSL_CTX_set_default_verify_paths(context))
        }
    }

    private static func addAuthorities(_ pem: [UInt8], to context: OpaquePointer) throws(TLSError) {
        guard let store = unsafe SSL_CTX_get_cert_store(context) else { throw TLSError.last() }
        try Certificate.read(pem) { (authority) throws(TLSError) in
            try check(unsafe X509_STORE_add_cert(store, authority.x509))
        }
    }

    /// The one protocol that is spoken here, as ALPN lists protocols.
    private static let http: [UInt8] = [8] + Array("http/1.1".utf8)

    static func offerHTTP(in context: OpaquePointer) throws(TLSError) {
        // This function alone returns 0 when all is well.
        guard unsafe SSL_CTX_set_alpn_protos(context, http, CUnsignedInt(http.count)) == 0 else {
            throw TLSError.last()
        }
    }

    /// Selects HTTP/1.1 from what a client offers; a client that offers only other protocols is refused (RFC 7301, 3.2).
    static func selectHTTP(in context: OpaquePointer) {
        unsafe SSL_CTX_set_alpn_select_cb(
            context,
            { _, selected, selectedLength, offered, offeredLength, _ in
                guard let selected = unsafe selected, let selectedLength = unsafe selectedLength,
                    let offered = unsafe offered,
                    let start = unsafe ContextParts.findHTTP(
                        in: UnsafeBufferPointer(start: offered, count: Int(offeredLength)))
                else { return SSL_TLSEXT_ERR_ALERT_FATAL }
                unsafe selected.pointee = offered + start
                unsafe selectedLength.pointee = 8
                return SSL_TLSEXT_ERR_OK
            }, nil)
    }

    /// Where in the list of length-prefixed names the protocol's name begins.
    private static func findHTTP(in list: UnsafeBufferPointer<UInt8>) -> Int? {
        var index = 0
        while index < list.count {
            let length = unsafe Int(list[index])
            guard index + 1 + length <= list.count else { return nil }
            let name = unsafe list[(index + 1)..<(index + 1 + length)]
            if unsafe name.elementsEqual(http.dropFirst()) { return index + 1 }
            index += 1 + length
        }
        return nil
    }

    static func check(_ outcome: CInt) throws(TLSError) {
        guard outcome == 1 else { throw TLSError.last() }
    }
}
