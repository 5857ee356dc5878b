import Gate

/// `portcullis version`.
enum VersionCommand: Command {
    static let name = "version"
    static let summary = "print the version"
    static let help = """
        usage: portcullis version

        Prints the version.

        """

    static func run(_ words: [String]) throws(UsageError) -> ExitStatus {
        let arguments = try Arguments(words)
        if let extra = arguments.operands.first { throw UsageError(message: "unexpected argument '\(extra)'") }
        Console.print("portcullis \(Release.version)\n")
        return .fine
    }
}
