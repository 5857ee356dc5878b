import Reactor
import TLS
import Telemetry

/// The certificate of the endpoints for people, replaced when its files change.
final class AdminCertificate: CertificateReloadHandler {
    let identity: ServerIdentity
    private var changes: CertificateReload?
    private unowned let gate: Gate

    /// Nil where these endpoints are plain HTTP.
    init?(_ gate: Gate, on loop: EventLoop) throws(GateError) {
        guard let (tls, files) = try gate.configuration.adminTLS() else { return nil }
        self.gate = gate
        let tickets: TicketKeys
        do throws(TLSError) {
            tickets = try TicketKeys(clock: gate.clock)
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
        if let facts = identity.context.facts { note(facts) }
    }

    /// Reads the files again.
    func reload(_ loop: EventLoop) { changes?.reload(loop) }

    private func note(_ facts: Certificate.Facts) {
        gate.metrics.note(expiry: facts.notAfter, of: "admin", gate.shard)
    }

    func reloaded(_ facts: Certificate.Facts, on loop: EventLoop) {
        gate.log.log(.info, "the admin certificate was replaced")
        note(facts)
    }

    func refused(_ reason: String, on loop: EventLoop) {
        gate.log.note(.error, "the new admin certificate was refused", [("reason", reason)])
    }
}
