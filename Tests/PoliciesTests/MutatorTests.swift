import CEL
import CELKubernetes
import JSON
import Policies
import Testing

/// What single expressions make of objects.
@Suite struct MutatorTests {
    static let pod = """
        {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "finalizers": ["a/b"]}, "spec": {"containers": [
        {"name": "a", "image": "x", "ports": [{"containerPort": 80, "protocol": "TCP", "name": "web"}]},
        {"name": "b", "image": "y"}, {"name": "c", "image": "z"}]}}
        """

    /// The object as compact JSON, or the error.
    static func apply(
        _ expression: String, to object: String = pod, as patchType: PatchType = .applyConfiguration,
        _ mutator: Mutator = Mutator()
    ) -> String {
        let environment = Environment.admission(AdmissionVariables(hasPatchTypes: true))
        guard case .success(let checked) = environment.compile(expression),
            let program = try? environment.plan(checked), let document = try? JSONDocument(parsing: object)
        else { return "does not compile" }
        return document.withRoot { root in
            var evaluator = Evaluator()
            if let slot = environment.slot(of: "object") { evaluator.bind(slot, evaluator.value(of: root)) }
            let value = evaluator.run(program)
            do throws(MutationError) {
                let result = try mutator.mutate(root, patchType, with: value, &evaluator)
                return result.map { $0.withRoot { $0.text() } } ?? "unchanged"
            } catch {
                return "\(error.isInternal ? "internal " : "")error: \(error.message)"
            }
        }
    }

    static func spec(_ text: String) -> String { "Object{spec: Object.spec{\(text)}}" }

    @Test func mergesContainersByName() {
        let result = Self.apply(Self.spec("containers: [Object.spec.containers{name: 'b', image: 'new'}]"))
        #expect(result.contains(#"{"name":"b","image":"new"}"#))
        #expect(result.contains(#"{"name":"a","image":"x","#))
        #expect(result.contains(#"{"name":"c","image":"z"}"#))
    }

    /// Elements that both have take the order of what is applied; the object's own stay before those they preceded.
    @Test(arguments: [
        ("['b', 'new']", "a b c new"), ("['new', 'b']", "a new b c"), ("['c', 'a']", "b c a"), ("['new']", "a b c new"),
        ("['c', 'new', 'b']", "a c new b"),
    ])
    func ordersElements(names: String, order: String) {
        let result = Self.apply(Self.spec("containers: \(names).map(n, Object.spec.containers{name: n})"))
        let document = try? JSONDocument(parsing: result)
        let found = document?.withRoot { root in
            (root["spec"]?["containers"]?.elements.compactMap { $0["name"]?.string } ?? []).joined(separator: " ")
        }
        #expect(found == order)
    }

    /// A port's keys are its number and its protocol, which is TCP where it is not said.
    @Test func takesKeysFromDefaults() {
        let port = "Object.spec.containers.ports{containerPort: 80, hostPort: 8080}"
        let result = Self.apply(Self.spec("containers: [Object.spec.containers{name: 'a', ports: [\(port)]}]"))
        #expect(result.contains(#"[{"containerPort":80,"protocol":"TCP","name":"web","hostPort":8080}]"#))
    }

    @Test func unitesSets() {
        let result = Self.apply("Object{metadata: Object.metadata{finalizers: ['c/d', 'a/b']}}")
        #expect(result.contains(#""finalizers":["c/d","a/b"]"#))
    }

    /// Texts that Unicode holds for the same are different keys.
    @Test func tellsKeysApartByBytes() {
        let result = Self.apply("Object{metadata: Object.metadata{finalizers: ['e\u{301}', '\u{e9}']}}")
        let document = try? JSONDocument(parsing: result)
        #expect(document?.withRoot { $0["metadata"]?["finalizers"]?.count } == 3, "\(result)")
    }

    @Test(arguments: [
        (
            "containers: [Object.spec.containers{name: 'a'}, Object.spec.containers{name: 'a'}]",
            #"failed to convert patch object to typed object: .spec.containers: duplicate entries for key [name="a"]"#
        ),
        (
            "containers: [{'name': 'a'}]",
            "failed to convert patch object to typed object: .spec.containers: element 0: associative list with keys "
                + "may not have non-map elements"
        ),
        (
            "hostNetwork: 'yes'",
            "failed to convert patch object to typed object: .spec.hostNetwork: expected boolean, got &{yes}"
        ),
        (
            "nodeName: 1",
            "failed to convert patch object to typed object: .spec.nodeName: expected string, got "
                + "&value.valueUnstructured{Value:1}"
        ),
        (
            "priority: 'high', nodeSelectors: {'a': 'b'}",
            "failed to convert patch object to typed object: errors:\n"
                + "  .spec.priority: expected numeric (int or float), got string\n"
                + "  .spec.nodeSelectors: field not declared in schema"
        ),
        (
            "nodeSelector: {'a': 'b'}",
            "invalid ApplyConfiguration: may not mutate atomic arrays, maps or structs: .spec.nodeSelector"
        ),
    ])
    func wordsWhatIsWrong(fields: String, message: String) {
        #expect(Self.apply(Self.spec(fields)) == "error: error applying patch: \(message)")
    }

    @Test func holdsTypeNamesAgainstFields() {
        #expect(
            Self.apply("Object{spec: Object.spec{containers: [Object.spec.volumes{name: 'a'}]}}")
                == "error: type mismatch: unexpected type name \"Object.spec.volumes\", expected "
                + "\"Object.spec.containers\", which matches field name path from root Object type")
    }

    /// Of a kind without a schema maps are taken apart, and lists are replaced.
    @Test func deducesUnknownKinds() {
        let widget = #"{"apiVersion": "example.com/v1", "kind": "Widget", "spec": {"a": {"b": 1}, "l": [1]}}"#
        #expect(
            Self.apply(Self.spec("a: Object.spec.a{c: 2.0}"), to: widget)
                == #"{"apiVersion":"example.com/v1","kind":"Widget","spec":{"a":{"b":1,"c":2},"l":[1]}}"#)
        #expect(
            Self.apply(Self.spec("l: [2]"), to: widget)
                == #"{"apiVersion":"example.com/v1","kind":"Widget","spec":{"a":{"b":1},"l":[2]}}"#)
    }

    /// The deepest object that is read at all.
    @Test func mergesDeepObjects() {
        let depth = 500
        let spec = String(repeating: "{\"a\":", count: depth) + "1" + String(repeating: "}", count: depth)
        let widget = "{\"apiVersion\":\"example.com/v1\",\"kind\":\"Widget\",\"spec\":\(spec)}"
        let result = Self.apply(Self.spec("b: 1, a: object.spec.a"), to: widget)
        #expect(result == widget.dropLast(2) + ",\"b\":1}}")
    }

    @Test(arguments: [
        ("[JSONPatch{op: 'test', path: '/metadata/name', value: 'q'}]", "unchanged"),
        (
            "[JSONPatch{op: 'remove', path: '/kind'}].filter(p, false) + [JSONPatch{op: 'nope', path: '/kind'}]",
            "error: JSON Patch: "
        ),
        (
            "[JSONPatch{op: 'remove', path: '/kind'}]",
            "internal error: Internal error occurred: Object 'Kind' is missing"
        ),
        (
            "[JSONPatch{op: 'add', path: '/spec/x', value: {1: 2}}]",
            "error: JSONPath valueExpression evaluated to a type that could not marshal to JSON: "
        ),
    ])
    func settlesPatches(expression: String, start: String) {
        #expect(Self.apply(expression, as: .jsonPatch).hasPrefix(start))
    }

    @Test func refusesUnknownFieldsWhereItShould() {
        let patch = "[JSONPatch{op: 'add', path: '/spec/containers/0/imagee', value: 'x'}]"
        #expect(Self.apply(patch, as: .jsonPatch).contains("imagee\":\"x\""))
        var mutator = Mutator()
        mutator.refusesUnknownFields = true
        #expect(
            Self.apply(patch, as: .jsonPatch, mutator)
                == "internal error: Internal error occurred: strict decoding error: unknown field "
                + "\"spec.containers[0].imagee\"")
    }
}
