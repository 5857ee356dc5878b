/// One thing that is wrong with an expression.
public struct ExpressionIssue: Error, Equatable, Sendable {
    /// Where in the text.
    public let location: ExpressionSource.Location
    /// What is wrong, in the words that Kubernetes users know.
    public let message: String

    /// An issue at a place.
    public init(location: ExpressionSource.Location, message: String) {
        self.location = location
        self.message = message
    }

    /// A line longer than this is not shown beneath its message.
    private static let snippetCodePointsMax = 16_384

    /// The message with its place, the source line and a mark under the place.
    public func display(in source: ExpressionSource) -> String {
        let head = "ERROR: \(source.name):\(location.line):\(location.column + 1): \(message)"
        guard let line = source.line(location.line) else { return head }
        let scalars = line.unicodeScalars.map { $0 == "\t" ? " " : $0 }
        guard scalars.count <= Self.snippetCodePointsMax else { return head }
        var text = ""
        text.unicodeScalars.append(contentsOf: scalars)
        return head + "\n | " + text + "\n | " + Self.mark(under: location.column, of: scalars)
    }

    /// Dots up to the column and a caret beneath it; characters outside ASCII are taken to be drawn wide.
    private static func mark(under column: Int, of scalars: [Unicode.Scalar]) -> String {
        let dots = scalars.prefix(max(0, column)).map { $0.isASCII ? "." : "\u{FF0E}" }.joined()
        let isWide = column >= 0 && column < scalars.count && !scalars[column].isASCII
        return dots + (isWide ? "\u{FF3E}" : "^")
    }
}

/// Everything that is wrong with an expression, in reading order.
public struct ExpressionIssues: Error, Sendable {
    /// More than this many are counted but not kept.
    public static let countMax = 100

    /// What was kept, in the order it was found.
    public private(set) var kept: [ExpressionIssue] = []
    /// How many there were.
    public private(set) var count = 0

    /// No issues.
    public init() {}

    /// True when nothing is wrong.
    public var isEmpty: Bool { count == 0 }

    /// Adds an issue at a place.
    public mutating func report(_ message: String, at location: ExpressionSource.Location) {
        count += 1
        if kept.count < Self.countMax { kept.append(ExpressionIssue(location: location, message: message)) }
    }

    /// What was kept, in reading order.
    public var sorted: [ExpressionIssue] {
        kept.enumerated().sorted { one, other in
            (one.element.location, one.offset) < (other.element.location, other.offset)
        }.map(\.element)
    }

    /// All of them, each with its source line, one after the other.
    public func display(in source: ExpressionSource) -> String {
        var lines = sorted.map { $0.display(in: source) }
        if count > kept.count { lines.append("\(count - kept.count) more errors were truncated") }
        return lines.joined(separator: "\n")
    }
}
