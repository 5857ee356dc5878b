import JSON
import Policies

/// `portcullis check`: everything that is wrong with rule files.
enum CheckCommand: Command {
    static let name = "check"
    static let summary = "check rule files as an API server would on create"
    static let help = """
        usage: portcullis check [OPTION…] PATH…

        Reads every .yaml, .yml and .json file at and below the paths and reports everything that serve would refuse, as
        file:line:column: severity: message (field). Of policies that nothing binds, and of bindings without a policy, it
        warns.

          -o, --output text|json|github   how problems are printed; github: as annotations of a workflow
          --strict                        take warnings for errors

        Exit status: 0 nothing is wrong, 1 there are errors, 2 wrong use or a file cannot be read.

        """

    enum Output { case text, json, github }

    static func run(_ words: [String]) throws(UsageError) -> ExitStatus {
        let arguments = try Arguments(
            words, flags: ["--strict"], values: ["--output"], short: ["-o": "--output"])
        let output =
            try arguments.choice("--output", [("text", Output.text), ("json", .json), ("github", .github)]) ?? .text
        guard !arguments.operands.isEmpty else { throw UsageError(message: "no path given") }
        guard let files = RuleInput.read(arguments.operands) else { return .cannotRun }
        let (set, problems) = PolicySet.load(files)
        print(problems, output)
        let errors = problems.count { $0.severity == .error }
        if output == .text {
            let counts = set.counts.filter { $0.count > 0 }.map { "\($0.count) \($0.kind)" }
            let list = counts.isEmpty ? "no rules" : counts.joined(separator: ", ")
            Console.print("\(list); \(errors) errors, \(problems.count - errors) warnings\n")
        }
        return errors > 0 || (arguments.has("--strict") && !problems.isEmpty) ? .bad : .fine
    }

    private static func print(_ problems: [RuleProblem], _ output: Output) {
        switch output {
        case .text: for problem in problems { Console.print("\(problem)\n") }
        case .github:
            for problem in problems {
                let message = problem.message.replacing("%", with: "%25").replacing("\n", with: "%0A")
                Console.print(
                    "::\(problem.severity.rawValue) file=\(problem.file),line=\(problem.line),"
                        + "col=\(problem.column)::\(message)\n")
            }
        case .json: Console.print(json(problems) + "\n")
        }
    }

    private static func json(_ problems: [RuleProblem]) -> String {
        var writer = JSONWriter()
        writer.beginArray()
        for problem in problems {
            writer.beginObject()
            let texts: [(key: StaticString, text: String)] = [
                ("file", problem.file), ("severity", problem.severity.rawValue), ("message", problem.message),
                ("path", problem.path), ("document", problem.document),
            ]
            for (key, text) in texts {
                writer.key(key)
                writer.string(text)
            }
            writer.key("line")
            writer.int(Int64(problem.line))
            writer.key("column")
            writer.int(Int64(problem.column))
            writer.endObject()
        }
        writer.endArray()
        return writer.text
    }
}
