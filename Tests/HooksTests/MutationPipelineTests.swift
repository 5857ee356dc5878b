import Admission
import Foundation
import Hooks
import JSON
import Policies
import Reactor
import Simulation
import Testing

@Suite struct MutationPipelineTests {
    /// A policy that adds a label, by a JSON Patch.
    static func policy(_ name: String, adds label: String, to value: String = "'yes'", again: String = "Never")
        -> String
    {
        """
        ---
        apiVersion: admissionregistration.k8s.io/v1
        kind: MutatingAdmissionPolicy
        metadata: {name: \(name)}
        spec:
          matchConstraints:
            resourceRules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods]}]
          reinvocationPolicy: \(again)
          mutations:
          - patchType: JSONPatch
            jsonPatch: {expression: "[JSONPatch{op: 'add', path: '/metadata/labels/\(label)', value: \(value)}]"}
        ---
        apiVersion: admissionregistration.k8s.io/v1
        kind: MutatingAdmissionPolicyBinding
        metadata: {name: \(name)}
        spec: {policyName: \(name)}

        """
    }

    /// The labels that the API server would store.
    static func labels(_ answer: Answer) throws -> [String: String] {
        let review = try JSONDocument(parsing: SampleReview.text())
        var object = try JSONDocument(parsing: review.withRoot { $0["request"]?["object"]?.bytes() ?? [] })
        if let patch = answer.patch {
            let bytes = Array(try #require(Data(base64Encoded: patch)))
            let document = try JSONDocument(parsing: bytes)
            object = try document.withRoot { patch in
                try object.withRoot { try JSONPatch.apply(patch, to: $0, options: JSONPatchOptions(mode: .apiServer)) }
            }
        }
        return object.withRoot { root in
            guard let labels = root["metadata"]?["labels"] else { return [:] }
            return Dictionary(labels.members.map { ($0.key.string ?? "", $0.value.string ?? "") }) { $1 }
        }
    }

    static func add(_ label: String, _ value: String = "yes") -> Behaviour {
        .patches(#"[{"op":"add","path":"/metadata/labels/\#(label)","value":"\#(value)"}]"#)
    }

    @Test func eachSeesWhatTheOneBeforeMadeAndTheAnswerIsOnePatch() throws {
        let stage = try Stage(
            Self.policy("p", adds: "p") + Stage.hook("a", "weight: 1", phase: "mutate")
                + Self.policy("q", adds: "q", to: "object.metadata.labels.a").replacing(
                    "{name: q}\nspec:\n  match",
                    with: "{name: q, annotations: {portcullis.dev/weight: '2'}}\nspec:\n  match"))
        stage.behaviours = ["a": [Self.add("a", "from a")]]
        let answer = try stage.answer(SampleReview.text(), .mutate)
        #expect(try Self.labels(answer) == ["app": "web", "p": "yes", "a": "from a", "q": "from a"])
        let seen = stage.invocations[0].review.review.object?["metadata"]?["labels"]
        #expect(seen?["p"]?.string == "yes" && seen?["q"] == nil)
        #expect(stage.invocations[0].review.review.request["object"]?["metadata"]?["labels"]?["p"] != nil)
        stage.expectNothingLeft()
    }

    @Test func policiesAloneNeedNobodyToWait() throws {
        let stage = try Stage(Self.policy("p", adds: "p"))
        try stage.ask(SampleReview.text(), .mutate)
        #expect(try Self.labels(try #require(stage.answers.first)) == ["app": "web", "p": "yes"])
        #expect(stage.metric(#"portcullis_hook_invocations_total{hook="p",phase="mutate",outcome="pass"}"#) == "1")
    }

    @Test func policiesThatWantToSeeEverythingRunAgain() throws {
        let counted = "string(object.metadata.labels.size())"
        let stage = try Stage(
            Self.policy("p", adds: "count", to: counted, again: "IfNeeded")
                + Stage.hook("a", "weight: 1", phase: "mutate"))
        stage.behaviours = ["a": [Self.add("a")]]
        let answer = try stage.answer(SampleReview.text(), .mutate)
        #expect(try Self.labels(answer)["count"] == "3")
        #expect(stage.attempts == ["a#1"])
    }

    @Test func aHookThatFailsLeavesTheObjectAsItWas() throws {
        let stage = try Stage(
            Stage.hook("a", "failurePolicy: Ignore", phase: "mutate") + Stage.hook("b", "weight: 1", phase: "mutate"))
        stage.behaviours = ["a": [.breaks(retryable: false)], "b": [Self.add("b")]]
        let answer = try stage.answer(SampleReview.text(), .mutate)
        #expect(try Self.labels(answer) == ["app": "web", "b": "yes"])
        #expect(answer.annotations == ["fail-open": "a=error"] && stage.records.failOpens.count == 1)
    }

    @Test(arguments: [
        #"[{"op":"remove","path":"/no/such"}]"#, #"[{"op":"remove","path":"/kind"}]"#, "{}", "[1]", "nonsense",
    ])
    func aPatchThatIsNoneIsABreachOfContract(patch: String) throws {
        let stage = try Stage(Stage.hook("a", phase: "mutate"))
        stage.behaviours = ["a": [.patches(patch)]]
        let answer = try stage.answer(SampleReview.text(), .mutate)
        #expect(answer.message.hasPrefix("hook 'a' failed: contract: ") && answer.patch == nil)
        #expect(stage.metric(#"portcullis_hook_failures_total{hook="a",reason="contract"}"#) == "1")
    }

    @Test(arguments: [("warn", 1, 0), ("audit", 0, 1)]) func modesTellWhatWouldChange(
        mode: String, warnings: Int, annotations: Int
    ) throws {
        let annotated = Self.policy("p", adds: "p").replacing(
            "{name: p}\nspec:\n  match", with: "{name: p, annotations: {portcullis.dev/mode: \(mode)}}\nspec:\n  match")
        let stage = try Stage(annotated + Stage.hook("a", "mode: \(mode)", phase: "mutate"))
        stage.behaviours = ["a": [Self.add("a")]]
        let answer = try stage.answer(SampleReview.text(), .mutate)
        #expect(answer.isAllowed && answer.patch == nil)
        #expect(answer.warnings.count == 2 * warnings && answer.annotations.count == 2 * annotations)
    }

    @Test func aDenialEndsThePhase() throws {
        let stage = try Stage(Stage.hook("a", phase: "mutate") + Stage.hook("b", "weight: 1", phase: "mutate"))
        stage.behaviours = ["a": [.denies("no")], "b": [Self.add("b")]]
        let answer = try stage.answer(SampleReview.text(), .mutate)
        #expect(!answer.isAllowed && answer.patch == nil && stage.attempts == ["a#1"])
    }

    @Test func theWholePhaseEndsBeforeTheDeadline() throws {
        let stage = try Stage(
            Stage.hook("a", "failurePolicy: Ignore", phase: "mutate") + Stage.hook("b", "weight: 1", phase: "mutate"))
        stage.behaviours = ["a": [.hangs]]
        let deadline = stage.clock.now + .milliseconds(300)
        let answer = try stage.answer(SampleReview.text(), .mutate, within: .milliseconds(300))
        #expect(answer.at < deadline && !answer.isAllowed)
        #expect(answer.message.hasPrefix("hook 'b' failed: timeout"))
    }
}
