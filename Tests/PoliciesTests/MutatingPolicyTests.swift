import Admission
import HTTP
import JSON
import Policies
import Testing

/// Sets of mutating policies on one object.
@Suite struct MutatingPolicyTests {
    private static func policy(_ name: String, _ expression: String, _ more: String = "reinvocationPolicy: Never")
        -> String
    {
        """
        apiVersion: admissionregistration.k8s.io/v1
        kind: MutatingAdmissionPolicy
        metadata: {name: \(name)}
        spec:
          \(more)
          matchConstraints:
            resourceRules: [{apiGroups: ["*"], apiVersions: ["*"], operations: ["*"], resources: ["*"]}]
          mutations:
          - patchType: JSONPatch
            jsonPatch: {expression: '\(expression)'}
        ---
        apiVersion: admissionregistration.k8s.io/v1
        kind: MutatingAdmissionPolicyBinding
        metadata: {name: \(name)-binding}
        spec: {policyName: \(name)}
        ---

        """
    }

    private static func counting(_ name: String, by step: Int, _ more: String) -> String {
        policy(name, "[JSONPatch{op: \"add\", path: \"/spec/count\", value: object.spec.count + \(step)}]", more)
    }

    /// The answer to the creation of a widget: the patch, and what is said.
    private static func answer(
        _ rules: String, _ spec: String = #"{"count": 0}"#, _ change: (inout PolicyEvaluator) -> Void = { _ in },
        _ ask: (inout PolicyEvaluator, AdmissionReview, inout ReviewResponse) -> Void = { $0.mutate($1, &$2) }
    ) throws -> (patch: String, text: String) {
        let (set, problems) = PolicySet.load([RuleFile(name: "rules.yaml", bytes: Array(rules.utf8))])
        for problem in problems { Issue.record("\(problem)") }
        let review = try JSONDocument(
            parsing: """
                {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": {"uid": "1",
                "kind": {"group": "example.com", "version": "v1", "kind": "Widget"},
                "resource": {"group": "example.com", "version": "v1", "resource": "widgets"}, "operation": "CREATE",
                "name": "w", "namespace": "n", "userInfo": {"username": "u"},
                "object": {"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "w"}, "spec": \(spec)}}}
                """)
        return try review.withRoot { root in
            var evaluator = PolicyEvaluator(set)
            change(&evaluator)
            var response = ReviewResponse()
            let asked = try AdmissionReview(decoding: root)
            ask(&evaluator, asked, &response)
            var writer = JSONWriter()
            var scratch = ByteBuffer()
            response.write(for: asked, to: &writer, scratch: &scratch)
            return (response.patch.text, writer.text)
        }
    }

    private static func replacing(_ count: Int) -> String {
        #"[{"op":"replace","path":"/spec/count","value":\#(count)}]"#
    }

    @Test func invokesOnceMoreWhatMayBe() throws {
        let never = Self.counting("a", by: 1, "reinvocationPolicy: Never")
        #expect(try Self.answer(never).patch == Self.replacing(1))
        // As the API server has it, a policy's own change is reason enough.
        let again = Self.counting("a", by: 1, "reinvocationPolicy: IfNeeded")
        #expect(try Self.answer(again).patch == Self.replacing(2))
        let both = again + Self.counting("b", by: 10, "reinvocationPolicy: Never")
        #expect(try Self.answer(both).patch == Self.replacing(12))
    }

    @Test func deniesWhatCannotBeMutated() throws {
        let bad = "[JSONPatch{op: \"remove\", path: \"/spec/nope\"}]"
        let answer = try Self.answer(Self.policy("bad", bad)).text
        #expect(answer.contains("policy 'bad' with binding 'bad-binding' denied request: JSON Patch: "))
        #expect(answer.contains(#""code":403"#) && answer.contains(#""reason":"Invalid""#))
        let more = "reinvocationPolicy: Never\n  failurePolicy: Ignore"
        #expect(try Self.answer(Self.policy("bad", bad, more)).text.contains(#""allowed":true"#))
    }

    /// What breaks the object denies whatever the failure policy says.
    @Test func doesNotIgnoreBrokenObjects() throws {
        let more = "reinvocationPolicy: Never\n  failurePolicy: Ignore"
        let answer = try Self.answer(Self.policy("bad", "[JSONPatch{op: \"remove\", path: \"/kind\"}]", more)).text
        #expect(answer.contains(#""code":500"#) && answer.contains(#""reason":"InternalError""#))
    }

    @Test func warnsOfObjectsThatWouldChangeAgain() throws {
        let rules = Self.counting("a", by: 1, "reinvocationPolicy: Never")
        let warned = try Self.answer(rules) { $0.preflight = .warn }
        #expect(warned.text.contains("policies are not idempotent") && warned.text.contains("/spec/count"))
        #expect(warned.patch == Self.replacing(1))
        let refused = try Self.answer(rules) { $0.preflight = .refuse }
        #expect(refused.text.contains(#""allowed":false"#))
        #expect(warned.text.contains("(MutatingAdmissionPolicy 'a')"))
        let annotated = rules.replacing("name: a}", with: "name: a, annotations: {portcullis.dev/preflight: deny}}")
        #expect(annotated != rules)
        let denied = try Self.answer(annotated) { $0.preflight = .warn }
        #expect(denied.text.contains(#""allowed":false"#) && denied.text.contains("policies are not idempotent"))
        let stable = Self.policy("s", "[JSONPatch{op: \"add\", path: \"/spec/x\", value: 1}]")
        #expect(try !Self.answer(stable) { $0.preflight = .warn }.text.contains("idempotent"))
    }

    /// Whether an object would stay as it is cannot be found out without time; nobody is left to believe that it was.
    @Test func saysWhenThereWasNoTimeToLookAgain() throws {
        let rules = Self.policy("s", "[JSONPatch{op: \"add\", path: \"/spec/x\", value: 1}]")
        let warned = try Self.answer(rules) { ($0.preflight, $0.isTimeUp) = (.warn, { true }) }
        #expect(warned.text.contains(#""allowed":true"#) && warned.text.contains("there was no time to find out"))
        let annotated = rules.replacing("name: s}", with: "name: s, annotations: {portcullis.dev/preflight: deny}}")
        let denied = try Self.answer(annotated) { ($0.preflight, $0.isTimeUp) = (.warn, { true }) }
        #expect(denied.text.contains(#""allowed":false"#) && denied.text.contains("there was no time to find out"))
        #expect(try Self.answer(annotated) { $0.preflight = .warn }.text.contains(#""allowed":true"#))
    }

    /// What was taken back, because of the hook's mode, is not done again to see whether it would be the same.
    @Test func looksOnlyAtWhatWasCarriedOut() throws {
        let rules =
            Self.policy("stable", "[JSONPatch{op: \"add\", path: \"/spec/x\", value: 1}]")
            + Self.counting("audited", by: 1, "reinvocationPolicy: Never")
        func answer(takingBack name: String) throws -> (patch: String, text: String) {
            try Self.answer(rules) {
                $0.preflight = .warn
            } _: { evaluator, review, response in
                guard let plan = evaluator.mutations(for: review) else { return }
                var session = MutationSession(review)
                evaluator.begin(plan, 0..<plan.count, &session) { _ in true }
                while let hook = session.upcomingHook {
                    let before = session
                    _ = evaluator.performNext(&session)
                    if hook.name == name { session.restore(before) }
                }
                evaluator.conclude(session, review, &response)
            }
        }
        let counted = try answer(takingBack: "")
        #expect(counted.text.contains("policies are not idempotent"))
        let audited = try answer(takingBack: "audited")
        #expect(audited.patch == #"[{"op":"add","path":"/spec/x","value":1}]"# && !audited.text.contains("idempotent"))
    }

    /// A definition among the documents gives its kind the types and keys that an API server would.
    @Test func mergesByTheSchemasOfDefinitions() throws {
        let definition = """
            apiVersion: apiextensions.k8s.io/v1
            kind: CustomResourceDefinition
            metadata: {name: widgets.example.com}
            spec:
              group: example.com
              scope: Namespaced
              names: {kind: Widget, plural: widgets}
              versions:
              - name: v1
                schema:
                  openAPIV3Schema:
                    type: object
                    properties:
                      spec:
                        type: object
                        properties:
                          parts:
                            type: array
                            x-kubernetes-list-type: map
                            x-kubernetes-list-map-keys: [name]
                            items: {type: object, properties: {name: {type: string}, size: {type: integer}}}
            ---

            """
        let apply = """
            apiVersion: admissionregistration.k8s.io/v1
            kind: MutatingAdmissionPolicy
            metadata: {name: a}
            spec:
              reinvocationPolicy: Never
              matchConstraints:
                resourceRules: [{apiGroups: ["*"], apiVersions: ["*"], operations: ["*"], resources: ["*"]}]
              mutations:
              - patchType: ApplyConfiguration
                applyConfiguration:
                  expression: 'Object{spec: Object.spec{parts: [Object.spec.parts{name: "b", size: 2}]}}'
            ---
            apiVersion: admissionregistration.k8s.io/v1
            kind: MutatingAdmissionPolicyBinding
            metadata: {name: b}
            spec: {policyName: a}
            """
        let spec = #"{"parts": [{"name": "a", "size": 1}, {"name": "b", "size": 1}]}"#
        let answer = try Self.answer(definition + apply, spec)
        #expect(answer.patch == #"[{"op":"replace","path":"/spec/parts/1/size","value":2}]"#)
        let unknown = try Self.answer(definition + apply, #"{"parts": [], "more": 1}"#).text
        #expect(unknown.contains(".spec.more: field not declared in schema"))
    }
}
