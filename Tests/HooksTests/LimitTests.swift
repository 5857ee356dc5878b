import Admission
import Hooks
import JSON
import Policies
import Reactor
import Simulation
import Testing

@Suite struct BackoffTests {
    static func settings(_ backoff: Int64, _ most: Int64) -> RetrySettings {
        var settings = RetrySettings()
        settings.backoff = .milliseconds(backoff)
        settings.backoffMax = .milliseconds(most)
        return settings
    }

    @Test(arguments: [(1, 5), (2, 10), (3, 20), (4, 40), (5, 50), (60, 50)] as [(Int, Int64)])
    func doublesUpToItsMost(attempt: Int, milliseconds: Int64) {
        #expect(Backoff.ceiling(afterAttempt: attempt, Self.settings(5, 50)) == .milliseconds(milliseconds))
    }

    @Test(arguments: [(0.0, 0), (0.5, 10), (1.0, 20), (7.0, 20)] as [(Double, Int64)])
    func waitsAnyPartOfTheCeiling(fraction: Double, milliseconds: Int64) {
        let wait = Backoff.wait(afterAttempt: 3, Self.settings(5, 50), retryAfter: nil, fraction: fraction)
        #expect(wait == .milliseconds(milliseconds))
    }

    @Test func leavesAloneWhoWantsItButNotForever() {
        func wait(_ seconds: Int64) -> Nanoseconds {
            Backoff.wait(afterAttempt: 1, Self.settings(5, 50), retryAfter: .seconds(seconds), fraction: 0)
        }
        #expect(wait(2) == .seconds(2))
        #expect(wait(3600) == .seconds(10))
    }
}

@Suite struct RetryBudgetTests {
    @Test func givesItsReserveAndThenAShareOfTheCalls() {
        let budget = RetryBudget(percent: 20, reserve: 3)
        #expect((0..<4).map { _ in budget.takeRetry() } == [true, true, true, false])
        for _ in 0..<4 { budget.noteCall() }
        #expect(!budget.takeRetry())
        budget.noteCall()
        #expect(budget.takeRetry() && !budget.takeRetry())
        #expect(budget.refused == 3)
    }

    @Test func holdsNoMoreThanItsReserve() {
        let budget = RetryBudget(percent: 100, reserve: 2)
        for _ in 0..<1000 { budget.noteCall() }
        #expect(budget.left == 2 && budget.refused == 0)
    }

    @Test func withoutAReserveThereAreNone() {
        let budget = RetryBudget(percent: 0, reserve: 0)
        for _ in 0..<10 { budget.noteCall() }
        #expect(!budget.takeRetry())
    }
}

@Suite struct RolloutTests {
    static func included(_ rollout: HookRollout, hook: String = "h", count: Int = 2000) throws -> Set<Int> {
        var included: Set<Int> = []
        for number in 0..<count {
            let text = SampleReview.text(uid: "u\(number)", namespace: "team-\(number)", user: "user-\(number)")
            let document = try JSONDocument(parsing: text)
            if rollout.includes(try AdmissionReview(decoding: document.root), hook: hook) { included.insert(number) }
        }
        return included
    }

    static func rollout(_ percent: Double, _ basis: HookRollout.Basis = .namespace) -> HookRollout {
        var rollout = HookRollout()
        rollout.percent = percent
        rollout.basis = basis
        return rollout
    }

    @Test(arguments: HookRollout.Basis.allCases) func takesItsShare(basis: HookRollout.Basis) throws {
        #expect(try Self.included(Self.rollout(0, basis)).isEmpty)
        #expect(try Self.included(Self.rollout(100, basis)).count == 2000)
        // Four standard deviations around 10 % of 2000.
        #expect((146...254).contains(try Self.included(Self.rollout(10, basis)).count))
    }

    @Test func onlyGrows() throws {
        let few = try Self.included(Self.rollout(10))
        #expect(few.isSubset(of: try Self.included(Self.rollout(25))))
    }

    @Test func hooksTakeDifferentShares() throws {
        let one = try Self.included(Self.rollout(50), hook: "one")
        let other = try Self.included(Self.rollout(50), hook: "other")
        #expect((350...650).contains(one.intersection(other).count))
    }

    /// The share of a request must not change with a release.
    @Test func isTheSameForever() throws {
        let first = try Self.included(Self.rollout(10), count: 40).sorted()
        #expect(first == Self.known)
    }

    static let known = [5, 7, 39]

    @Test func namespacesAreAllThereIs() throws {
        var rollout = HookRollout()
        rollout.namespaces = ["team-3", "team-5"]
        #expect(try Self.included(rollout) == [3, 5])
    }
}

@Suite struct BulkheadTests {
    final class Woken: @unchecked Sendable {
        var names: [String] = []
        var canBeTold = true

        func waiter(_ name: String) -> Bulkhead.Waiter {
            Bulkhead.Waiter { [self] in
                if canBeTold { names.append(name) }
                return canBeTold
            }
        }
    }

    static func settings(_ calls: Int, _ queue: Int) -> ConcurrencySettings {
        var settings = ConcurrencySettings()
        (settings.callsMax, settings.queueMax) = (calls, queue)
        return settings
    }

    static func word(_ entry: Bulkhead.Entry) -> String { "\(entry)" }

    @Test func letsInSoManyAndTurnsAwayTheRest() {
        let bulkhead = Bulkhead(Self.settings(2, 1))
        let woken = Woken()
        let entries = (0..<4).map { Self.word(bulkhead.enter(woken.waiter("\($0)")).0) }
        #expect(entries == ["entered", "entered", "waits", "full"])
        bulkhead.leave()
        #expect(woken.names == ["2"] && bulkhead.load == (2, 0))
    }

    @Test func givesTurnsInTheOrderOfArrival() {
        let bulkhead = Bulkhead(Self.settings(1, 9))
        let woken = Woken()
        for name in ["a", "b", "c", "d"] { _ = bulkhead.enter(woken.waiter(name)) }
        for _ in 0..<3 { bulkhead.leave() }
        #expect(woken.names == ["b", "c", "d"])
        bulkhead.leave()
        #expect(bulkhead.load == (0, 0))
    }

    @Test func whoGivesUpIsNotWoken() throws {
        let bulkhead = Bulkhead(Self.settings(1, 9))
        let woken = Woken()
        _ = bulkhead.enter(woken.waiter("a"))
        let second = try #require(bulkhead.enter(woken.waiter("b")).1)
        _ = bulkhead.enter(woken.waiter("c"))
        #expect(bulkhead.giveUp(second) && !bulkhead.giveUp(second))
        bulkhead.leave()
        #expect(woken.names == ["c"])
    }

    @Test func aPlaceThatNobodyCanBeToldOfIsNotLost() {
        let bulkhead = Bulkhead(Self.settings(1, 9))
        let woken = Woken()
        for name in ["a", "b", "c"] { _ = bulkhead.enter(woken.waiter(name)) }
        woken.canBeTold = false
        bulkhead.leave()
        #expect(bulkhead.load == (0, 0))
    }

    @Test func moreRoomWakesThoseWhoWait() {
        let bulkhead = Bulkhead(Self.settings(1, 9))
        let woken = Woken()
        for name in ["a", "b", "c", "d"] { _ = bulkhead.enter(woken.waiter(name)) }
        bulkhead.adopt(Self.settings(3, 9))
        #expect(woken.names == ["b", "c"] && bulkhead.load == (3, 1))
    }
}

@Suite struct HookWindowTests {
    static func at(_ seconds: Int64) -> Instant { Instant(nanoseconds: 0) + .seconds(seconds) }

    static func summary(_ windows: [HookWindow], at time: Instant) -> HookWindow.Summary {
        var summary = HookWindow.Summary()
        for window in windows { window.add(to: &summary, at: time) }
        return summary
    }

    @Test func countsWhatHappenedOfLate() {
        let window = HookWindow()
        window.record(.milliseconds(1), isGood: true, isLate: false, at: Self.at(5))
        window.record(.milliseconds(1), isGood: true, isLate: false, at: Self.at(100))
        window.record(.milliseconds(50), isGood: false, isLate: true, at: Self.at(100))
        window.record(.milliseconds(1), isGood: false, isLate: false, at: Self.at(101))
        var seen = Self.summary([window], at: Self.at(110))
        #expect(seen.good == 2 && seen.bad == 2 && seen.late == 1 && seen.successRatio == 0.5)
        seen = Self.summary([window], at: Self.at(310))
        #expect(seen.good == 1 && seen.bad == 2)
        seen = Self.summary([window], at: Self.at(401))
        #expect(seen.successRatio == nil && seen.seconds(quantile: 0.5) == nil)
        #expect(seen.allGood == 2 && seen.allBad == 2)
    }

    @Test func aSliceThatComesAroundAgainBeginsAnew() {
        let window = HookWindow()
        window.record(.milliseconds(1), isGood: true, isLate: false, at: Self.at(0))
        window.record(.milliseconds(1), isGood: true, isLate: false, at: Self.at(300))
        #expect(Self.summary([window], at: Self.at(300)).good == 1)
    }

    @Test(arguments: [0.5, 0.95, 0.99]) func quantilesAreWithinACell(quantile: Double) throws {
        let window = HookWindow()
        for millisecond in 1...1000 {
            window.record(.milliseconds(Int64(millisecond)), isGood: true, isLate: false, at: Self.at(1))
        }
        let seen = try #require(Self.summary([window], at: Self.at(1)).seconds(quantile: quantile))
        #expect(abs(seen - quantile) <= quantile * 0.25)
    }

    @Test(arguments: [0, 1, 255, 256, 512, 100_000, 1 << 40, .max] as [Int64])
    func anyDurationHasACell(nanoseconds: Int64) {
        let window = HookWindow()
        window.record(.nanoseconds(nanoseconds), isGood: true, isLate: false, at: Self.at(1))
        #expect(Self.summary([window], at: Self.at(1)).seconds(quantile: 0.5) != nil)
    }

    @Test func loopsAddUp() {
        let windows = [HookWindow(), HookWindow()]
        for window in windows { window.record(.zero, isGood: true, isLate: false, at: Self.at(1)) }
        #expect(Self.summary(windows, at: Self.at(2)).good == 2)
    }
}
