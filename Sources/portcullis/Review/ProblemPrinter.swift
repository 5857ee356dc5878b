import JSON
import Policies

/// Prints what is wrong with rules for people, for programs and for what shows it beside the files.
struct ProblemPrinter {
    enum Output { case text, json, github, sarif }

    let output: Output
    /// Whether everything that rules may cost is printed too.
    let showsCosts: Bool

    func print(_ check: RuleCheck) {
        switch output {
        case .text:
            for problem in check.problems { Console.print("\(problem)\n") }
            if showsCosts { Console.print(CostText.list(check.costs)) }
        case .github:
            for problem in check.problems { Console.print(Self.annotation(problem)) }
        case .json: Console.print(json(check) + "\n")
        case .sarif: Console.print(sarif(check.problems) + "\n")
        }
    }

    // MARK: annotations

    /// A command that a workflow reads from what is printed: properties end at commas and colons.
    private static func annotation(_ problem: RuleProblem) -> String {
        let file = escaped(problem.file).replacing(":", with: "%3A").replacing(",", with: "%2C")
        return "::\(problem.severity.rawValue) file=\(file),line=\(problem.line),col=\(problem.column)::"
            + escaped(problem.message) + "\n"
    }

    private static func escaped(_ text: String) -> String {
        text.replacing("%", with: "%25").replacing("\r", with: "%0D").replacing("\n", with: "%0A")
    }

    // MARK: JSON

    private func json(_ check: RuleCheck) -> String {
        var writer = JSONWriter()
        if showsCosts {
            writer.beginObject()
            writer.key("problems")
        }
        writer.beginArray()
        for problem in check.problems { Self.write(problem, to: &writer) }
        writer.endArray()
        if showsCosts {
            writer.key("costs")
            writer.beginArray()
            for cost in check.costs { Self.write(cost, to: &writer) }
            writer.endArray()
            writer.endObject()
        }
        return writer.text
    }

    private static func write(_ problem: RuleProblem, to writer: inout JSONWriter) {
        writer.beginObject()
        let texts: [(key: StaticString, text: String)] = [
            ("file", problem.file), ("severity", problem.severity.rawValue), ("message", problem.message),
            ("path", problem.path), ("document", problem.document),
        ]
        for (key, text) in texts { writer.member(key, text) }
        writer.member("line", problem.line)
        writer.member("column", problem.column)
        writer.endObject()
    }

    private static func write(_ cost: RuleCost, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("file", cost.file)
        writer.member("line", cost.line)
        writer.member("document", cost.document)
        write("max", cost.costMax, to: &writer)
        writer.key("expressions")
        writer.beginArray()
        for expression in cost.expressions {
            writer.beginObject()
            writer.member("path", expression.path)
            writer.member("line", expression.line)
            write("min", expression.costMin, to: &writer)
            write("max", expression.costMax, to: &writer)
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
    }

    private static func write(_ key: StaticString, _ bound: UInt64?, to writer: inout JSONWriter) {
        writer.key(key)
        if let bound { writer.uint(bound) } else { writer.null() }
    }

    // MARK: SARIF

    private func sarif(_ problems: [RuleProblem]) -> String {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("version", "2.1.0")
        writer.key("runs")
        writer.beginArray()
        writer.beginObject()
        for key: StaticString in ["tool", "driver"] {
            writer.key(key)
            writer.beginObject()
        }
        writer.member("name", "portcullis")
        writer.endObject()
        writer.endObject()
        writer.member("columnKind", "unicodeCodePoints")
        writer.key("results")
        writer.beginArray()
        for problem in problems { Self.writeResult(problem, to: &writer) }
        writer.endArray()
        writer.endObject()
        writer.endArray()
        writer.endObject()
        return writer.text
    }

    private static func writeResult(_ problem: RuleProblem, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("ruleId", problem.severity == .error ? "unusable-rule" : "doubtful-rule")
        writer.member("level", problem.severity.rawValue)
        writer.key("message")
        writer.beginObject()
        writer.member("text", problem.path.isEmpty ? problem.message : "\(problem.message) (\(problem.path))")
        writer.endObject()
        writer.key("locations")
        writer.beginArray()
        for key: StaticString? in [nil, "physicalLocation", "artifactLocation"] {
            if let key { writer.key(key) }
            writer.beginObject()
        }
        writer.member("uri", problem.file)
        writer.endObject()
        writer.key("region")
        writer.beginObject()
        writer.member("startLine", problem.line)
        writer.member("startColumn", problem.column)
        for _ in 0..<3 { writer.endObject() }
        writer.endArray()
        writer.endObject()
    }
}

extension JSONWriter {
    fileprivate mutating func member(_ name: StaticString, _ text: String) {
        key(name)
        string(text)
    }

    fileprivate mutating func member(_ name: StaticString, _ number: Int) {
        key(name)
        int(Int64(number))
    }
}

/// What rules may cost, for people.
enum CostText {
    static func list(_ costs: [RuleCost]) -> String { costs.map(text).joined() }

    private static func text(_ cost: RuleCost) -> String {
        let lines = cost.expressions.map { expression in
            let stops = expression.mayBeStopped ? ", which is more than one expression may" : ""
            return "  \(expression.path): \(bound(expression.costMax))\(stops)\n"
        }
        return "\(cost.file):\(cost.line): \(cost.document): \(bound(cost.costMax))\n" + lines.joined()
    }

    private static func bound(_ cost: UInt64?) -> String { cost.map { "at most \($0)" } ?? "no bound is known" }

    /// One line about all rules; empty where no request can make them cost too much.
    static func summary(_ costs: [RuleCost]) -> String {
        let expressions = costs.flatMap(\.expressions)
        let stopped = expressions.count { $0.mayBeStopped }
        if stopped == 0 { return "" }
        return "in the worst case \(stopped) of \(expressions.count) expressions cost more than "
            + "\(RuleCost.expressionMax) and fail (--costs lists them)\n"
    }
}
