import JSON
import YAML

/// `portcullis convert`: YAML to JSON and back.
enum ConvertCommand: Command {
    static let name = "convert"
    static let summary = "convert YAML to JSON and JSON to YAML"
    static let help = """
        usage: portcullis convert [OPTION…] FILE…

        Converts files of one or more documents and prints the result. A file whose name ends in .yaml or .yml becomes
        JSON, one whose name ends in .json becomes YAML; - is standard input.

          --from yaml|json           what the input is, whatever the name says; needed for -
          -o, --output yaml|json     what to print; the other format of the two if it is not given
          --compact                  JSON with one document on each line
          --schema kubernetes|core   read YAML as Kubernetes reads it (the default), or as YAML 1.2 says
          --last-key-wins            let a repeated key replace the one before, instead of refusing it

        YAML is divided at lines that start with ---, as kubectl does it, and documents that are empty are left out.
        Nothing is printed of a file that has an error. Errors are printed as file:line:column: error: message.
        Exit status: 0 converted, 1 a file has errors, 2 wrong use or a file cannot be read.

        """

    enum Format { case yaml, json }

    struct Options {
        var from: Format?
        var output: Format?
        var isCompact = false
        var yaml = YAMLOptions()
    }

    static func run(_ words: [String]) throws(UsageError) -> ExitStatus {
        let arguments = try Arguments(
            words, flags: ["--compact", "--last-key-wins"], values: ["--from", "--output", "--schema"],
            short: ["-o": "--output"])
        guard !arguments.operands.isEmpty else { throw UsageError(message: "no file given") }
        let options = try options(arguments)
        var inputs: [(path: String, format: Format)] = []
        for path in arguments.operands { inputs.append((path, try format(of: path, options))) }
        var status = ExitStatus.fine
        var output = ConvertOutput(isCompact: options.isCompact)
        for (path, format) in inputs {
            guard let file = InputFile(path) else {
                status = status.or(.cannotRun)
                continue
            }
            guard let documents = documents(of: file, format, options) else {
                status = status.or(.bad)
                continue
            }
            let target = options.output ?? (format == .yaml ? .json : .yaml)
            for document in documents { output.add(document, as: target) }
            output.flush()
        }
        return status
    }

    private static func options(_ arguments: Arguments) throws(UsageError) -> Options {
        var options = Options()
        let formats: [(String, Format)] = [("yaml", .yaml), ("json", .json)]
        options.from = try arguments.choice("--from", formats)
        options.output = try arguments.choice("--output", formats)
        options.isCompact = arguments.has("--compact")
        options.yaml.schema =
            try arguments.choice("--schema", [("kubernetes", YAMLSchema.kubernetes), ("core", .core)]) ?? .kubernetes
        if arguments.has("--last-key-wins") { options.yaml.duplicateKeys = .lastWins }
        return options
    }

    private static func format(of path: String, _ options: Options) throws(UsageError) -> Format {
        if let from = options.from { return from }
        if path.hasSuffix(".yaml") || path.hasSuffix(".yml") { return .yaml }
        if path.hasSuffix(".json") { return .json }
        throw UsageError(message: "cannot tell the format of '\(path)': give --from yaml or --from json")
    }
}
