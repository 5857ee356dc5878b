import JSON
import Reactor
import Telemetry

/// What several workers are, as JSON: in the words of one server, and then each of them.
struct StatusOfWorkers {
    private let supervisor: Supervisor
    private let parts: SupervisorService.Parts

    init(_ supervisor: Supervisor, _ parts: SupervisorService.Parts) {
        (self.supervisor, self.parts) = (supervisor, parts)
    }

    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.text("version", Release.version)
        writer.text("started", Timestamp.text(supervisor.started))
        writer.key("ready")
        writer.bool(supervisor.isReady)
        writer.key("loops")
        writer.int(parts.reduce(0) { $0 + ($1.root["loops"]?.int ?? 0) })
        writer.key("rules")
        if let rules = parts.first?.root["rules"] { writer.node(rules) } else { Self.writeNoRules(to: &writer) }
        writer.key("certificateExpires")
        if let expiry = parts.first?.root["certificateExpires"] { writer.node(expiry) } else { writer.null() }
        writer.key("workers")
        writer.beginArray()
        for seat in supervisor.seats { write(seat, to: &writer) }
        writer.endArray()
        writer.endObject()
    }

    /// Nobody is there to say what the rules are.
    private static func writeNoRules(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.text("revision", "")
        writer.key("documents")
        writer.beginObject()
        writer.endObject()
        writer.key("invalid")
        writer.int(0)
        writer.key("problems")
        writer.beginArray()
        writer.endArray()
        writer.endObject()
    }

    private func write(_ seat: WorkerSeat, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("worker")
        writer.int(Int64(seat.number))
        writer.key("ready")
        writer.bool(seat.isReady)
        writer.key("restarts")
        writer.int(Int64(seat.restarts))
        if let child = seat.child {
            writer.key("process")
            writer.int(Int64(child.id))
            writer.text("started", Timestamp.text(seat.wall))
        }
        if let root = parts.first(where: { $0.worker == seat.number })?.root {
            writer.text("revision", root["rules"]?["revision"]?.string ?? "")
        }
        writer.endObject()
    }
}
