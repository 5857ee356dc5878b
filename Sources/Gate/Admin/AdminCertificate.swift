import Reactor
import TLS
import Telemetry

/// The certificate of the endpoints for people, replaced when its files change.
final class AdminCertificate: CertificateReloadHandler {
    let identity: ServerIdentity
    private var changes: CertificateReload?
    private let log: Logger
    private let noteExpiry: (Int64) -> Void

    /// Nil where these endpoints are plain HTTP.
    init?(
        _ configuration: ServerConfiguration, clock: any Clock, log: Logger, on loop: EventLoop,
        noteExpiry: @escaping (Int64) -> Void
    ) throws(GateError) {
        guard let (tls, files) = try configuration.adminTLS() else { return nil }
        (self.log, self.noteExpiry) = (log, noteExpiry)
        let tickets: TicketKeys
        do throws(TLSError) {
            tickets = try TicketKeys(clock: clock)
            identity = ServerIdentity(try TLSContext(tls, tickets: tickets))
        } catch {
            throw GateError("\(files.map(\.certificate).joined(separator: ", ")): \(error)")
        }
        do throws(SystemError) {
            changes = try CertificateReload(
                files, tls, identity: identity, tickets: tickets, on: loop, handler: self)
        } catch {
            throw GateError("cannot watch the files of the admin certificate: \(error)")
        }
        if let facts = identity.context.facts { noteExpiry(facts.notAfter) }
    }

    /// Reads the files again.
    func reload(_ loop: EventLoop) { changes?.reload(loop) }

    func reloaded(_ facts: Certificate.Facts, on loop: EventLoop) {
        log.log(.info, "the admin certificate was replaced")
        noteExpiry(facts.notAfter)
    }

    func refused(_ reason: String, on loop: EventLoop) {
        log.note(.error, "the new admin certificate was refused", [("reason", reason)])
    }
}
