import JSON

/// `breaker`: opens, closes or releases a hook's breaker in a running server.
enum BreakerCommand: Command {
    static let name = "breaker"
    static let summary = "open or close a hook's circuit breaker in a running server"
    static let help = """
        usage: portcullis breaker HOOK auto|forced-open|forced-closed [OPTION…]

        forced-open: the hook is not called, and its failure policy decides. forced-closed: it is called whatever happens.
        auto: the breaker judges again, and begins closed. The change outlives reloads of the rules, and restarts where the
        server has a state directory.

        \(AdminClient.flags)
          -o, --output text|json

        Exit status: 0 done, 1 there is no such hook, 2 wrong use, no answer or not allowed.

        """

    static func run(_ words: [String]) throws(UsageError) -> ExitStatus {
        try HookChange.run(name, words, ["auto", "forced-open", "forced-closed"])
    }
}

/// `mode`: changes what a hook's verdicts lead to in a running server.
enum ModeCommand: Command {
    static let name = "mode"
    static let summary = "change what a hook's verdicts lead to in a running server"
    static let help = """
        usage: portcullis mode HOOK enforce|warn|audit|off|auto [OPTION…]

        auto: what the rules say. The change outlives reloads of the rules, and restarts where the server has a state
        directory.

        \(AdminClient.flags)
          -o, --output text|json

        Exit status: 0 done, 1 there is no such hook, 2 wrong use, no answer or not allowed.

        """

    static func run(_ words: [String]) throws(UsageError) -> ExitStatus {
        try HookChange.run(name, words, ["enforce", "warn", "audit", "off", "auto"])
    }
}

private enum HookChange {
    static func run(_ name: String, _ words: [String], _ choices: [String]) throws(UsageError) -> ExitStatus {
        let arguments = try Arguments(words, values: AdminClient.values.union(["--output"]), short: ["-o": "--output"])
        guard arguments.operands.count == 2, let hook = PathSegment.checked(arguments.operands[0]) else {
            throw UsageError(message: "give the name of a hook and one of \(choices.joined(separator: ", "))")
        }
        let word = arguments.operands[1]
        guard choices.contains(word) else {
            throw UsageError(message: "'\(word)' is none of \(choices.joined(separator: ", "))")
        }
        return try AdminOutput.run(name, arguments, "/v1/hooks/\(hook)/\(name)", body: #"{"\#(name)": "\#(word)"}"#) {
            hook in
            let breaker = hook["breaker"]?.string.map { ", breaker \($0)" } ?? ""
            return "\(hook["name"]?.string ?? ""): mode \(hook["mode"]?.string ?? "")\(breaker)\n"
        }
    }
}
