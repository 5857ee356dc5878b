import Admission
import Foundation
import Hooks
import JSON
import Policies
import Reactor
import Simulation
import Testing

/// Two real loops on threads of their own, and one hook between them.
@Suite struct ThreadTests {
    private struct Counts {
        var active = 0
        var most = 0
        var calls = 0
        var answers: [Bool] = []
    }

    private final class Figures: Sendable {
        let counts = Guarded(Counts())
    }

    /// Says yes after a millisecond, on the loop that asks.
    private final class Slow: HookExecutorSource, HookExecutor {
        private final class Attempt: HookAttempt {
            func cancel() {}
        }

        private let loop: EventLoop
        private let figures: Figures

        init(_ loop: EventLoop, _ figures: Figures) { (self.loop, self.figures) = (loop, figures) }

        func executor(for rule: HookRule) throws(HookFailure) -> any HookExecutor { self }

        func start(_ invocation: HookInvocation, completion: @escaping Completion) -> any HookAttempt {
            figures.counts.withLock { counts in
                counts.active += 1
                counts.calls += 1
                counts.most = max(counts.most, counts.active)
            }
            loop.arm(after: .milliseconds(1)) { [figures] _ in
                figures.counts.withLock { $0.active -= 1 }
                completion(.success(HookResult(.pass)))
            }
            return Attempt()
        }

        func close() {}
    }

    private static func run(_ rules: String, reviews: Int) throws -> (
        counts: (most: Int, calls: Int), answers: [Bool], load: HookLoad
    ) {
        let clock = SystemClock()
        let board = HookBoard(clock: clock, seed: 3)
        let revision = board.revise(try Stage.set(rules), hash: "r")
        let (figures, retries) = (Figures(), RetryBudget())
        let text = SampleReview.text()
        let threads = try (0..<2).map { number in
            try LoopThread("test", clock: clock) { loop in
                let host = HookHost(
                    on: ServedLoop(loop), number: number, executors: Slow(loop, figures), builtins: BuiltinRegistry(),
                    retryBudget: retries, seed: UInt64(number))
                let pipeline = HookPipeline(revision, on: host)
                guard let document = try? JSONDocument(parsing: text) else { return }
                for _ in 0..<reviews {
                    let asker = Asker(clock) { answer in figures.counts.withLock { $0.answers.append(answer.isAllowed) }
                    }
                    try? asker.ask(pipeline, document, .validate, deadline: clock.now + .seconds(20))
                }
            }
        }
        let end = clock.now + .seconds(20)
        while clock.now < end, figures.counts.withLock({ $0.answers.count }) < 2 * reviews {
            Thread.sleep(forTimeInterval: 0.005)
        }
        for thread in threads { thread.stop() }
        let counts = figures.counts.withLock { $0 }
        return ((counts.most, counts.calls), counts.answers, try #require(board.state(named: "a")).load)
    }

    @Test func takeTurnsWithTheSamePlaces() throws {
        let (counts, answers, load) = try Self.run(Stage.hook("a", "concurrency: {max: 3, queue: 1000}"), reviews: 100)
        #expect(answers.count == 200 && !answers.contains(false))
        #expect(counts.most <= 3 && counts.calls == 200)
        #expect(load.active == 0 && load.waiting == 0)
    }

    @Test func shareVerdictsAndWaitForEachOther() throws {
        let (counts, answers, load) = try Self.run(
            Stage.hook("a", "cache: {key: object.metadata.name, ttl: 1m}"), reviews: 100)
        #expect(answers.count == 200 && !answers.contains(false))
        #expect(counts.calls == 1 && load.flights == 0 && load.verdicts == 1)
    }
}
