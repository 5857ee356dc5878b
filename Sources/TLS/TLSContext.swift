internal import COpenSSL

/// What all connections of one configuration share; immutable once made, so any thread may make connections from it.
@safe
public final class TLSContext: @unchecked Sendable {
    /// The certificate that is shown (where there are several, the one that expires first).
    public let facts: Certificate.Facts?
    let context: OpaquePointer
    let isServer: Bool
    let allowedClients: Set<String>
    /// Kept alive for the callback that finds it through the context.
    private let tickets: TicketKeys?
    /// For clients that ask for other names.
    private let others: NamedContexts?

    /// A server's context. `tickets` outlives it, so that clients can resume sessions after a reload.
    public init(_ configuration: TLSServerConfiguration, tickets: TicketKeys) throws(TLSError) {
        ERR_clear_error()
        let groups = try Self.groups(configuration.pairs)
        guard let first = groups.first else { throw TLSError(.noCertificate) }
        let context = try unsafe Self.make(configuration, first.pairs, tickets)
        let others = NamedContexts()
        do throws(TLSError) {
            for group in groups.dropFirst() {
                unsafe others.add(try Self.make(configuration, group.pairs, tickets), names: group.facts.names)
            }
        } catch {
            unsafe SSL_CTX_free(context)
            throw error
        }
        if groups.count > 1 { unsafe others.attach(to: context) }
        unsafe self.context = context
        facts = groups.map(\.facts).min { $0.notAfter < $1.notAfter }
        self.tickets = tickets
        self.others = others
        isServer = true
        allowedClients = configuration.allowedClients
    }

    /// Certificates that bear the same names belong into one context: they differ in the type of their keys.
    private static func groups(
        _ pairs: [CertificatePair]
    ) throws(TLSError) -> [(facts: Certificate.Facts, pairs: [CertificatePair])] {
        var groups: [(facts: Certificate.Facts, pairs: [CertificatePair])] = []
        for pair in pairs {
            let facts = try pair.facts()
            let place = groups.firstIndex { group in
                Set(group.facts.names) == Set(facts.names) && Set(group.facts.addresses) == Set(facts.addresses)
            }
            if let place { groups[place].pairs.append(pair) } else { groups.append((facts, [pair])) }
        }
        return groups
    }

    private static func make(
        _ configuration: TLSServerConfiguration, _ pairs: [CertificatePair], _ tickets: TicketKeys
    ) throws(TLSError) -> OpaquePointer {
        guard let context = unsafe SSL_CTX_new(TLS_server_method()) else { throw TLSError.last() }
        do throws(TLSError) {
            for pair in pairs { _ = try unsafe ContextParts.use(pair, in: context) }
            try unsafe ContextParts.apply(configuration.policy, to: context)
            try unsafe ContextParts.askClients(configuration, in: context)
            unsafe ContextParts.selectHTTP(in: context)
            try unsafe tickets.attach(to: context)
        } catch {
            unsafe SSL_CTX_free(context)
            throw error
        }
        return unsafe context
    }

    /// A client's context.
    public init(_ configuration: TLSClientConfiguration) throws(TLSError) {
        ERR_clear_error()
        guard let context = unsafe SSL_CTX_new(TLS_client_method()) else { throw TLSError.last() }
        var facts: Certificate.Facts?
        do throws(TLSError) {
            if let pair = configuration.pair { facts = try unsafe ContextParts.use(pair, in: context) }
            try unsafe ContextParts.apply(configuration.policy, to: context)
            if configuration.verifiesServer {
                try unsafe ContextParts.trust(configuration.authorities, in: context)
            } else {
                unsafe SSL_CTX_set_verify(context, SSL_VERIFY_NONE, nil)
            }
            try unsafe ContextParts.offerHTTP(in: context)
        } catch {
            unsafe SSL_CTX_free(context)
            throw error
        }
        unsafe self.context = context
        self.facts = facts
        tickets = nil
        others = nil
        isServer = false
        allowedClients = []
    }

    deinit { unsafe SSL_CTX_free(context) }
}
