import JSON

/// `dead-letter`: the calls of a running server that failed for good.
enum DeadLetterCommand: Command {
    static let name = "dead-letter"
    static let summary = "list, resolve or replay calls of hooks that failed for good"
    static let help = """
        usage: portcullis dead-letter list [--hook NAME] [--state open|resolved|replayed] [--limit N] [--before ID] [OPTION…]
               portcullis dead-letter resolve ID… [OPTION…]
               portcullis dead-letter replay ID… [OPTION…]

        resolve says that a letter is dealt with; nothing is deleted. replay makes the call again, once, as the hook is now,
        with the review as it was kept: without its secrets.

        \(AdminClient.flags)
          -o, --output text|json

        Exit status: 0 done, 1 a letter is not there or its call failed again, 2 wrong use, no answer or not allowed.

        """

    static func run(_ words: [String]) throws(UsageError) -> ExitStatus {
        let filters: Set<String> = ["--hook", "--state", "--limit", "--before"]
        let arguments = try Arguments(
            words, values: AdminClient.values.union(filters).union(["--output"]), short: ["-o": "--output"])
        let ids = arguments.operands.dropFirst()
        switch arguments.operands.first {
        case "list" where ids.isEmpty: return try list(arguments, filters)
        case "resolve" where !ids.isEmpty, "replay" where !ids.isEmpty:
            return try change(arguments, arguments.operands[0], ids)
        default: throw UsageError(message: "give list, or resolve or replay with the numbers of letters")
        }
    }

    private static func list(_ arguments: Arguments, _ filters: Set<String>) throws(UsageError) -> ExitStatus {
        var query: [String] = []
        for filter in filters.sorted() {
            guard let value = arguments.value(filter) else { continue }
            guard let plain = PathSegment.checked(value) else {
                throw UsageError(message: "\(filter) cannot be '\(value)'")
            }
            query.append("\(filter.dropFirst(2))=\(plain)")
        }
        let path = "/v1/runtime/hooks/dead-letter" + (query.isEmpty ? "" : "?" + query.joined(separator: "&"))
        return try AdminOutput.run(name, arguments, path) { root in
            let rows = (root["entries"]?.elements.map { $0 } ?? []).map { letter -> [String] in
                let request = letter["invocation"]?["request"]
                let place = [request?["namespace"]?.string, request?["name"]?.string].compactMap { $0 }
                return [
                    letter["id"]?.text() ?? "", letter["time"]?.string ?? "", letter["hook"]?.string ?? "",
                    letter["state"]?.string ?? "", letter["attempts"]?.text() ?? "",
                    request?["operation"]?.string ?? "", place.joined(separator: "/"),
                    "\(letter["failure"]?["reason"]?.string ?? ""): \(letter["failure"]?["message"]?.string ?? "")",
                ]
            }
            return AdminOutput.table(
                ["ID", "TIME", "HOOK", "STATE", "ATTEMPTS", "OPERATION", "OBJECT", "FAILURE"], rows)
        }
    }

    private static func change(
        _ arguments: Arguments, _ verb: String, _ ids: ArraySlice<String>
    ) throws(UsageError) -> ExitStatus {
        for id in ids where UInt64(id) == nil { throw UsageError(message: "'\(id)' is no number of a letter") }
        var worst = ExitStatus.fine
        for id in ids {
            var hasFailed = false
            let path = "/v1/runtime/hooks/dead-letter/\(id)/\(verb)"
            let status = try AdminOutput.run(name, arguments, path, body: "") { root in
                if let failure = root["failure"]?.string {
                    hasFailed = true
                    return "\(id): failed again: \(failure)\n"
                }
                let result = root["result"]?.string.map { ", result \($0)" } ?? ""
                return "\(id): \(root["state"]?.string ?? "done")\(result)\n"
            }
            worst = worst.or(status).or(hasFailed ? .bad : .fine)
        }
        return worst
    }
}
