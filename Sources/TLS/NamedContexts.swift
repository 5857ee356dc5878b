internal import COpenSSL

/// The contexts of a server that has certificates for several names, by what a client calls it (SNI, RFC 6066).
///
/// It belongs to a `TLSContext`, which every connection keeps, so the callback always finds it.
@safe
final class NamedContexts: @unchecked Sendable {
    private var exact: [String: OpaquePointer] = unsafe [:]
    /// `*.example.org`, by what follows the asterisk.
    private var wildcards: [String: OpaquePointer] = unsafe [:]
    private var contexts: [OpaquePointer] = unsafe []

    deinit { unsafe contexts.forEach { unsafe SSL_CTX_free($0) } }

    /// Takes over a context for these names; whoever had a name before keeps it.
    func add(_ context: OpaquePointer, names: [String]) {
        unsafe contexts.append(context)
        for name in names {
            let name = name.lowercased()
            if name.hasPrefix("*.") {
                let rest = String(name.dropFirst())
                if unsafe wildcards[rest] == nil { unsafe wildcards[rest] = context }
            } else if unsafe exact[name] == nil {
                unsafe exact[name] = context
            }
        }
    }

    /// Has the server's context ask here which certificate a client wants to see.
    func attach(to context: OpaquePointer) {
        unsafe tls_choose_by_name(
            context,
            { connection, _, argument in
                guard let argument = unsafe argument, let connection = unsafe connection,
                    let name = unsafe SSL_get_servername(connection, TLSEXT_NAMETYPE_host_name)
                else { return SSL_TLSEXT_ERR_OK }
                let own = unsafe Unmanaged<NamedContexts>.fromOpaque(argument).takeUnretainedValue()
                if let chosen = unsafe own.context(for: String(cString: name)) {
                    unsafe SSL_set_SSL_CTX(connection, chosen)
                }
                // Who asks for another name sees the first certificate, and decides.
                return SSL_TLSEXT_ERR_OK
            }, Unmanaged.passUnretained(self).toOpaque())
    }

    private func context(for name: String) -> OpaquePointer? {
        var name = name.lowercased()
        if name.hasSuffix(".") { name.removeLast() }
        if let known = unsafe exact[name] { return unsafe known }
        guard let dot = name.firstIndex(of: "."), dot != name.startIndex else { return nil }
        return unsafe wildcards[String(name[dot...])]
    }
}
