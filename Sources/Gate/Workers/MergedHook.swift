import JSON
import Policies

/// What several workers say of one hook, as one server would: calls add up, of times the longest is told, and of breakers the
/// one that is furthest from closed.
struct MergedHook {
    private let nodes: [JSONNode]
    private let objective: HookObjective

    /// At least one node, that of the worker whose word counts where they should all say the same.
    init(_ nodes: [JSONNode]) {
        self.nodes = nodes
        var objective = HookObjective()
        objective.stated = nodes.first?["objective"]?.double
        self.objective = objective
    }

    func write(to writer: inout JSONWriter) {
        guard let first = nodes.first else { return }
        writer.beginObject()
        for member in first.members {
            guard let name = member.key.string else { continue }
            writer.key(name.utf8.span)
            switch name {
            case "breaker": writer.string(breaker)
            case "lastFiveMinutes": writeWindow(to: &writer)
            case "sinceStart": writeBudget(to: &writer)
            default: writer.node(member.value)
            }
        }
        writer.endObject()
    }

    private var breaker: String {
        let states = nodes.compactMap { $0["breaker"]?.string }
        return ["open", "half_open"].first(where: states.contains) ?? states.first ?? ""
    }

    private func sum(_ name: StaticString, in part: StaticString) -> UInt64 {
        nodes.reduce(0) { $0 &+ ($1[part]?[name]?.uint ?? 0) }
    }

    private func writeWindow(to writer: inout JSONWriter) {
        let (calls, failures) = (sum("calls", in: "lastFiveMinutes"), sum("failures", in: "lastFiveMinutes"))
        writer.beginObject()
        write("calls", calls, to: &writer)
        write("failures", failures, to: &writer)
        write("timeouts", sum("timeouts", in: "lastFiveMinutes"), to: &writer)
        if calls > 0 { write("successRatio", Double(calls &- min(failures, calls)) / Double(calls), to: &writer) }
        if let rate = objective.burnRate(failed: failures, of: calls) { write("burnRate", rate, to: &writer) }
        for name in ["p50", "p95", "p99"] as [StaticString] {
            let longest = nodes.compactMap { $0["lastFiveMinutes"]?[name]?.double }.max()
            if let longest { write(name, longest, to: &writer) }
        }
        writer.endObject()
    }

    private func writeBudget(to writer: inout JSONWriter) {
        let (calls, failures) = (sum("calls", in: "sinceStart"), sum("failures", in: "sinceStart"))
        writer.beginObject()
        write("calls", calls, to: &writer)
        write("failures", failures, to: &writer)
        if let left = objective.budgetLeft(failed: failures, of: calls) { write("errorBudgetLeft", left, to: &writer) }
        writer.endObject()
    }

    private func write(_ name: StaticString, _ count: UInt64, to writer: inout JSONWriter) {
        writer.key(name)
        writer.uint(count)
    }

    private func write(_ name: StaticString, _ value: Double, to writer: inout JSONWriter) {
        writer.key(name)
        writer.double(value)
    }
}
