import Foundation
import Hooks
import Policies
import Reactor
import Simulation
import Telemetry
import Testing

@Suite struct HookMetricsTests {
    @Test func everyHookHasItsFigures() throws {
        let stage = try Stage(Stage.hook("a", "budget: 50ms\nbreaker: {minimumCalls: 99}"))
        stage.behaviours = ["a": [.passes(after: 10), .passes(after: 10), .passes(after: 10), .hangs]]
        for _ in 0..<4 { _ = try stage.answer() }
        #expect(stage.metric(#"portcullis_hook_invocations_total{hook="a",phase="validate",outcome="pass"}"#) == "3")
        #expect(stage.metric(#"portcullis_hook_invocations_total{hook="a",phase="validate",outcome="failure"}"#) == "1")
        #expect(stage.metric(#"portcullis_hook_failures_total{hook="a",reason="timeout"}"#) == "1")
        #expect(stage.metric(#"portcullis_hook_duration_seconds_count{hook="a"}"#) == "4")
        #expect(stage.metric(#"portcullis_hook_duration_seconds_bucket{hook="a",le="0.025"}"#) == "3")
        #expect(stage.metric(#"portcullis_hook_success_ratio{hook="a"}"#) == "0.75")
        let median = try #require(
            stage.metric(#"portcullis_hook_latency_seconds{hook="a",quantile="0.5"}"#).flatMap(Double.init))
        #expect(abs(median - 0.01) < 0.0025)
        let slowest = try #require(
            stage.metric(#"portcullis_hook_latency_seconds{hook="a",quantile="0.99"}"#).flatMap(Double.init))
        #expect(abs(slowest - 0.05) < 0.0125)
        #expect(stage.metric(#"portcullis_hook_breaker_state{hook="a",state="closed"}"#) == "1.0")
        stage.pass(.seconds(330))
        #expect(stage.metric(#"portcullis_hook_success_ratio{hook="a"}"#) == nil)
    }

    @Test func everyHookHasItsObjective() throws {
        let stage = try Stage(
            Stage.hook("a", "budget: 50ms\ncriticality: critical\nbreaker: false")
                + Stage.hook("b", "objective: 90%\ncriticality: optional"))
        let remaining = #"portcullis_hook_error_budget_remaining_ratio{hook="b"}"#
        #expect(stage.metric(#"portcullis_hook_objective_ratio{hook="a",criticality="critical"}"#) == "0.999")
        #expect(stage.metric(#"portcullis_hook_objective_ratio{hook="b",criticality="optional"}"#) == "0.9")
        #expect(stage.metric(#"portcullis_hook_budget_seconds{hook="a"}"#) == "0.05")
        #expect(stage.metric(#"portcullis_hook_budget_seconds{hook="b"}"#) == nil && stage.metric(remaining) == nil)
        stage.behaviours = ["b": [.breaks()] + (0..<39).map { _ in .passes() }]
        for _ in 0..<40 { _ = try stage.answer() }
        let left = try #require(stage.metric(remaining).flatMap(Double.init))
        #expect(abs(left - 0.75) < 1e-9)
        // Longer than the window of five minutes, and another objective.
        stage.pass(.seconds(400))
        try stage.reload(Stage.hook("b", "objective: 97.5%"))
        #expect(stage.metric(#"portcullis_hook_objective_ratio{hook="b",criticality="important"}"#) == "0.975")
        let spent = try #require(stage.metric(remaining).flatMap(Double.init))
        #expect(abs(spent) < 1e-9)
    }

    @Test func whatPeopleChangedIsToldUntilTheyTakeItBack() throws {
        let stage = try Stage(Stage.hook("a") + Stage.hook("b"))
        var change = HookOverride()
        (change.mode, change.wall) = (.off, 1_800_000_000_500_000_000)
        #expect(stage.board.set(change, of: "a"))
        #expect(stage.metric(#"portcullis_hook_changed_timestamp_seconds{hook="a"}"#) == "1800000000.0")
        #expect(stage.metric(#"portcullis_hook_changed_timestamp_seconds{hook="b"}"#) == nil)
        change.mode = nil
        #expect(stage.board.set(change, of: "a"))
        #expect(!stage.scrape().contains("portcullis_hook_changed_timestamp_seconds"))
    }

    @Test func hooksThatCountTogetherAreHeldToTheStrictestOfThem() throws {
        let criticalities = ["optional", "optional", "critical", "important"]
        let rules = zip(["a", "b", "c", "d"], criticalities).map { Stage.hook($0, "criticality: \($1)") }.joined()
        let stage = try Stage(rules, hooksMax: 1)
        #expect(stage.metric(#"portcullis_hook_objective_ratio{hook="a",criticality="optional"}"#) == "0.99")
        #expect(stage.metric(#"portcullis_hook_objective_ratio{hook="other",criticality="critical"}"#) == "0.999")
        #expect(!stage.scrape().contains(#"portcullis_hook_objective_ratio{hook="b""#))
    }

    /// `promtool check metrics` has nothing to say.
    @Test func theReferenceLinterIsContent() throws {
        let linter = URL(fileURLWithPath: "/usr/bin/promtool")
        guard FileManager.default.isExecutableFile(atPath: linter.path) else {
            print("promtool is not installed: not run: the reference linter")
            return
        }
        let stage = try Stage(Stage.hook("a") + Stage.hook("b", "failurePolicy: Ignore\nretry: {attempts: 2}"))
        stage.behaviours = ["b": [.breaks()]]
        _ = try stage.answer()
        let (process, input, output) = (Process(), Pipe(), Pipe())
        process.executableURL = linter
        process.arguments = ["check", "metrics"]
        process.standardInput = input
        process.standardOutput = output
        process.standardError = output
        try process.run()
        input.fileHandleForWriting.write(Data(stage.scrape().utf8))
        input.fileHandleForWriting.closeFile()
        let said = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0 && said.isEmpty, "\(String(decoding: said, as: UTF8.self))")
    }

    @Test func tooManyHooksCountUnderOther() throws {
        let names = (0..<5).map { "h\($0)" }
        let stage = try Stage(names.map { Stage.hook($0) }.joined(), hooksMax: 3)
        _ = try stage.answer()
        #expect(stage.attempts.count == names.count)
        #expect(
            stage.metric(#"portcullis_hook_invocations_total{hook="other",phase="validate",outcome="pass"}"#) == "2")
    }

    @Test func whatIsGoneIsNoLongerShown() throws {
        let stage = try Stage(Stage.hook("a") + Stage.hook("b"))
        _ = try stage.answer()
        let sample = #"portcullis_hook_timeouts_total{hook="a"}"#
        try stage.reload(Stage.hook("b"))
        #expect(stage.metric(sample) == "0")
        try stage.reload(Stage.hook("b") + Stage.hook("c"))
        #expect(stage.metric(sample) == nil)
        _ = try stage.answer()
        #expect(stage.metric(#"portcullis_hook_invocations_total{hook="c",phase="validate",outcome="pass"}"#) == "1")
        #expect(stage.metric(#"portcullis_hook_invocations_total{hook="b",phase="validate",outcome="pass"}"#) == "2")
    }
}
