import Hooks
import JSON
import Policies
import Reactor
import Telemetry

/// What people have changed about hooks, kept in the state directory from one life of the server to the next.
struct OverrideFile {
    private let path: String
    private static let bytesMax = 4 << 20

    /// The file in that directory.
    init(in directory: String) { path = "\(directory)/hook-changes.json" }

    /// Reads what was changed; empty where nothing ever was.
    func read() throws(GateError) -> [String: HookOverride] {
        let bytes: [UInt8]
        do throws(SystemError) { bytes = try WholeFile.read(path, bytesMax: Self.bytesMax) } catch {
            if error.isNotFound { return [:] }
            throw GateError("cannot read \(path): \(error)")
        }
        guard let document = try? JSONDocument(parsing: bytes) else {
            throw GateError("\(path) is not JSON; whoever removes it removes what was changed about hooks")
        }
        return document.withRoot { root in
            var found: [String: HookOverride] = [:]
            guard let list = root["hooks"], list.isObject else { return found }
            for member in list.members where member.value.isObject {
                guard let name = member.key.string else { continue }
                found[name] = Self.change(member.value)
            }
            return found
        }
    }

    private static func change(_ node: JSONNode) -> HookOverride {
        var change = HookOverride()
        change.mode = HookMode.allCases.first { node["mode"]?.string == "\($0)" }
        change.breaker = Breaker.Control.allCases.first { node["breaker"]?.string == $0.name } ?? .auto
        change.by = node["by"]?.string ?? ""
        change.wall = node["at"]?.int ?? 0
        return change
    }

    /// Writes what is changed now, whole or not at all.
    func write(_ changes: [String: HookOverride]) throws(SystemError) {
        var writer = JSONWriter(capacity: 1024)
        writer.beginObject()
        writer.key("hooks")
        writer.beginObject()
        for (name, change) in changes.sorted(by: { $0.key < $1.key }) {
            writer.key(name.utf8.span)
            writer.beginObject()
            if let mode = change.mode { writer.text("mode", "\(mode)") }
            writer.text("breaker", change.breaker.name)
            writer.text("by", change.by)
            writer.key("at")
            writer.int(change.wall)
            writer.endObject()
        }
        writer.endObject()
        writer.endObject()
        try WholeFile.replace(path, with: writer.bytes)
    }
}

extension Gate {
    /// Takes over what was changed about hooks in an earlier life.
    func restoreOverrides() throws(GateError) {
        guard let state = changesFolder else { return }
        do throws(SystemError) { try WholeFile.makeDirectory(state, mode: 0o700) } catch {
            throw GateError("cannot make the state directory: \(error)")
        }
        let changes = try OverrideFile(in: state).read()
        hooks.board.restore(changes)
        for (name, change) in changes where !change.isEmpty {
            log.note(
                .warning, "a hook is not as the rules have it",
                [
                    ("hook", name), ("mode", change.mode.map { "\($0)" } ?? "auto"),
                    ("breaker", change.breaker.name), ("by", change.by),
                ])
        }
    }

    /// Where changes are kept: for all workers together where this is one of several.
    private var changesFolder: String? { configuration.worker?.changes ?? configuration.state }

    /// Changes a hook, and keeps the change where there is a state directory; false where there is no such hook.
    func set(_ change: HookOverride, of name: String) -> Bool {
        guard hooks.board.set(change, of: name) else { return false }
        guard let state = changesFolder else { return true }
        do throws(SystemError) { try OverrideFile(in: state).write(hooks.board.overrides) } catch {
            log.note(.error, "a change of a hook could not be kept for the next start", [("reason", "\(error)")])
        }
        return true
    }
}
