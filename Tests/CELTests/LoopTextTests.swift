import CEL
import CELKubernetes
import Testing

/// Loops, written as the macros that they were made of.
@Suite struct LoopTextTests {
    static let environment: Environment = {
        var environment = Environment.kubernetes()
        environment.declare("list", .list(.int))
        environment.declare("map", .map(.string, .int))
        return environment
    }()

    @Test(arguments: [
        "list.all(x, x > 0)", "list.exists(x, (x > 0) && (x < 5))", "list.exists_one(x, x == 2)", "list.map(x, x + 1)",
        "list.map(x, x > 1, x + 1)", "list.filter(x, x > 1)", "list.map(x, [x])", "list.map(x, true, [x])",
        "(list + [1]).all(x, list.exists(y, y == x))", "list.all(i, x, x > i)", "list.exists(i, x, x > i)",
        "map.transformList(k, v, v + 1)", "map.transformList(k, v, v > 1, k)", "list.exists_one(i, x, x > i)",
        "list.map(x, (x > 0) ? 1 : 2)", "list.all(x, x > 0) && map.exists(k, k == \"a\")",
    ])
    func isWrittenAsItWas(_ text: String) throws {
        let checked = try Self.environment.compile(text).get()
        #expect(checked.tree.text(of: checked.tree.root) == text)
    }

    @Test(arguments: [
        ("list.all(x, x > 1)", "list.map(x, x > 1)", "[false, true, true]"),
        ("list.filter(x, x != 2)", "list.map(x, x != 2)", "[true, false, true]"),
        ("list.exists(i, x, x == i + 1)", "list.transformList(i, x, x == (i + 1))", "[true, true, true]"),
    ])
    func testsAreToldOneByOne(_ text: String, _ tests: String, _ value: String) throws {
        let checked = try Self.environment.compile(text).get()
        let found = try #require(checked.tree.textOfTests(checked.tree.root))
        #expect(found == tests)
        let program = try Self.environment.plan(
            try Self.environment.compile(found.replacing("list.", with: "[1, 2, 3].")).get())
        var evaluator = Evaluator()
        #expect(ValueText.text(of: evaluator.run(program), &evaluator) == value)
    }

    @Test(arguments: ["list.map(x, x + 1)", "list.size() > 1", "map.transformMap(k, v, v)"])
    func whatHasNoTestHasNone(_ text: String) throws {
        let checked = try Self.environment.compile(text).get()
        #expect(checked.tree.textOfTests(checked.tree.root) == nil)
    }
}
