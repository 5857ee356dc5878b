import Admission
import Hooks
import JSON
import Policies
import Reactor
import Simulation
import Synchronization
import Testing

/// Time passes while expressions are evaluated: each look at the clock takes a millisecond.
@Suite struct BudgetTests {
    private final class TickingClock: Clock {
        private let ticks = Atomic<UInt64>(1000)

        var now: Instant {
            Instant(nanoseconds: ticks.add(1, ordering: .relaxed).newValue * 1_000_000)
        }
        var wall: Int64 { 0 }
        func patience(until deadline: Instant?) -> CInt { 0 }
        func idled(until deadline: Instant) {}
    }

    private final class Loop: HookLoop {
        private struct Mail: LoopMail {
            func post(_ job: @escaping @Sendable () -> Void) -> Bool { false }
        }

        let clock: any Clock = TickingClock()
        let mail: any LoopMail = Mail()
        private var wheel = TimerWheel(now: Instant(nanoseconds: 0))

        func arm(at deadline: Instant, run work: @escaping () -> Void) -> Timer { wheel.arm(at: deadline) }
        func cancel(_ timer: Timer) {}
    }

    private static let endless =
        "[1,2,3,4,5,6,7,8,9].all(a, [1,2,3,4,5,6,7,8,9].all(b, [1,2,3,4,5,6,7,8,9].all(c, "
        + "[1,2,3,4,5,6,7,8,9].all(d, a + b + c + d > 0))))"

    private static func ask(_ rules: String, within time: Nanoseconds) throws -> Answer {
        let loop = Loop()
        let host = HookHost(
            on: loop, number: 0, executors: nil, builtins: BuiltinRegistry(), retryBudget: RetryBudget(), seed: 1)
        let pipeline = HookPipeline(
            HookBoard(clock: loop.clock, seed: 1).revise(try Stage.set(rules), hash: ""), on: host)
        var answers: [Answer] = []
        let asker = Asker(loop.clock) { answers.append($0) }
        try asker.ask(
            pipeline, try JSONDocument(parsing: SampleReview.text()), .validate, deadline: loop.clock.now + time)
        return try #require(answers.first)
    }

    @Test func expressionsThatTakeTooLongAreSettledByTheirOwnPolicy() throws {
        let rules =
            PolicyHookTests.policy("slow", Self.endless, "{portcullis.dev/budget: 5ms}", failurePolicy: "Ignore")
            + PolicyHookTests.policy("quick", "object.metadata.name == 'web'")
        let answer = try Self.ask(rules, within: .seconds(30))
        #expect(answer.isAllowed && answer.annotations == ["fail-open": "slow=timeout"], "\(answer.annotations)")
    }

    @Test func theRequestsDeadlineComesFirst() throws {
        let answer = try Self.ask(
            PolicyHookTests.policy("slow", Self.endless, "{portcullis.dev/budget: 30s}"), within: .milliseconds(9))
        #expect(!answer.isAllowed && answer.message.contains("the time for this request is up"), "\(answer.message)")
    }

    @Test func withTimeEnoughThereIsAVerdict() throws {
        #expect(try Self.ask(PolicyHookTests.policy("slow", Self.endless), within: .seconds(3000)).isAllowed)
    }
}
