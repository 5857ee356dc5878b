public import Policies
internal import Reactor

/// The folder that one run of a command has to itself:
///
///     run-Xa81Qz/
///         work/            the copy of the hook's directory; the command starts here
///         secrets/         the copies of its secret files, where it has any
///         invocation.json  what it is to judge
///         result, message, patch   what it may write
///
/// Only this user can look into it. It is used on the threads of commands, never on a loop that serves.
struct CommandFolder: Sendable {
    private static let resultBytesMax = 1 << 20

    let path: String

    var work: String { path + "/work" }
    /// What the environment of whatever the run started holds, and that of nothing else.
    var mark: String { "=\(path)/" }

    private var invocation: String { path + "/invocation.json" }

    /// Makes the folder with nothing in it that is of one run.
    static func make(in parent: String) throws(SystemError) -> CommandFolder {
        let folder = CommandFolder(path: try ScratchFolder.make(in: parent, prefix: "run-"))
        do throws(SystemError) {
            try WholeFile.makeDirectory(folder.work, mode: 0o700)
            try WholeFile.createUnsynced(folder.invocation, with: [], mode: 0o600)
        } catch {
            folder.remove()
            throw error
        }
        return folder
    }

    /// Whether what it was made with is there.
    var isWhole: Bool { WholeFile.exists(invocation) && WholeFile.exists(work) }

    /// The folder with what the run is given.
    func filled(_ plan: CommandPlan, invocation: [UInt8], isWanted: () -> Bool) throws(HookFailure) -> CommandFolder {
        do throws(HookFailure) { try fill(plan, invocation: invocation, isWanted: isWanted) } catch {
            remove()
            throw error
        }
        return self
    }

    private func fill(_ plan: CommandPlan, invocation bytes: [UInt8], isWanted: () -> Bool) throws(HookFailure) {
        do throws(SystemError) {
            try WholeFile.fillUnsynced(invocation, with: bytes)
            if !plan.secretFiles.isEmpty { try WholeFile.makeDirectory(path + "/secrets", mode: 0o700) }
            for file in plan.secretFiles {
                let bytes = try WholeFile.read(file.value, bytesMax: CommandPlan.secretBytesMax)
                try WholeFile.createUnsynced("\(path)/secrets/\(file.name)", with: bytes, mode: 0o600)
            }
        } catch {
            throw HookFailure(.error, error.description, isRetryable: true)
        }
        guard let directory = plan.directory else { return }
        do throws(TreeCopy.Failure) {
            try TreeCopy().copy(directory, to: work, isWanted: isWanted)
        } catch {
            throw HookFailure(.error, error.description, isRetryable: true)
        }
    }

    /// The run's whole environment: what is declared, and where its files are.
    func environment(_ plan: CommandPlan) -> [String] {
        plan.environment.map { "\($0.name)=\($0.value)" }
            + plan.secretFiles.map { "\($0.name)=\(path)/secrets/\($0.name)" }
            + [
                "PORTCULLIS_INVOCATION=\(invocation)", "PORTCULLIS_RESULT=\(path)/result",
                "PORTCULLIS_MESSAGE=\(path)/message", "PORTCULLIS_PATCH=\(path)/patch",
            ]
    }

    /// What the run wrote.
    func result(phase: HookPhase) throws(HookFailure) -> HookResult {
        let files = CommandFiles(
            result: try read("result"), message: try read("message"), patch: try read("patch"))
        return try files.result(phase: phase)
    }

    private func read(_ name: String) throws(HookFailure) -> [UInt8]? {
        do throws(SystemError) {
            return try WholeFile.readPlain("\(path)/\(name)", bytesMax: Self.resultBytesMax)
        } catch {
            throw HookFailure(.contract, "the command's \(name) file cannot be read: \(SystemError.text(error.code))")
        }
    }

    /// Removes the folder; what cannot be removed is left to whoever cleans the machine's temporary files.
    func remove() { try? ScratchFolder.remove(path) }
}

/// What a command has written into its files; nil for a file that it did not write.
public struct CommandFiles: Sendable {
    let result: [UInt8]?
    let message: [UInt8]?
    let patch: [UInt8]?

    /// The files' contents.
    public init(result: [UInt8]?, message: [UInt8]?, patch: [UInt8]?) {
        self.result = result
        self.message = message
        self.patch = patch
    }

    /// The result that they are together: no result file is a pass, a word is a result without more to say. A message or a
    /// patch must not be both in the result and in its own file.
    public func result(phase: HookPhase) throws(HookFailure) -> HookResult {
        var whole = try verdict(phase)
        if let message {
            guard whole.message.isEmpty else { throw .breach("the message is both in the result and in a file") }
            guard message.count <= ResultLimits.messageBytesMax else {
                throw .breach("the message file has more than \(ResultLimits.messageBytesMax) bytes")
            }
            whole.message = Self.trimmed(String(decoding: message, as: UTF8.self))
        }
        if let patch {
            guard whole.patch == nil else { throw .breach("the patch is both in the result and in a file") }
            whole.patch = try HookPatch.parsed(patch, phase: phase)
        }
        return whole
    }

    private func verdict(_ phase: HookPhase) throws(HookFailure) -> HookResult {
        guard let result else { return HookResult(.pass) }
        let word = Self.trimmed(String(decoding: result.prefix(64), as: UTF8.self))
        if result.count <= 64, let verdict = HookResult.Verdict(rawValue: word) { return HookResult(verdict) }
        if word.isEmpty { throw .breach("the result file is empty; write pass, warn, deny or a JSON object") }
        return try HookResult(parsing: result, phase: phase)
    }

    private static func trimmed(_ text: String) -> String {
        var scalars = Substring(text).unicodeScalars
        while let last = scalars.last, last == " " || (0x09...0x0D).contains(last.value) { scalars.removeLast() }
        while let first = scalars.first, first == " " || (0x09...0x0D).contains(first.value) { scalars.removeFirst() }
        return String(Substring(scalars))
    }
}
