internal import Policies
internal import Reactor

/// A command as a rule file has it, checked, with its files by their absolute paths.
struct CommandPlan: Sendable {
    private static let argumentsMax = 256
    private static let argumentBytesMax = 128 << 10
    private static let variablesMax = 256
    private static let graceMax = Nanoseconds.seconds(60)
    static let secretBytesMax = 1 << 20
    /// Names that begin so are the server's own.
    private static let reserved = "PORTCULLIS_"

    let arguments: [String]
    let directory: String?
    let environment: [HookField]
    let secretFiles: [HookField]
    let grace: Nanoseconds

    /// Checks what `run`, which stands at `path` of the document, says.
    init(_ run: CommandRun, at path: String, folder: RuleFolder) throws(ExecutorProblem) {
        arguments = run.arguments
        directory = run.directory.map(folder.absolute)
        environment = run.environment
        secretFiles = run.secretFiles.map { HookField($0.name, folder.absolute($0.value)) }
        grace = run.grace
        try checkWords(path)
        try checkVariables(path)
        guard run.grace >= .zero, run.grace <= Self.graceMax else {
            throw ExecutorProblem("\(path).grace", "must be a duration up to 60s")
        }
        try checkFiles(path)
    }

    private func checkWords(_ path: String) throws(ExecutorProblem) {
        guard let program = arguments.first, !program.isEmpty else {
            throw ExecutorProblem("\(path).argv", "must name a program first")
        }
        guard arguments.count <= Self.argumentsMax,
            arguments.reduce(0, { $0 + $1.utf8.count }) <= Self.argumentBytesMax
        else { throw ExecutorProblem("\(path).argv", "has more than 256 words or 128 KiB") }
        guard !arguments.contains(where: { $0.utf8.contains(0) }) else {
            throw ExecutorProblem("\(path).argv", "a word holds a zero byte")
        }
    }

    private func checkVariables(_ path: String) throws(ExecutorProblem) {
        var names: Set<String> = []
        for (field, variables) in [("env", environment), ("secretFiles", secretFiles)] {
            let place = "\(path).\(field)"
            guard variables.count <= Self.variablesMax else { throw ExecutorProblem(place, "has more than 256 names") }
            for variable in variables {
                guard Self.isName(variable.name) else {
                    throw ExecutorProblem(
                        place, "\"\(Excerpt.of(variable.name))\" is no name of an environment variable")
                }
                guard !variable.name.hasPrefix(Self.reserved) else {
                    throw ExecutorProblem(place, "names that begin with \(Self.reserved) are the server's own")
                }
                guard names.insert(variable.name).inserted else {
                    throw ExecutorProblem(place, "\(variable.name) is there twice")
                }
                guard !variable.value.utf8.contains(0), variable.value.utf8.count <= Self.argumentBytesMax else {
                    throw ExecutorProblem(place, "the value of \(variable.name) is too long or holds a zero byte")
                }
            }
        }
    }

    private static func isName(_ name: String) -> Bool {
        let isLetter = { (byte: UInt8) in byte == UInt8(ascii: "_") || (byte | 0x20) &- UInt8(ascii: "a") < 26 }
        guard let first = name.utf8.first, isLetter(first) else { return false }
        return name.utf8.allSatisfy { isLetter($0) || (0x30...0x39).contains($0) }
    }

    private func checkFiles(_ path: String) throws(ExecutorProblem) {
        if let directory {
            do throws(TreeCopy.Failure) { try TreeCopy().check(directory) } catch {
                throw ExecutorProblem("\(path).directory", error.description, cause: .machine)
            }
            try checkProgram(path, directory)
        }
        for file in secretFiles {
            do throws(SystemError) {
                _ = try WholeFile.read(file.value, bytesMax: Self.secretBytesMax)
            } catch {
                throw ExecutorProblem("\(path).secretFiles.\(file.name)", error.description, cause: .machine)
            }
        }
    }

    /// A program that is to come from the folder must be in it.
    private func checkProgram(_ path: String, _ directory: String) throws(ExecutorProblem) {
        let program = arguments[0]
        guard program.utf8.contains(UInt8(ascii: "/")), !program.hasPrefix("/"),
            !WholeFile.exists("\(directory)/\(program)")
        else { return }
        throw ExecutorProblem("\(path).argv", "\(program) is not in \(directory)", cause: .machine)
    }
}
