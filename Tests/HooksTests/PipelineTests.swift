import Admission
import Hooks
import JSON
import Policies
import Reactor
import Simulation
import Testing

@Suite struct PipelineTests {
    @Test func asksAtTheSameTimeAndAnswersOnceAllAreSettled() throws {
        let stage = try Stage(Stage.hook("a") + Stage.hook("b"))
        stage.behaviours = ["a": [.passes(after: 20)], "b": [.passes(after: 30)]]
        let start = stage.clock.now
        let answer = try stage.answer()
        #expect(answer.isAllowed && stage.attempts == ["a#1", "b#1"])
        #expect(answer.at - start >= .milliseconds(30) && answer.at - start < .milliseconds(35))
        stage.expectNothingLeft()
    }

    @Test func tellsEveryDenialInTheOrderOfTheHooks() throws {
        let stage = try Stage(Stage.hook("a", "weight: 5") + Stage.hook("b"))
        stage.behaviours = ["a": [.denies("no a", after: 1)], "b": [.denies("no b", after: 9)]]
        let answer = try stage.answer()
        #expect(!answer.isAllowed && answer.code == 403)
        #expect(answer.message == "hook 'b' denied request: no b")
        #expect(answer.complaints == ["hook 'b' denied request: no b", "hook 'a' denied request: no a"])
    }

    @Test func takesCodeReasonWarningsAndAnnotations() throws {
        let stage = try Stage(Stage.hook("a"))
        var result = HookResult(.deny)
        (result.message, result.reason, result.code) = ("no", "Invalid", 422)
        result.warnings = ["mind this"]
        result.auditAnnotations = [.init("score", "7")]
        stage.behaviours = ["a": [.answers(result, after: .zero)]]
        let answer = try stage.answer()
        #expect(answer.code == 422 && answer.warnings == ["mind this"] && answer.annotations == ["a.score": "7"])
    }

    @Test func theAuditLogIsToldTheRevision() throws {
        let stage = try Stage(Stage.hook("a"))
        stage.behaviours = ["a": [.answers(HookResult(.pass), after: .zero)]]
        #expect(try stage.answer().revision == "r1")
        try stage.reload(Stage.hook("a"), hash: "r2")
        #expect(try stage.answer().revision == "r2")
    }

    @Test func aHookThatHangsIsSettledByItsFailurePolicyWithinItsBudget() throws {
        let stage = try Stage(Stage.hook("a", "budget: 50ms"))
        stage.behaviours = ["a": [.hangs]]
        let start = stage.clock.now
        let answer = try stage.answer()
        #expect(!answer.isAllowed && answer.code == 500)
        #expect(answer.message.hasPrefix("hook 'a' failed: timeout: no verdict within 5"))
        #expect(answer.at - start >= .milliseconds(50) && answer.at - start < .milliseconds(53))
        #expect(stage.metric(#"portcullis_hook_timeouts_total{hook="a"}"#) == "1")
        stage.expectNothingLeft()
    }

    @Test func anAnswerLeavesBeforeTheDeadlineWhateverTheBudget() throws {
        let stage = try Stage(Stage.hook("a", "budget: 10s"))
        stage.behaviours = ["a": [.hangs]]
        let deadline = stage.clock.now + .milliseconds(200)
        #expect(try stage.answer(within: .milliseconds(200)).at < deadline)
    }

    @Test func whoeverHasNoTimeIsNotAsked() throws {
        let stage = try Stage(Stage.hook("a"))
        let answer = try stage.answer(within: .milliseconds(2))
        #expect(!answer.isAllowed && stage.attempts.isEmpty)
    }

    @Test func failOpenIsToldEverywhere() throws {
        let stage = try Stage(Stage.hook("a", "failurePolicy: Ignore\nbudget: 10ms"))
        stage.behaviours = ["a": [.hangs]]
        let answer = try stage.answer()
        #expect(answer.isAllowed)
        #expect(answer.warnings.count == 1 && answer.warnings[0].hasPrefix("hook 'a' has no verdict (timeout: "))
        #expect(answer.annotations == ["fail-open": "a=timeout"])
        #expect(stage.metric(#"portcullis_fail_open_total{hook="a",reason="timeout"}"#) == "1")
        let entry = try #require(stage.records.failOpens.first)
        #expect(stage.records.failOpens.count == 1 && entry.hook == "a" && entry.revision == "r1")
        #expect(entry.review?.review.uid.string == "u-1")
        #expect(stage.host.uncheckedCount == 1)
    }

    @Test func whereThereIsNoRoomForReviewsFailOpenIsToldAllTheSame() throws {
        let stage = try Stage(Stage.hook("a", "failurePolicy: Ignore") + Stage.hook("b", "failurePolicy: Ignore"))
        stage.records.takesReviews = false
        stage.behaviours = ["a": [.breaks(retryable: false)], "b": [.breaks(retryable: false)]]
        let answer = try stage.answer()
        #expect(answer.isAllowed && answer.warnings.count == 2)
        #expect(answer.annotations == ["fail-open": "a=error,b=error"])
        #expect(stage.records.failOpens.map(\.hook) == ["a", "b"] && stage.records.named == ["u-1", "u-1"])
        #expect(stage.records.failOpens.allSatisfy { $0.review == nil })
    }

    @Test func aDeniedRequestWasNotAdmittedUnchecked() throws {
        let stage = try Stage(Stage.hook("a", "failurePolicy: Ignore") + Stage.hook("b"))
        stage.behaviours = ["a": [.breaks(retryable: false)], "b": [.denies("no")]]
        #expect(try !stage.answer().isAllowed)
        #expect(stage.records.failOpens.isEmpty && stage.host.uncheckedCount == 0)
    }

    @Test func repeatsWhatIsWorthIt() throws {
        let stage = try Stage(Stage.hook("a", "retry: {attempts: 3}"))
        stage.behaviours = ["a": [.breaks(), .breaks(), .passes()]]
        #expect(try stage.answer().isAllowed)
        #expect(stage.attempts == ["a#1", "a#2", "a#3"])
        #expect(Set(stage.invocations.map(\.key)).count == 1)
        #expect(stage.metric(#"portcullis_hook_retries_total{hook="a"}"#) == "2")
        #expect(stage.metric(#"portcullis_hook_invocations_total{hook="a",phase="validate",outcome="pass"}"#) == "1")
        #expect(stage.records.letters.isEmpty)
    }

    @Test func doesNotRepeatWhatIsNot() throws {
        let stage = try Stage(Stage.hook("a", "retry: {attempts: 3}"))
        stage.behaviours = ["a": [.breaks("redirected", retryable: false)]]
        #expect(try stage.answer().message == "hook 'a' failed: error: redirected")
        #expect(stage.attempts == ["a#1"])
        #expect(stage.records.letters.map(\.failure.message) == ["redirected"])
    }

    @Test func repeatsNothingBeyondTheBudgetOfTheServer() throws {
        let stage = try Stage(
            Stage.hook("a", "retry: {attempts: 9, backoff: 0s}\nbreaker: false"),
            retryBudget: RetryBudget(percent: 0, reserve: 2))
        stage.behaviours = ["a": [.breaks()]]
        for _ in 0..<3 { _ = try stage.answer() }
        #expect(stage.attempts.count == 3 + 2)
    }

    @Test func waitsAsLongAsItIsAskedTo() throws {
        let stage = try Stage(Stage.hook("a", "retry: {attempts: 2}"))
        let busy = HookFailure(.error, "429", isRetryable: true, retryAfter: .milliseconds(300))
        stage.behaviours = ["a": [.fails(busy, after: .zero), .passes()]]
        let start = stage.clock.now
        #expect(try stage.answer().at - start >= .milliseconds(300))
    }

    @Test func aBreakerThatOpenedSavesTheCall() throws {
        let stage = try Stage(Stage.hook("a", "breaker: {minimumCalls: 3, openFor: 10s}\nfailurePolicy: Ignore"))
        stage.behaviours = ["a": [.breaks()]]
        for _ in 0..<5 { _ = try stage.answer() }
        #expect(stage.attempts.count == 3)
        #expect(stage.answers[4].annotations["fail-open"] == "a=breaker_open")
        #expect(stage.metric(#"portcullis_hook_breaker_state{hook="a",state="open"}"#) == "1.0")
        #expect(stage.metric(#"portcullis_hook_failures_total{hook="a",reason="breaker_open"}"#) == "2")
        #expect(stage.records.letters.count == 3)
        stage.pass(.seconds(12))
        stage.behaviours = [:]
        for _ in 0..<3 { #expect(try stage.answer().annotations.isEmpty) }
        #expect(stage.metric(#"portcullis_hook_breaker_transitions_total{hook="a",to="closed"}"#) == "1.0")
    }

    @Test func noMoreCallsAtATimeThanThereMayBe() throws {
        let stage = try Stage(Stage.hook("a", "concurrency: {max: 2, queue: 1}\nbudget: 100ms"))
        stage.behaviours = ["a": [.passes(after: 60)]]
        for _ in 0..<4 { try stage.ask() }
        #expect(stage.openAttempts == 2)
        #expect(
            stage.answers.map(\.message) == [
                "hook 'a' failed: overload: too many calls of it are on their way, and too many wait"
            ])
        stage.pass(.milliseconds(70))
        #expect(stage.attempts.count == 3)
        stage.pass(.milliseconds(70))
        // The third had a turn, but not the time for it.
        #expect(stage.answers.map(\.isAllowed) == [false, true, true, false])
        stage.expectNothingLeft()
    }

    @Test func whoWaitsInVainSaysSo() throws {
        let stage = try Stage(Stage.hook("a", "concurrency: {max: 1, queue: 1}\nbudget: 50ms"))
        stage.behaviours = ["a": [.hangs]]
        for _ in 0..<2 { try stage.ask() }
        stage.pass(.milliseconds(60))
        #expect(Set(stage.answers.map { $0.message.split(separator: ":")[1] }) == [" timeout", " overload"])
        stage.expectNothingLeft()
    }

    @Test func equalRequestsShareOneCall() throws {
        let stage = try Stage(Stage.hook("a", "cache: {key: object.spec, ttl: 1m}"))
        stage.behaviours = ["a": [.denies("no", after: 10)]]
        for number in 0..<3 { try stage.ask(SampleReview.text(uid: "u\(number)")) }
        stage.pass(.milliseconds(20))
        #expect(stage.attempts.count == 1 && stage.answers.map(\.isAllowed) == [false, false, false])
        #expect(try !stage.answer().isAllowed)
        #expect(stage.attempts.count == 1)
        stage.pass(.seconds(61))
        _ = try stage.answer()
        #expect(stage.attempts.count == 2)
        stage.expectNothingLeft()
    }

    @Test func anotherTakesOverWhereTheFirstHasNoTime() throws {
        let stage = try Stage(Stage.hook("a", "cache: {key: object.spec}\nbudget: 500ms"))
        stage.behaviours = ["a": [.hangs, .passes(after: 10)]]
        try stage.ask(within: .milliseconds(50))
        try stage.ask(within: .milliseconds(900))
        stage.pass(.milliseconds(100))
        #expect(stage.answers.map(\.isAllowed) == [false, true] && stage.attempts.count == 2)
        stage.expectNothingLeft()
    }

    @Test func anOldVerdictCountsWhereThereIsNoOther() throws {
        let stage = try Stage(
            Stage.hook("a", "failurePolicy: Cached\ncache: {key: object.spec, ttl: 1s, staleFor: 1h}\nbreaker: false"))
        stage.behaviours = ["a": [.passes(), .breaks(retryable: false)]]
        #expect(try stage.answer().isAllowed)
        stage.pass(.seconds(60))
        let answer = try stage.answer()
        #expect(answer.isAllowed && answer.annotations["a.stale"] != nil)
        stage.pass(.seconds(3600))
        #expect(try !stage.answer().isAllowed)
    }

    @Test func aPatchHasNoPlaceInTheAnswerToValidation() throws {
        let stage = try Stage(Stage.hook("a"))
        stage.behaviours = ["a": [.patches("[]")]]
        #expect(try stage.answer().message.hasPrefix("hook 'a' failed: contract:"))
    }
}

// MARK: modes, rollout, groups, matching

extension PipelineTests {
    @Test(arguments: [("enforce", false), ("warn", true), ("audit", true), ("off", true)])
    func modesDecideWhatADenialLeadsTo(mode: String, isAllowed: Bool) throws {
        let stage = try Stage(Stage.hook("a", "mode: \(mode)"))
        stage.behaviours = ["a": [.denies("no")]]
        let answer = try stage.answer()
        #expect(answer.isAllowed == isAllowed)
        #expect(answer.warnings == (mode == "warn" ? ["hook 'a' would deny (mode warn): no"] : []))
        #expect(answer.annotations == (mode == "audit" ? ["a.would-deny": "no"] : [:]))
        #expect(stage.attempts.isEmpty == (mode == "off"))
    }

    @Test(arguments: ["warn", "audit"]) func aFailureDecidesNothingWhereAVerdictWouldNot(mode: String) throws {
        let stage = try Stage(Stage.hook("a", "mode: \(mode)\nfailurePolicy: Ignore"))
        stage.behaviours = ["a": [.breaks(retryable: false)]]
        let answer = try stage.answer()
        #expect(answer.isAllowed && answer.warnings.count + answer.annotations.count == 1)
        #expect(stage.records.failOpens.isEmpty)
    }

    @Test func peopleChangeModesAndBreakersWhileItServes() throws {
        let stage = try Stage(Stage.hook("a"))
        stage.behaviours = ["a": [.denies("no")]]
        var change = HookOverride()
        change.mode = .warn
        change.by = "me"
        #expect(stage.board.set(change, of: "a"))
        #expect(try stage.answer().isAllowed)
        try stage.reload(Stage.hook("a") + Stage.hook("b"))
        #expect(try stage.answer().isAllowed)
        change = HookOverride()
        change.breaker = .forcedOpen
        #expect(stage.board.set(change, of: "a"))
        #expect(try stage.answer().message.hasPrefix("hook 'a' failed: breaker_open"))
        #expect(stage.board.set(HookOverride(), of: "a"))
        #expect(try stage.answer().message == "hook 'a' denied request: no")
        #expect(!stage.board.set(change, of: "nobody"))
    }

    /// Found by the simulation, once in a million reviews.
    @Test(arguments: ["breaker: false", "breaker: {minimumCalls: 99}"])
    func whoWaitsForATurnIsHeldToWhatPeopleDecideMeanwhile(breaker: String) throws {
        let stage = try Stage(Stage.hook("a", breaker + "\nconcurrency: {max: 1, queue: 9}"))
        stage.behaviours = ["a": [.passes(after: 20)]]
        for _ in 0..<2 { try stage.ask() }
        var change = HookOverride()
        change.breaker = .forcedOpen
        #expect(stage.board.set(change, of: "a"))
        stage.pass(.milliseconds(50))
        #expect(stage.attempts == ["a#1"] && stage.answers.map(\.isAllowed) == [true, false])
        #expect(stage.answers.last?.message.hasPrefix("hook 'a' failed: breaker_open") == true)
        stage.expectNothingLeft()
    }

    @Test func whatWasChangedOutlivesARestart() throws {
        let stage = try Stage(Stage.hook("a"))
        stage.behaviours = ["a": [.denies("no")]]
        var change = HookOverride()
        change.mode = .off
        stage.board.restore(["a": change, "gone": change])
        #expect(try stage.answer().isAllowed)
        #expect(stage.board.overrides.count == 2)
    }

    @Test func onlyThoseOfTheGroupAreAsked() throws {
        let grouped = Stage.hook("b").replacing("{name: b}", with: "{name: b, labels: {portcullis.dev/group: strict}}")
        let stage = try Stage(Stage.hook("a") + grouped)
        let group = try #require(stage.pipeline.revision.set.group(named: "strict"))
        _ = try stage.answer(group: group)
        #expect(stage.attempts == ["b#1"])
        _ = try stage.answer()
        #expect(stage.attempts == ["b#1", "a#1", "b#1"])
        _ = try stage.answer(group: ReviewQuestion.ungrouped)
        #expect(stage.attempts == ["b#1", "a#1", "b#1", "a#1"])
        #expect(stage.pipeline.revision.set.group(named: "lax") == nil)
    }

    @Test func onlyThoseThatMatchAreAsked() throws {
        let rules =
            #"{resourceRules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods]}], "#
        let stage = try Stage(
            Stage.hook("a", match: rules + "matchConditions: [{name: c, expression: \"object.metadata.name == 'x'\"}]}")
                + Stage.hook("b", match: rules + "namespaceSelector: {matchLabels: {no: such}}}")
                + Stage.hook("c", "rollout: {namespaces: [team-b]}", match: rules + "}"))
        _ = try stage.answer()
        #expect(stage.attempts.isEmpty)
        _ = try stage.answer(SampleReview.text(namespace: "team-b", name: "x"))
        #expect(stage.attempts == ["a#1", "c#1"])
    }

    @Test func aConditionThatFailsIsTheHooksFailure() throws {
        let stage = try Stage(
            Stage.hook("a", match: "{matchConditions: [{name: c, expression: object.nothing.here == 1}]}"))
        let answer = try stage.answer()
        #expect(
            answer.message.hasPrefix("hook 'a' failed: error: expression 'object.nothing.here == 1' resulted in error"))
        #expect(stage.attempts.isEmpty)
    }
}

// MARK: reloads, and what runs after the answer

extension PipelineTests {
    @Test func aReviewThatWaitsKeepsTheRulesItBeganWith() throws {
        let stage = try Stage(Stage.hook("a"))
        stage.behaviours = ["a": [.denies("no", after: 20)]]
        try stage.ask()
        try stage.reload(Stage.hook("b"))
        #expect(stage.closed.isEmpty)
        stage.pass(.milliseconds(30))
        #expect(stage.answers.map(\.isAllowed) == [false])
        #expect(stage.closed == ["a"])
        #expect(try stage.answer().isAllowed)
        #expect(stage.attempts == ["a#1", "b#1"])
    }

    @Test func whatAHookHasLearntOutlivesAReload() throws {
        let fields = "breaker: {minimumCalls: 2}\ncache: {key: object.metadata.name, ttl: 1m}"
        let stage = try Stage(Stage.hook("a", fields) + Stage.hook("b", fields))
        stage.behaviours = ["a": [.breaks(retryable: false)]]
        for _ in 0..<2 { _ = try stage.answer() }
        try stage.reload(Stage.hook("a", fields + "\nbudget: 70ms") + Stage.hook("b", fields))
        #expect(stage.closed.isEmpty)
        _ = try stage.answer()
        #expect(stage.attempts == ["a#1", "b#1", "a#1"])
    }

    @Test func anExecutorThatCannotBeHadIsEveryCallsFailure() throws {
        let stage = try Stage(
            """
            apiVersion: portcullis.dev/v1
            kind: Hook
            metadata: {name: a}
            spec: {phase: validate, run: {builtin: {name: nothing-like-it}}}
            """)
        #expect(try stage.answer().message.contains("there is no built-in hook 'nothing-like-it'"))
    }

    @Test func runsAfterTheAnswerWithTheVerdict() throws {
        let stage = try Stage(Stage.hook("a", phase: "after") + Stage.hook("b"))
        stage.behaviours = ["b": [.denies("no", after: 0)], "a": [.breaks(retryable: false)]]
        #expect(try !stage.answer().isAllowed)
        #expect(stage.attempts == ["b#1", "a#1"])
        let verdict = try JSONDocument(parsing: try #require(stage.invocations[1].verdict))
        #expect(verdict.withRoot { $0["allowed"]?.bool } == false)
        #expect(verdict.withRoot { $0["message"]?.string } == "hook 'b' denied request: no")
        #expect(stage.records.begun.count == 1 && stage.records.finished == [1] && stage.records.letters.count == 1)
        stage.expectNothingLeft()
    }

    @Test(arguments: [("", 0), ("runOnError: true", 1)])
    func runsAfterAFailureOnlyIfItIsMeantTo(field: String, count: Int) throws {
        let stage = try Stage(
            Stage.hook("a", field, phase: "after") + Stage.hook("b", "failurePolicy: Ignore"))
        stage.behaviours = ["b": [.breaks(retryable: false)]]
        _ = try stage.answer()
        #expect(stage.attempts.filter { $0 == "a#1" }.count == count)
    }

    @Test func nothingComesAfterADryRun() throws {
        let stage = try Stage(Stage.hook("a", phase: "after"))
        _ = try stage.answer(SampleReview.text(isDryRun: true))
        #expect(stage.attempts.isEmpty)
        _ = try stage.answer(SampleReview.text(), .mutate)
        #expect(stage.attempts.isEmpty)
        _ = try stage.answer()
        #expect(stage.attempts == ["a#1"])
    }

    @Test func tooMuchAfterAnswersIsTurnedAway() throws {
        let stage = try Stage(Stage.hook("a", "concurrency: {max: 4, queue: 4}\nbreaker: false", phase: "after"))
        stage.behaviours = ["a": [.hangs]]
        for _ in 0..<1200 { try stage.ask(within: .milliseconds(100)) }
        #expect(stage.host.openTasks == 1024)
        #expect(stage.records.letters.count == 1200 - 1024)
    }

    @Test func whatAnEarlierLifeLeftBehindIsTakenUp() throws {
        let stage = try Stage(Stage.hook("a", phase: "after"))
        let document = try JSONDocument(parsing: SampleReview.text())
        let kept = try KeptReview(try AdmissionReview(decoding: document.root))
        #expect(
            stage.pipeline.resume(
                AfterTask(hook: "a", key: "k", revision: "r0", review: kept, verdict: Array("{}".utf8)), number: 77))
        #expect(
            !stage.pipeline.resume(
                AfterTask(hook: "b", key: "k", revision: "r0", review: kept, verdict: []), number: 78))
        stage.pass(.milliseconds(5))
        #expect(stage.attempts == ["a#1"] && stage.records.finished == [77] && stage.invocations[0].key == "k")
    }
}
