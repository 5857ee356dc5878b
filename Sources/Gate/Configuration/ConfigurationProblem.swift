/// What is wrong with a configuration, and where.
public struct ConfigurationProblem: Error, Equatable, Sendable, CustomStringConvertible {
    /// The file as it was named; the command line where that is at fault.
    public let file: String
    /// The line, counted from one; zero where the place is not a line of a file.
    public let line: Int
    /// The column, counted from one.
    public let column: Int
    /// What is wrong, and what would be right.
    public let message: String
    /// Where in the document, as `spec.tls.key`; empty for the document itself.
    public let path: String

    /// A problem.
    public init(file: String, line: Int = 0, column: Int = 0, message: String, path: String = "") {
        self.file = file
        self.line = line
        self.column = column
        self.message = message
        self.path = path
    }

    /// `file:line:column: error: message (path)`.
    public var description: String {
        let place = line > 0 ? "\(file):\(line):\(column)" : file
        return "\(place): error: \(message)" + (path.isEmpty ? "" : " (\(path))")
    }
}
