import Admission
import Hooks
import JSON
import Policies
import Reactor
import Simulation
import Testing

/// A candidate revision beside the one in force.
@Suite struct ShadowTests {
    static func shadow(_ stage: Stage, _ candidate: String, _ findings: ShadowFindings) throws {
        stage.host.shadow = ShadowLoop(
            active: stage.pipeline.revision.set, candidate: try Stage.set(candidate), on: stage.loop,
            builtins: BuiltinRegistry(), findings: findings)
    }

    @Test func tellsWhatTheCandidateWouldDecideOtherwise() throws {
        let stage = try Stage(PolicyHookTests.policy("p", "object.metadata.name != 'x'"))
        let findings = ShadowFindings()
        try Self.shadow(stage, PolicyHookTests.policy("p", "object.metadata.name == 'web'"), findings)
        for name in ["web", "x", "y"] { _ = try stage.answer(SampleReview.text(uid: name, name: name)) }
        #expect(findings.counts.same == 2 && findings.counts.different == 1)
        let difference = try #require(findings.differences.first)
        #expect(difference.review.review.name.string == "y")
        #expect(difference.active.isAllowed && !difference.candidate.isAllowed)
        #expect(difference.candidate.message == PolicyHookTests.said("p"))
    }

    @Test func nobodyElseHearsOfIt() throws {
        let stage = try Stage(Stage.hook("a") + Stage.hook("b", phase: "after"))
        let findings = ShadowFindings()
        let candidate = Stage.hook("a") + PolicyHookTests.policy("p", "object.nothing == 1", failurePolicy: "Ignore")
        try Self.shadow(stage, candidate, findings)
        let answer = try stage.answer()
        #expect(answer.isAllowed && answer.warnings.isEmpty && stage.attempts == ["a#1", "b#1"])
        #expect(stage.records.failOpens.isEmpty && stage.records.begun.count == 1)
        #expect(stage.metric(#"portcullis_hook_invocations_total{hook="p",phase="validate",outcome="failure"}"#) == nil)
        #expect(findings.counts.same == 1)
    }

    @Test func patchesAreComparedToo() throws {
        let stage = try Stage(MutationPipelineTests.policy("p", adds: "a"))
        let findings = ShadowFindings()
        try Self.shadow(stage, MutationPipelineTests.policy("p", adds: "b"), findings)
        _ = try stage.answer(SampleReview.text(), .mutate)
        #expect(findings.counts.different == 1)
        #expect(findings.differences.first?.active.patch != findings.differences.first?.candidate.patch)
    }

    @Test func whatHasNoRoomIsPassedOver() throws {
        let stage = try Stage(PolicyHookTests.policy("p", "true"))
        let findings = ShadowFindings()
        try Self.shadow(stage, PolicyHookTests.policy("p", "false"), findings)
        for _ in 0..<20 { try stage.ask() }
        #expect(findings.counts.skipped == 4)
        stage.pass(.seconds(1))
        #expect(findings.counts.different == 16)
        stage.expectNothingLeft()
    }
}
