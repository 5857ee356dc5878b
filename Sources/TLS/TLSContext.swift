internal import COpenSSL

/// What all connections of one configuration share; immutable once made, so any thread may make connections from it.
@safe
public final class TLSContext: @unchecked Sendable {
    /// The certificate that is shown (the first, where there are several).
    public let facts: Certificate.Facts?
    let context: OpaquePointer
    let isServer: Bool
    let allowedClients: Set<String>
    /// Kept alive for the callback that finds it through the context.
    private let tickets: TicketKeys?

    /// A server's context. `tickets` outlives it, so that clients can resume sessions after a reload.
    public init(_ configuration: TLSServerConfiguration, tickets: TicketKeys) throws(TLSError) {
        ERR_clear_error()
        guard let context = unsafe SSL_CTX_new(TLS_server_method()) else { throw TLSError.last() }
        var facts: Certificate.Facts?
        do throws(TLSError) {
            for pair in configuration.pairs {
                let own = try unsafe ContextParts.use(pair, in: context)
                facts = facts ?? own
            }
            guard facts != nil else { throw TLSError(.noCertificate) }
            try unsafe ContextParts.apply(configuration.policy, to: context)
            try unsafe ContextParts.askClients(configuration, in: context)
            unsafe ContextParts.selectHTTP(in: context)
            try unsafe tickets.attach(to: context)
        } catch {
            unsafe SSL_CTX_free(context)
            throw error
        }
        unsafe self.context = context
        self.facts = facts
        self.tickets = tickets
        isServer = true
        allowedClients = configuration.allowedClients
    }

    /// A client's context.
    public init(_ configuration: TLSClientConfiguration) throws(TLSError) {
        ERR_clear_error()
        guard let context = unsafe SSL_CTX_new(TLS_client_method()) else { throw TLSError.last() }
        var facts: Certificate.Facts?
        do throws(TLSError) {
            if let pair = configuration.pair { facts = try unsafe ContextParts.use(pair, in: context) }
            try unsafe ContextParts.apply(configuration.policy, to: context)
            try unsafe ContextParts.trust(configuration.authorities, in: context)
            try unsafe ContextParts.offerHTTP(in: context)
        } catch {
            unsafe SSL_CTX_free(context)
            throw error
        }
        unsafe self.context = context
        self.facts = facts
        tickets = nil
        isServer = false
        allowedClients = []
    }

    deinit { unsafe SSL_CTX_free(context) }
}
