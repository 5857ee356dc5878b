import CEL
import CELKubernetes
import Foundation
import JSON
import TestSupport
import Testing

/// Random expressions against the Rust engine of common-expression-language, where that keeps to the specification.
///
/// `CEL_ORACLE_COUNT` sets the number of expressions and `CEL_ORACLE_SEED` the seed.
struct CELOracleTests {
    @Test func agreesWithTheRustEngine() throws {
        let count = RegexOracleTests.environment["CEL_ORACLE_COUNT"].flatMap { Int($0) } ?? 3000
        let seed = RegexOracleTests.environment["CEL_ORACLE_SEED"].flatMap { UInt64($0) } ?? 1
        var random = RandomExpression(seed: seed, range: .portable)
        let expressions = (0..<count).map { _ in random.next() }
        let answers = try Self.ask(expressions)
        guard answers.count == count else {
            try #require(!Corpus.isRequired, "common-expression-language (PyPI) is required here (CI=true)")
            print("common-expression-language is not installed: not run: \(count) expressions")
            return
        }
        var failures: [String] = []
        var values = 0
        let document = try JSONDocument(parsing: Array(RandomExpression.document.utf8))
        for (expression, answer) in zip(expressions, answers) {
            guard let ours = try Self.evaluate(expression, document) else { continue }
            values += ours.hasPrefix("=") ? 1 : 0
            // The specification lets an element decide `all` and `exists` whatever errors others give; the engine's first
            // error ends them.
            let hasLoop = expression.contains(".all(") || expression.contains(".exists(")
            if answer == "!", ours != "!", hasLoop { continue }
            if !Self.isSame(ours, String(answer)) { failures.append("\(expression): \(ours), not \(answer)") }
        }
        print("CEL oracle: \(count) expressions, \(values) values, seed \(seed)")
        #expect(failures.isEmpty, "\(failures.count) of them, first \(failures.prefix(20).joined(separator: "\n"))")
        #expect(values * 3 > count, "only \(values) of \(count) expressions gave a value")
    }

    /// Our answer in the oracle's form; nil for what does not compile, which the oracle does not check.
    private static func evaluate(_ expression: String, _ document: JSONDocument) throws -> String? {
        guard case .success(let checked) = environment.compile(expression) else { return nil }
        guard let program = try? environment.plan(checked) else { return "!" }
        var evaluator = Evaluator(limits: .init(cost: 10_000_000))
        evaluator.bind(environment.slot(of: "object") ?? 0, evaluator.value(of: document.root))
        let value = evaluator.run(program)
        if value.isError { return "!" }
        return "= " + ValueText.text(of: value, &evaluator)
    }

    private static let environment: Environment = {
        var environment = Environment.kubernetes()
        environment.declare("object", .dyn)
        return environment
    }()

    /// Compares as values: the oracle writes JSON, we write expressions; both are read by our own evaluator.
    private static func isSame(_ ours: String, _ theirs: String) -> Bool {
        guard ours.hasPrefix("= "), theirs.hasPrefix("= ") else { return ours.prefix(1) == theirs.prefix(1) }
        if ours == theirs { return true }
        let (mine, other) = (readable(ours.dropFirst(2)), readable(theirs.dropFirst(2)))
        guard case .success(let checked) = environment.compile("dyn(\(mine)) == dyn(\(other))"),
            let program = try? environment.plan(checked)
        else { return false }
        var evaluator = Evaluator()
        let value = evaluator.run(program)
        // What is not a number is not equal to itself.
        return value.kind == .bool && value.boolValue || mine.contains("NaN") && other.contains("NaN")
    }

    /// Both engines have names of their own for numbers that no literal says; no text of the document holds these.
    private static func readable(_ text: Substring) -> String {
        [("Infinity", "inf"), ("NaN", "nan"), ("inf", "double('Infinity')"), ("nan", "double('NaN')")]
            .reduce(String(text)) { $0.replacingOccurrences(of: $1.0, with: $1.1) }
    }

    /// The oracle's answers, one for each expression; fewer when it cannot run.
    private static func ask(_ expressions: [String]) throws -> [Substring] {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("cel-oracle-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let questions = folder.appendingPathComponent("questions")
        let lines =
            try [RandomExpression.document.replacingOccurrences(of: "\n", with: " ")]
            + expressions.map { String(decoding: try JSONEncoder().encode($0), as: UTF8.self) }
        try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: questions)
        return try RegexOracleTests.run(
            "sh", "-c", "exec \"$0\" \"$1\" <\"$2\"", RegexOracleTests.python,
            RegexOracleTests.oracle("expressions.py"),
            questions.path)
    }
}
