import CEL
import CELKubernetes
import JSON
import Testing

@Suite struct EvaluatorTests {
    static let environment: Environment = {
        var environment = Environment.kubernetes()
        environment.declare("object", .dyn)
        return environment
    }()

    static func program(_ text: String) throws -> Program {
        try environment.plan(try environment.compile(text).get())
    }

    static let pod = """
        {"metadata": {"name": "web", "labels": {"app": "w\\u0065b"}}, "spec": {"containers": [
          {"name": "a", "image": "registry/a:1", "securityContext": {"privileged": false}},
          {"name": "b", "image": "registry/b:2"}]}}
        """

    @Test(arguments: [
        ("object.metadata.name == 'web'", true), ("object.metadata.labels['app'] == 'web'", true),
        ("object.spec.containers.all(c, c.image.startsWith('registry/'))", true),
        ("object.spec.containers.exists(c, has(c.securityContext) && c.securityContext.privileged)", false),
        ("!has(object.spec.hostNetwork) || !object.spec.hostNetwork", true),
        ("object.spec.containers.map(c, c.name) == ['a', 'b']", true), ("'app' in object.metadata.labels", true),
        ("object.missing == 1 || true", true), ("size(object.spec.containers) == 2", true),
    ])
    func readsADocumentWhereItLies(text: String, expected: Bool) throws {
        let document = try JSONDocument(parsing: Array(Self.pod.utf8))
        var evaluator = Evaluator()
        evaluator.bind(0, evaluator.value(of: document.root))
        let value = evaluator.run(try Self.program(text))
        #expect(value.kind == .bool && value.boolValue == expected, "\(value.isError ? value.errorMessage : "")")
    }

    @Test(arguments: [
        ("object.a.b", "no such key: a"), ("1 / 0", "division by zero"), ("[1][5]", "index out of bounds: 5"),
        ("9223372036854775807 + 1", "integer overflow"), ("object['x'].y", "no such key: x"),
        ("dyn(1) + 'x'", "no such overload"),
    ])
    func failsInTheWordsUsersKnow(text: String, message: String) throws {
        let document = try JSONDocument(parsing: Array("{}".utf8))
        var evaluator = Evaluator()
        evaluator.bind(0, evaluator.value(of: document.root))
        // What an error says may lie in the program.
        let program = try Self.program(text)
        let value = evaluator.run(program)
        #expect(value.isError && value.errorMessage == message)
    }

    @Test func stopsAtItsCost() throws {
        var evaluator = Evaluator(limits: .init(cost: 200))
        _ = evaluator.run(try Self.program("[1,2,3,4,5,6,7,8,9].all(a, [1,2,3,4,5,6,7,8,9].all(b, a + b > dyn(0)))"))
        #expect(evaluator.stop == .cost)
    }

    @Test func stopsAtItsDeadline() throws {
        var evaluator = Evaluator()
        evaluator.isTimeUp = { true }
        let list = "[1,2,3,4,5,6,7,8,9]"
        _ = evaluator.run(try Self.program("\(list).all(a, \(list).all(b, \(list).all(c, a + b + c > dyn(0))))"))
        #expect(evaluator.stop == .deadline)
    }

    @Test func stopsAtItsMemory() throws {
        var evaluator = Evaluator(limits: .init(arenaBytes: 64 << 10))
        let list = "[1,2,3,4,5,6,7,8,9]"
        _ = evaluator.run(try Self.program("\(list).map(a, \(list).map(b, \(list).map(c, \(list).map(d, a))))"))
        #expect(evaluator.stop == .memory)
    }

    @Test func runsAgainAfterItWasStopped() throws {
        var evaluator = Evaluator(limits: .init(cost: 3))
        _ = evaluator.run(try Self.program("dyn([1, 2]).all(a, a > 0)"))
        #expect(evaluator.stop == .cost)
        evaluator.reset()
        #expect(evaluator.run(try Self.program("1 + 1 == 2")).boolValue)
    }

    /// An expression that was not checked may call anything with anything: that is an error, and no more.
    @Test(arguments: [
        "duration()", "'a'.find()", "x.containsIP()", "'a'.replace(1)", "size(1, 2, 3, 4, 5)", "[1].sum(2)",
    ])
    func survivesCallsWithTheWrongArguments(text: String) throws {
        let tree = try Self.environment.parse(ExpressionSource(text))
        var evaluator = Evaluator()
        // Some are refused when they are made ready to run.
        guard let program = try? Self.environment.plan(CheckedExpression(unchecked: tree)) else { return }
        #expect(evaluator.run(program).isError)
    }
}
