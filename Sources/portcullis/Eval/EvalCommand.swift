import CEL
import JSON

/// `portcullis eval`: what an expression gives, and why.
enum EvalCommand: Command {
    static let name = "eval"
    static let summary = "evaluate CEL expressions"
    static let help = """
        usage: portcullis eval [OPTION…] EXPRESSION
               portcullis eval [OPTION…] -i
               portcullis eval --jsonl

        Evaluates an expression and prints what it gives.

          --input FILE       the variables: a JSON or YAML object; - is standard input
          --kubernetes       the language of admission policies: its libraries, costs and limits
          --cost             also what it cost, and what it was estimated to cost
          --explain          also what each part of the expression gives
          --ast              print the checked expression instead
          --program          print what is run instead
          -o, --output text|json   a value as an expression spells it (the default), or as JSON that keeps its type
          -i, --interactive  read expressions from standard input, one on each line
          --jsonl            read an object with "expr", and if need be "bindings", "type_env", "container",
                             "kubernetes", "disable_check", "disable_macros", "check_only" and "schemas", from each
                             line of standard input, and answer each with one line

        Exit status: 0 evaluated, 1 the expression is wrong or failed, 2 wrong use or a file cannot be read.

        """

    enum Mode { case value, explanation, tree, program }

    struct Options {
        var isKubernetes = false
        var showsCost = false
        var isJSON = false
        var mode = Mode.value
    }

    static func run(_ words: [String]) throws(UsageError) -> ExitStatus {
        let arguments = try Arguments(
            words,
            flags: [
                "--kubernetes", "--cost", "--explain", "--ast", "--program", "--interactive", "--jsonl",
            ],
            values: ["--input", "--output"], short: ["-i": "--interactive", "-o": "--output"])
        let options = try options(arguments)
        if arguments.has("--jsonl") {
            guard arguments.operands.isEmpty else { throw UsageError(message: "--jsonl takes no expression") }
            return EvalLines.run(isKubernetes: options.isKubernetes)
        }
        let isInteractive = arguments.has("--interactive")
        guard arguments.operands.count == (isInteractive ? 0 : 1) else {
            throw UsageError(message: isInteractive ? "-i takes no expression" : "one expression must be given")
        }
        var input: JSONDocument?
        if let path = arguments.value("--input") {
            guard !(isInteractive && path == "-") else { throw UsageError(message: "-i reads standard input itself") }
            guard let file = InputFile(path) else { return .cannotRun }
            guard let document = EvalInput.document(of: file) else { return .cannotRun }
            input = document
        }
        return isInteractive
            ? interact(input, options) : EvalReport(expression: arguments.operands[0], input: input, options).print()
    }

    private static func options(_ arguments: Arguments) throws(UsageError) -> Options {
        var options = Options()
        options.isKubernetes = arguments.has("--kubernetes")
        options.showsCost = arguments.has("--cost")
        options.isJSON = try arguments.choice("--output", [("text", false), ("json", true)]) ?? false
        let modes: [(String, Mode)] = [("--explain", .explanation), ("--ast", .tree), ("--program", .program)]
        let chosen = modes.filter { arguments.has($0.0) }
        guard chosen.count <= 1 else {
            throw UsageError(message: "\(chosen[0].0) and \(chosen[1].0) exclude each other")
        }
        options.mode = chosen.first?.1 ?? .value
        return options
    }

    /// Answers line by line, until the input ends; a wrong expression is no reason to stop.
    private static func interact(_ input: JSONDocument?, _ options: Options) -> ExitStatus {
        var lines = InputLines()
        while true {
            if InputLines.isTerminal { Console.print("> ") }
            guard let line = lines.next() else { return .fine }
            let expression = String(decoding: line, as: UTF8.self)
            guard expression.contains(where: { !$0.isWhitespace }) else { continue }
            _ = EvalReport(expression: expression, input: input, options).print()
        }
    }
}
