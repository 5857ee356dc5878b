import HTTP
import Hooks
import JSON
import Policies
import Reactor
import Telemetry

/// What may be changed while the server serves. Every change is logged with who made it.
extension AdminService {
    func change(
        _ endpoint: Endpoint, _ request: AdminRequest, _ bytes: Span<UInt8>, by who: String
    ) throws(AdminRefusal) -> Answer {
        if endpoint == .reload {
            gate.log.note(.warning, "a reload was asked for", [("by", who)])
            gate.reloadAll()
            gate.writeStatus(to: &writer)
            return Answer(status: .accepted)
        }
        guard let state = gate.hooks.board.state(named: request.name) else { throw .noHook(request.name) }
        var change = state.override
        let word = endpoint == .mode ? "mode" : "breaker"
        let value = try Self.value(of: word, bytes.extracting(request.body))
        if endpoint == .mode {
            change.mode = try Self.mode(value)
        } else {
            change.breaker = try Self.control(value)
        }
        change.by = who
        change.wall = gate.clock.wall
        guard gate.set(change, of: request.name) else { throw .noHook(request.name) }
        gate.log.note(
            .warning, "a hook was changed",
            [("hook", request.name), (endpoint == .mode ? "mode" : "breaker", value), ("by", who)])
        _ = gate.writeHook(request.name, to: &writer)
        return Answer()
    }

    /// The only member of a small JSON object.
    private static func value(of name: String, _ body: Span<UInt8>) throws(AdminRefusal) -> String {
        let usage = AdminRefusal(.badRequest, "the body must be an object such as {\"\(name)\": \"auto\"}")
        var text: [UInt8] = []
        for index in body.indices { text.append(body[index]) }
        guard let document = try? JSONDocument(parsing: text) else { throw usage }
        let value = document.withRoot { root in
            root.isObject && root.count == 1 ? root[name]?.string : nil
        }
        guard let value else { throw usage }
        return value
    }

    private static func mode(_ word: String) throws(AdminRefusal) -> HookMode? {
        if word == "auto" { return nil }
        if let mode = HookMode.allCases.first(where: { "\($0)" == word }) { return mode }
        throw AdminRefusal(
            .badRequest, "a mode is enforce, warn, audit or off, or auto for what the rules say, not '\(word)'")
    }

    private static func control(_ word: String) throws(AdminRefusal) -> Breaker.Control {
        if let control = Breaker.Control.allCases.first(where: { $0.name == word }) { return control }
        throw AdminRefusal(.badRequest, "a breaker is auto, forced-open or forced-closed, not '\(word)'")
    }
}
