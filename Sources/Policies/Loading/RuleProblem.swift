/// A file of rules or of context, read whole.
public struct RuleFile: Sendable {
    /// The name as messages show it.
    public let name: String
    /// What is in it.
    public let bytes: [UInt8]

    /// A file.
    public init(name: String, bytes: [UInt8]) {
        self.name = name
        self.bytes = bytes
    }
}

/// Something wrong with a document, and where.
public struct RuleProblem: Error, Sendable, Equatable {
    /// How grave it is.
    public enum Severity: String, Sendable {
        /// The document is left out.
        case error
        /// The document is used; somebody should know.
        case warning
    }

    /// The file's name.
    public let file: String
    /// The line, from one.
    public let line: Int
    /// The column in code points, from one.
    public let column: Int
    /// How grave it is.
    public let severity: Severity
    /// What is wrong, as the API server words it where it would refuse the document.
    public let message: String
    /// The field, as in `spec.validations[0].expression`; empty for the document itself.
    public let path: String
    /// The kind and the name of the document, as far as they are known.
    public let document: String

    package init(
        file: String, line: Int, column: Int, severity: Severity, message: String, path: String, document: String
    ) {
        (self.file, self.line, self.column) = (file, line, column)
        (self.severity, self.message, self.path, self.document) = (severity, message, path, document)
    }
}

extension RuleProblem: CustomStringConvertible {
    /// `file:line:column: severity: message (path)`.
    public var description: String {
        let place = path.isEmpty ? "" : " (\(path))"
        return "\(file):\(line):\(column): \(severity.rawValue): \(message)\(place)"
    }

    /// The problem as the API server lists it: the field, and what is wrong with it.
    public var fieldText: String { path.isEmpty ? message : "\(path): \(message)" }
}
