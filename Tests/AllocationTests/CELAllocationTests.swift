import AllocationCounter
import CEL
import CELKubernetes
import JSON
import Testing

/// A rule that runs again and again makes no objects of its own. A debug build makes one for each call of a function, and
/// retains what it need not: that there is nothing at all is counted in a release build, by `benchmark --counts`.
@Suite struct CELAllocationTests {
    static let rules = [
        "object.metadata.name == 'web'",
        "object.spec.containers.all(c, c.image.startsWith('registry/'))",
        "!object.spec.containers.exists(c, has(c.securityContext) && c.securityContext.privileged)",
        "object.spec.containers.all(c, c.name in ['a', 'b', 'c'])",
        "object.spec.containers.map(c, c.name).size() == 2 && object.metadata.?labels.?app.orValue('') != 'x'",
        "object.missing.field == 1 || object.spec.containers.filter(c, c.image.endsWith(':1')).size() == 1",
    ]

    @Test(arguments: rules) func runsWithoutAllocating(rule: String) throws {
        var environment = Environment.kubernetes()
        environment.declare("object", .dyn)
        let program = try environment.plan(try environment.compile(rule).get())
        let text = """
            {"metadata": {"name": "web", "labels": {"app": "web"}}, "spec": {"containers": [
              {"name": "a", "image": "registry/a:1", "securityContext": {"privileged": false}},
              {"name": "b", "image": "registry/b:2"}]}}
            """
        let document = try JSONDocument(parsing: Array(text.utf8))
        var evaluator = Evaluator()
        for _ in 0..<3 { _ = Self.run(program, document.root, &evaluator) }
        portcullis_count_begin()
        let result = Self.run(program, document.root, &evaluator)
        let seen = portcullis_count_end()
        #expect(!result.isError, "\(result.isError ? result.errorMessage : "")")
        #expect(seen.objects <= 16)
        #if !DEBUG
            #expect(seen.allocations == 0)
            #expect(seen.retains == 0)
        #endif
    }

    private static let schema = """
        {"type": "object", "properties": {
          "metadata": {"type": "object", "properties": {"name": {"type": "string"},
            "labels": {"type": "object", "additionalProperties": {"type": "string"}}}},
          "spec": {"type": "object", "properties": {"due": {"type": "string", "format": "date-time"},
            "containers": {"type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"],
              "items": {"type": "object", "properties": {"name": {"type": "string"}, "image": {"type": "string"},
                "port": {"x-kubernetes-int-or-string": true}, "weight": {"type": "number"}}}}}}}}
        """

    /// Values that a schema describes lie in the arena.
    @Test(arguments: [
        "object.metadata.name == 'web' && object.metadata.labels['app'] == 'web'",
        "object.spec.containers.all(c, c.image.startsWith('registry/') && c.weight < 2.0)",
        "object.spec.containers.exists(c, type(c.port) == int && c.port == 80)",
        "object.spec.due < timestamp('2030-01-01T00:00:00Z') && object.spec.containers.size() == 2",
    ])
    func readsBySchemasWithoutAllocating(rule: String) throws {
        var environment = Environment.kubernetes()
        var variables = SchemaVariables()
        let schema = try JSONDocument(parsing: Self.schema).withRoot { try Schema($0) }
        #expect(variables.declare("object", schema, in: &environment))
        let program = try environment.plan(try environment.compile(rule).get())
        let text = """
            {"metadata": {"name": "web", "labels": {"app": "web"}}, "spec": {"due": "2026-01-01T00:00:00Z", "containers": [
              {"name": "a", "image": "registry/a:1", "port": "http", "weight": 1},
              {"name": "b", "image": "registry/b:2", "port": 80, "weight": 1.5}]}}
            """
        let document = try JSONDocument(parsing: Array(text.utf8))
        var evaluator = Evaluator()
        func run() -> Value {
            evaluator.reset()
            variables.bind("object", document.root, in: environment, &evaluator)
            return evaluator.run(program)
        }
        for _ in 0..<3 { _ = run() }
        evaluator.reset()
        variables.bind("object", document.root, in: environment, &evaluator)
        portcullis_count_begin()
        let result = evaluator.run(program)
        let seen = portcullis_count_end()
        #expect(result.kind == .bool && result.boolValue, "\(result.isError ? result.errorMessage : "")")
        #expect(seen.objects <= 16)
        #if !DEBUG
            #expect(seen.allocations == 0)
            #expect(seen.retains == 0)
        #endif
    }

    static func run(_ program: Program, _ object: JSONNode, _ evaluator: inout Evaluator) -> Value {
        evaluator.reset()
        evaluator.bind(0, evaluator.value(of: object))
        return evaluator.run(program)
    }
}
