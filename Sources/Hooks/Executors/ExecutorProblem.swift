/// Why a hook's `run` cannot be carried out as it stands.
public struct ExecutorProblem: Error, Hashable, Sendable, CustomStringConvertible {
    /// Whose fault it is.
    public enum Cause: Hashable, Sendable {
        /// The document says something that cannot be.
        case document
        /// A file or folder that the document names is missing or of no use here; on another machine it may be there.
        case machine
    }

    /// Where in the document, below `run`: `http.url`.
    public let path: String
    /// What is wrong, and what would be right.
    public let message: String
    /// Whose fault it is.
    public let cause: Cause

    /// A problem.
    public init(_ path: String, _ message: String, cause: Cause = .document) {
        self.path = path
        self.message = message
        self.cause = cause
    }

    /// The place and what is wrong there.
    public var description: String { "\(path): \(message)" }
}

/// Where the files are that a hook names.
struct RuleFolder: Hashable, Sendable {
    private let path: String

    /// The folder of the file that a hook was read from.
    init(_ path: String) { self.path = path }

    /// A path as the document has it, made absolute.
    func absolute(_ name: String) -> String {
        if name.hasPrefix("/") { return name }
        return path.hasSuffix("/") ? path + name : "\(path)/\(name)"
    }
}
