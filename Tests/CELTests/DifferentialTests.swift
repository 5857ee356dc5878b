import CEL
import CELKubernetes
import Foundation
import JSON
import TestSupport
import Testing

/// The same expression by different ways must come to the same: checked and unchecked, folded and unfolded, on a
/// document and on values made of it. `CEL_DIFFERENTIAL_COUNT` and `CEL_DIFFERENTIAL_SEED` say how many and which.
@Suite struct DifferentialTests {
    static let count = setting("CEL_DIFFERENTIAL_COUNT") ?? 3000
    static let seed = UInt64(setting("CEL_DIFFERENTIAL_SEED") ?? 1)

    private static func setting(_ name: String) -> Int? {
        ProcessInfo.processInfo.environment[name].flatMap { Int($0) }
    }

    static let environment: Environment = {
        var environment = Environment.kubernetes()
        environment.declare("object", .dyn)
        return environment
    }()

    /// How an evaluation ended: its value or error as a text, and its cost.
    struct Outcome: Equatable {
        let text: String
        let cost: UInt64
    }

    /// The document, and the same as values that lie in the evaluator.
    static let document = try? JSONDocument(parsing: Array(RandomExpression.document.utf8))

    static func run(_ program: Program, isBuilt: Bool = false) throws -> Outcome {
        let document = try #require(document)
        var evaluator = Evaluator(limits: .init(cost: 1_000_000))
        let object = isBuilt ? built(document.root, &evaluator) : evaluator.value(of: document.root)
        evaluator.bind(environment.slot(of: "object") ?? 0, object)
        let value = evaluator.run(program)
        let cost = evaluator.cost
        guard !value.isError else { return Outcome(text: "error: \(value.errorMessage)", cost: cost) }
        var writer = JSONWriter()
        try TypedEncoding.write(value, to: &writer, &evaluator)
        return Outcome(text: String(decoding: writer.bytes, as: UTF8.self), cost: cost)
    }

    static func built(_ node: JSONNode, _ evaluator: inout Evaluator) -> Value {
        switch node.kind {
        case .array:
            var elements: [Value] = []
            for element in node.elements { elements.append(built(element, &evaluator)) }
            return evaluator.list(elements)
        case .object:
            var entries: [(key: Value, value: Value)] = []
            for member in node.members {
                entries.append((evaluator.value(of: member.key), built(member.value, &evaluator)))
            }
            return evaluator.map(entries)
        default: return evaluator.value(of: node)
        }
    }

    @Test func comesToTheSameByEveryWay() throws {
        var expressions = RandomExpression(seed: Self.seed, range: .whole)
        var unfolding = Self.environment
        unfolding.foldsConstants = false
        var (compiled, values) = (0, 0)
        for _ in 0..<Self.count {
            let text = expressions.next()
            guard case .success(let checked) = Self.environment.compile(text) else { continue }
            compiled += 1
            // What is wrong with a constant is found when it is folded, and only then.
            guard let folded = try? Self.environment.plan(checked) else { continue }
            let expected = try Self.run(folded)
            values += expected.text.hasPrefix("error: ") ? 0 : 1
            let built = try Self.run(folded, isBuilt: true)
            #expect(built == expected, "on built values: \(text)")
            let unfolded = try Self.run(try unfolding.plan(checked))
            #expect(unfolded.text == expected.text, "unfolded: \(text)")
            let tree = try Self.environment.parse(ExpressionSource(text))
            let unchecked = try Self.run(try unfolding.plan(CheckedExpression(unchecked: tree)))
            #expect(unchecked.text == expected.text, "unchecked: \(text)")
        }
        // A generator of which little compiles or gives values would prove little.
        #expect(compiled * 10 > Self.count * 8 && values * 10 > compiled * 3, "\(compiled) compiled, \(values) values")
    }
}
