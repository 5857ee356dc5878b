/// One subcommand; its file holds all there is to it, and `HelpText.commands` lists it.
protocol Command {
    /// The word that selects it.
    static var name: String { get }
    /// One line for the list of commands.
    static var summary: String { get }
    /// What `--help` prints.
    static var help: String { get }
    /// Does the work; the words are those after the command's name.
    static func run(_ words: [String]) throws(UsageError) -> ExitStatus
}

/// What the caller's shell is told.
enum ExitStatus: Int32 {
    /// All is well.
    case fine = 0
    /// The thing that was looked at is bad.
    case bad = 1
    /// Wrong use, or the work could not be done at all.
    case cannotRun = 2

    /// The graver of two outcomes.
    func or(_ other: ExitStatus) -> ExitStatus { rawValue >= other.rawValue ? self : other }
}

/// A command line that makes no sense, and why.
struct UsageError: Error {
    let message: String
}

/// Finds the command that the words name and runs it.
enum Front {
    static func run(_ words: [String]) -> ExitStatus {
        guard let first = words.first else {
            Console.error(HelpText.overview)
            return .cannotRun
        }
        if first == "--help" || first == "-h" || first == "help" { return help(Array(words.dropFirst())) }
        let name = first == "--version" ? VersionCommand.name : first
        guard let command = HelpText.commands.first(where: { $0.name == name }) else {
            Console.error("portcullis: unknown command '\(first)'; see portcullis --help\n")
            return .cannotRun
        }
        return run(command, Array(words.dropFirst()))
    }

    private static func run(_ command: any Command.Type, _ words: [String]) -> ExitStatus {
        if words.prefix(while: { $0 != "--" }).contains(where: { $0 == "--help" || $0 == "-h" }) {
            Console.print(command.help)
            return .fine
        }
        do throws(UsageError) {
            return try command.run(words)
        } catch {
            Console.error("portcullis \(command.name): \(error.message); see portcullis \(command.name) --help\n")
            return .cannotRun
        }
    }

    private static func help(_ words: [String]) -> ExitStatus {
        if let command = HelpText.commands.first(where: { $0.name == words.first }) {
            Console.print(command.help)
        } else {
            Console.print(HelpText.overview)
        }
        return .fine
    }
}
