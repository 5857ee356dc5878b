import CEL
import CELKubernetes
import Foundation
import JSON

/// Rules as policy authors write them, on the Pod of a review, against the Rust engine of
/// common-expression-language.
enum CELBenchmarks {
    static let rules: [(name: String, text: String)] = [
        ("host-network", "!has(object.spec.hostNetwork) || !object.spec.hostNetwork"),
        (
            "privileged",
            "object.spec.containers.all(c, !has(c.securityContext) || !has(c.securityContext.privileged) || "
                + "!c.securityContext.privileged)"
        ),
        (
            "capabilities",
            "object.spec.containers.all(c, !has(c.securityContext) || !has(c.securityContext.capabilities) || "
                + "!has(c.securityContext.capabilities.add) || "
                + "c.securityContext.capabilities.add.all(k, k in ['NET_BIND_SERVICE', 'CHOWN']))"
        ),
        ("registry", "object.spec.containers.all(c, c.image.startsWith('registry.example.com/'))"),
        ("no-latest", "object.spec.containers.all(c, !c.image.endsWith(':latest'))"),
        (
            "labels",
            "has(object.metadata.labels) && 'app' in object.metadata.labels && "
                + "object.metadata.labels['app'].matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$')"
        ),
        (
            "run-as-non-root",
            "has(object.spec.securityContext) && has(object.spec.securityContext.runAsNonRoot) && "
                + "object.spec.securityContext.runAsNonRoot"
        ),
        (
            "limits",
            "object.spec.containers.all(c, has(c.resources) && has(c.resources.limits) && "
                + "('memory' in c.resources.limits) && "
                + "quantity(c.resources.limits['memory']).compareTo(quantity('4Gi')) <= 0)"
        ),
        ("probes", "object.spec.containers.all(c, has(c.readinessProbe) || has(c.livenessProbe))"),
        ("ports", "object.spec.containers.all(c, !has(c.ports) || c.ports.all(p, !has(p.hostPort)))"),
    ]

    static func make() throws -> [Benchmark] {
        var environment = Environment.kubernetes()
        environment.declare("object", .dyn)
        var benchmarks: [Benchmark] = []
        for (name, text) in rules {
            // The other engine has no quantities.
            benchmarks.append(try row(name, text, environment, hasPeer: !text.contains("quantity(")))
        }
        benchmarks += try rules.filter { ownSchema.contains($0.name) }.map { try row(typed: $0.name, $0.text) }
        let compiled = rules[2].text
        benchmarks.append(
            Benchmark(
                name: "cel/compile/capabilities", bytes: compiled.utf8.count,
                ours: {
                    if case .success(let checked) = environment.compile(compiled) {
                        consume(try? environment.plan(checked))
                    }
                }, peers: []))
        return benchmarks
    }

    /// The rules that are also run on values that a schema describes.
    private static let ownSchema: Set<String> = ["registry", "labels", "privileged"]

    private static let schema = """
        {"type": "object", "properties": {
          "metadata": {"type": "object", "properties": {"labels": {"type": "object", "additionalProperties":
            {"type": "string"}}}},
          "spec": {"type": "object", "properties": {"containers": {"type": "array", "x-kubernetes-list-type": "map",
            "x-kubernetes-list-map-keys": ["name"], "items": {"type": "object", "properties": {
              "name": {"type": "string"}, "image": {"type": "string"},
              "securityContext": {"type": "object", "properties": {"privileged": {"type": "boolean"}}}}}}}}}}
        """

    private static func row(typed name: String, _ text: String) throws -> Benchmark {
        var environment = Environment.kubernetes()
        var variables = SchemaVariables()
        let schema = try JSONDocument(parsing: schema).withRoot { try Schema($0) }
        guard variables.declare("object", schema, in: &environment) else { throw CocoaError(.fileReadCorruptFile) }
        let program = try environment.plan(try environment.compile(text).get())
        let run = Run(
            program: program, document: try JSONDocument(parsing: try Inputs.bytes("reviews/pod-create.json")))
        run.typed = { [environment] object, evaluator in variables.bind("object", object, in: environment, &evaluator) }
        // What is retained is the table that the variable is found in, once a run.
        return Benchmark(
            name: "cel/schema/\(name)", bytes: 0, ours: { run.once() }, peers: [], countsMax: (0, 4))
    }

    private static func row(
        _ name: String, _ text: String, _ environment: Environment, hasPeer: Bool
    ) throws -> Benchmark {
        let program = try environment.plan(try environment.compile(text).get())
        let review = "reviews/pod-create.json"
        let run = Run(program: program, document: try JSONDocument(parsing: try Inputs.bytes(review)))
        let path = Inputs.corpus.appendingPathComponent(review).path
        let python = Inputs.checkout.appendingPathComponent(".build/python/bin/python3").path
        let peer = Peer(
            name: "Rust", work: .program([python, Inputs.peer("cel_rust.py"), text, path]), ratioMax: 0.2)
        return Benchmark(
            name: "cel/run/\(name)", bytes: 0, ours: { run.once() }, peers: hasPeer ? [peer] : [], countsMax: (0, 0))
    }

    /// A program, its document and the evaluator that a loop's thread would own.
    private final class Run {
        let program: Program
        let document: JSONDocument
        let object: JSONNode
        var evaluator = Evaluator(limits: .init(cost: 1_000_000))
        /// Binds the object as a schema says; nil where there is none.
        var typed: ((JSONNode, inout Evaluator) -> Void)?

        init(program: Program, document: JSONDocument) {
            self.program = program
            self.document = document
            object = document.root["request"]?["object"] ?? document.root
        }

        func once() {
            evaluator.reset()
            if let typed { typed(object, &evaluator) } else { evaluator.bind(0, evaluator.value(of: object)) }
            let value = evaluator.run(program)
            precondition(value.kind == .bool, "a rule that fails is no rule to measure")
        }
    }
}
