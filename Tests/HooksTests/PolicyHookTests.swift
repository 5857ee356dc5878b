import Admission
import HTTP
import Hooks
import JSON
import Policies
import Reactor
import Simulation
import Testing

/// Policies of the Kubernetes kinds, and hooks of expressions and of Swift, in the pipeline.
@Suite struct PolicyHookTests {
    static func policy(
        _ name: String, _ expression: String, _ annotations: String = "{}", failurePolicy: String = "Fail"
    ) -> String {
        """
        ---
        apiVersion: admissionregistration.k8s.io/v1
        kind: ValidatingAdmissionPolicy
        metadata: {name: \(name), annotations: \(annotations)}
        spec:
          failurePolicy: \(failurePolicy)
          matchConstraints:
            resourceRules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods]}]
          validations: [{expression: "\(expression)", message: "not \(name)"}]
        ---
        apiVersion: admissionregistration.k8s.io/v1
        kind: ValidatingAdmissionPolicyBinding
        metadata: {name: \(name)}
        spec: {policyName: \(name), validationActions: [Deny]}

        """
    }

    static func said(_ name: String) -> String {
        "ValidatingAdmissionPolicy '\(name)' with binding '\(name)' denied request: not \(name)"
    }

    @Test func policiesKeepTheOrderOfTheirDocuments() throws {
        let stage = try Stage(Self.policy("z", "false") + Self.policy("a", "false") + Self.policy("m", "true"))
        let answer = try stage.answer()
        #expect(answer.message == Self.said("z") && answer.complaints == [Self.said("z"), Self.said("a")])
        #expect(stage.metric(#"portcullis_hook_invocations_total{hook="z",phase="validate",outcome="deny"}"#) == "1")
        #expect(stage.metric(#"portcullis_hook_invocations_total{hook="m",phase="validate",outcome="pass"}"#) == "1")
    }

    @Test func weightsChangeIt() throws {
        let stage = try Stage(
            Self.policy("z", "false", "{portcullis.dev/weight: '3'}") + Self.policy("a", "false")
                + Self.policy("m", "false", "{portcullis.dev/weight: '-1'}"))
        #expect(try stage.answer().complaints == ["m", "a", "z"].map(Self.said))
    }

    @Test(arguments: [("warn", 1, 0), ("audit", 0, 1), ("off", 0, 0)]) func modesTakeTheSting(
        mode: String, warnings: Int, annotations: Int
    ) throws {
        let stage = try Stage(Self.policy("p", "false", "{portcullis.dev/mode: '\(mode)'}"))
        let answer = try stage.answer()
        #expect(answer.isAllowed && answer.warnings.count == warnings && answer.annotations.count == annotations)
        if mode == "warn" { #expect(answer.warnings == ["hook 'p' would deny (mode warn): \(Self.said("p"))"]) }
        if mode == "audit" { #expect(answer.annotations == ["p.would-deny": Self.said("p")]) }
    }

    @Test func anIgnoredErrorIsNotSilent() throws {
        let stage = try Stage(Self.policy("p", "object.nothing == 1", failurePolicy: "Ignore"))
        let answer = try stage.answer()
        #expect(answer.isAllowed && answer.annotations == ["fail-open": "p=error"] && answer.warnings.count == 1)
        #expect(stage.records.failOpens.map(\.hook) == ["p"])
    }

    @Test func anErrorThatDeniesIsCountedAsAFailure() throws {
        let stage = try Stage(Self.policy("p", "object.nothing == 1"))
        #expect(try stage.answer().code == 422)
        #expect(stage.metric(#"portcullis_hook_failures_total{hook="p",reason="error"}"#) == "1")
    }

    @Test func aPolicyMayHaveABreaker() throws {
        let stage = try Stage(Self.policy("p", "object.nothing == 1", "{portcullis.dev/breaker: '{minimumCalls: 2}'}"))
        for _ in 0..<2 { #expect(try stage.answer().code == 422) }
        let answer = try stage.answer()
        #expect(answer.code == 500 && answer.message.hasPrefix("hook 'p' failed: breaker_open"))
        let other = SampleReview.text(operation: "DELETE").replacing(
            #""object":{"apiVersion":"v1","kind":"Pod","metadata""#, with: #""object":{"metadata""#)
        #expect(try stage.answer(other).isAllowed)
    }

    @Test func expressionsAnswerWhileOthersAreWaitedFor() throws {
        let stage = try Stage(Self.policy("p", "false") + Stage.hook("a"))
        stage.behaviours = ["a": [.denies("no", after: 9)]]
        #expect(try stage.answer().complaints == [Self.said("p"), "hook 'a' denied request: no"])
    }

    @Test func hooksOfExpressionsSpeakForThemselves() throws {
        let stage = try Stage(
            """
            apiVersion: portcullis.dev/v1
            kind: Hook
            metadata: {name: h}
            spec:
              phase: validate
              run:
                cel:
                  variables: [{name: who, expression: "object.metadata.name"}]
                  validations: [{expression: "variables.who == 'x'", messageExpression: "'no ' + variables.who"}]
            """)
        #expect(try stage.answer().message == "hook 'h' denied request: no web")
        #expect(try stage.answer(SampleReview.text(name: "x")).isAllowed)
    }

    @Test func hooksOfExpressionsChangeObjects() throws {
        let stage = try Stage(
            """
            apiVersion: portcullis.dev/v1
            kind: Hook
            metadata: {name: h}
            spec:
              phase: mutate
              run:
                cel:
                  mutations:
                  - patchType: ApplyConfiguration
                    applyConfiguration: {expression: "Object{metadata: Object.metadata{labels: {'h': 'yes'}}}"}
            """)
        let answer = try stage.answer(SampleReview.text(), .mutate)
        #expect(try MutationPipelineTests.labels(answer) == ["app": "web", "h": "yes"])
    }
}

// MARK: hooks in Swift

/// Does what its settings say.
private struct Puppet: ConfigurableHook {
    static let name: StaticString = "puppet"
    let phases: [ReviewPhase] = [.mutate, .validate]
    let does: String

    init(settings: JSONNode) throws(HookProblem) {
        guard let does = settings["does"]?.string else { throw HookProblem("settings.does must be a text") }
        self.does = does
    }

    func review(
        _ review: AdmissionReview, _ phase: ReviewPhase, _ response: inout ReviewResponse
    ) throws(HookProblem) {
        switch does {
        case "throws":
            response.deny(code: 418)
            throw HookProblem("out of order")
        case "denies":
            response.deny(code: 422, reason: "Invalid")
            response.message.append("no")
        default:
            response.patch.verbatim(#"[{"op":"add","path":"/metadata/labels/puppet","value":"yes"}]"#.utf8.span)
        }
    }
}

extension PolicyHookTests {
    static func puppet(_ does: String, _ phase: String = "validate", _ fields: String = "failurePolicy: Fail") throws
        -> Stage
    {
        var builtins = BuiltinRegistry()
        builtins.register(Puppet.self)
        return try Stage(
            """
            apiVersion: portcullis.dev/v1
            kind: Hook
            metadata: {name: h}
            spec:
              phase: \(phase)
              \(fields)
              run: {builtin: {name: puppet, settings: {does: \(does)}}}
            """, builtins: builtins)
    }

    @Test func aHookInSwiftDenies() throws {
        let answer = try Self.puppet("denies").answer()
        #expect(answer.code == 422 && answer.message == "no")
    }

    @Test func whatItThrowsIsAFailureAndNeverAVerdict() throws {
        #expect(try Self.puppet("throws").answer().message == "hook 'h' failed: error: out of order")
        let stage = try Self.puppet("throws", "validate", "failurePolicy: Ignore")
        #expect(try stage.answer().annotations == ["fail-open": "h=error"])
    }

    @Test func itsPatchChangesTheObject() throws {
        let stage = try Self.puppet("patches", "mutate")
        let answer = try stage.answer(SampleReview.text(), .mutate)
        #expect(try MutationPipelineTests.labels(answer) == ["app": "web", "puppet": "yes"])
    }

    @Test func settingsThatAreNoGoodAreSaid() throws {
        #expect(try Self.puppet("7").answer().message.contains("settings.does must be a text"))
    }

    @Test func hooksOfTheConfigurationComeFirst() throws {
        let rules = MutationPipelineTests.policy("p", adds: "p", to: "object.metadata.labels.portcullis")
        let stage = try Stage(rules, own: [PodDefaults()])
        let answer = try stage.answer(SampleReview.text(), .mutate)
        let labels = try MutationPipelineTests.labels(answer)
        #expect(labels["p"] == "seen" && labels["portcullis"] == "seen")
    }
}
