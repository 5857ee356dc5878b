import JSON

/// `status`: what a running server says about itself and its hooks.
enum StatusCommand: Command {
    static let name = "status"
    static let summary = "show what a running server does, and how its hooks are"
    static let help = """
        usage: portcullis status [HOOK] [OPTION…]

        Shows the rules that a server has in force and how each hook did within the last five minutes, its objective, and how
        much of its error budget is left of all calls since the server started; of one hook, everything that is known.

        \(AdminClient.flags)
          -o, --output text|json

        Exit status: 0 the server is ready, 1 it is not or there is no such hook, 2 wrong use or no answer.

        """

    static func run(_ words: [String]) throws(UsageError) -> ExitStatus {
        let arguments = try Arguments(words, values: AdminClient.values.union(["--output"]), short: ["-o": "--output"])
        guard arguments.operands.count <= 1 else { throw UsageError(message: "give one hook, or none") }
        if let hook = arguments.operands.first {
            guard let segment = PathSegment.checked(hook) else {
                throw UsageError(message: "'\(hook)' is no name of a hook")
            }
            return try AdminOutput.run(name, arguments, "/v1/hooks/\(segment)") { $0.text() + "\n" }
        }
        var isReady = false
        let status = try AdminOutput.run(name, arguments, "/v1/status") { root in
            isReady = root["ready"]?.bool ?? false
            return text(root)
        }
        let isJSON = arguments.value("--output") == "json"
        guard status == .fine, !isJSON else { return status }
        let hooks = try AdminOutput.run(name, arguments, "/v1/hooks") { table($0["hooks"]?.elements.map { $0 } ?? []) }
        return hooks.or(isReady ? .fine : .bad)
    }

    private static func text(_ root: JSONNode) -> String {
        let rules = root["rules"]
        var lines = [
            "version   \(root["version"]?.string ?? "?"), \(root["ready"]?.bool == true ? "ready" : "not ready"), since "
                + (root["started"]?.string ?? "?"),
            "rules     \(rules?["revision"]?.string.flatMap { $0.isEmpty ? nil : $0 } ?? "none"), invalid: "
                + (rules?["invalid"]?.text() ?? "?"),
        ]
        if let expiry = root["certificateExpires"]?.string { lines.append("certificate until \(expiry)") }
        lines += rules?["problems"]?.elements.map { "  \($0.string ?? "")" } ?? []
        return lines.joined(separator: "\n") + "\n\n"
    }

    /// What is left of an error budget; of one that is used up, how many such budgets it would have taken.
    private static func budget(_ left: Double?, _ percent: (Double?) -> String) -> String {
        guard let left, left < 0 else { return percent(left) }
        return "spent, \(((1 - left) * 10).rounded() / 10) times"
    }

    private static func table(_ hooks: [JSONNode]) -> String {
        let rows = hooks.map { hook -> [String] in
            let figures = hook["lastFiveMinutes"]
            func number(_ name: String) -> String { figures?[name]?.text() ?? "" }
            func milliseconds(_ name: String) -> String {
                guard let seconds = figures?[name]?.double else { return "" }
                return "\((seconds * 1_000_000).rounded() / 1000) ms"
            }
            func percent(_ share: Double?) -> String {
                share.map { "\(($0 * 100_000).rounded() / 1000)%" } ?? ""
            }
            let mode = hook["mode"]?.string ?? ""
            let changed = hook["mode"]?.string == hook["modeOfTheRules"]?.string ? "" : " (changed)"
            return [
                hook["name"]?.string ?? "", hook["phase"]?.string ?? "", mode + changed, hook["breaker"]?.string ?? "-",
                number("calls"), number("failures"), number("timeouts"), milliseconds("p50"), milliseconds("p99"),
                hook["criticality"]?.string ?? "", percent(hook["objective"]?.double),
                budget(hook["sinceStart"]?["errorBudgetLeft"]?.double, percent),
            ]
        }
        return AdminOutput.table(
            [
                "HOOK", "PHASE", "MODE", "BREAKER", "CALLS", "FAILURES", "TIMEOUTS", "P50", "P99", "CRITICALITY",
                "OBJECTIVE", "BUDGET LEFT",
            ], rows)
    }
}
