import Hooks
import Policies
import Reactor
import Testing

@Suite struct BreakerTests {
    static func settings(_ change: (inout BreakerSettings) -> Void = { _ in }) -> BreakerSettings {
        var settings = BreakerSettings()
        settings.window = .seconds(10)
        settings.minimumCalls = 4
        settings.failureRate = 0.5
        settings.openFor = .seconds(10)
        settings.openForMax = .seconds(60)
        settings.halfOpenCalls = 2
        change(&settings)
        return settings
    }

    static func at(_ milliseconds: Int64) -> Instant { Instant(nanoseconds: 0) + .milliseconds(milliseconds) }

    /// Makes a call that takes no time, if it may be made.
    @discardableResult
    static func call(
        _ breaker: inout Breaker, fails: Bool, took: Nanoseconds = .milliseconds(1), at time: Instant
    ) -> Bool {
        guard let permit = breaker.permit(at: time) else { return false }
        breaker.record(permit, hasFailed: fails, took: took, at: time)
        return true
    }

    static func opened(_ settings: BreakerSettings = settings(), seed: UInt64 = 1) -> Breaker {
        var breaker = Breaker(settings, seed: seed)
        for _ in 0..<settings.minimumCalls { call(&breaker, fails: true, at: at(0)) }
        return breaker
    }

    @Test func staysClosedBelowTheMinimumOfCalls() {
        var breaker = Breaker(Self.settings(), seed: 1)
        for _ in 0..<3 { Self.call(&breaker, fails: true, at: Self.at(0)) }
        #expect(breaker.state == .closed)
        Self.call(&breaker, fails: true, at: Self.at(0))
        #expect(breaker.state == .open)
    }

    @Test(arguments: [(4, 4, true), (5, 4, false), (99, 98, false), (50, 50, true)])
    func opensAtItsRate(good: Int, bad: Int, opens: Bool) {
        var breaker = Breaker(Self.settings { $0.minimumCalls = 8 }, seed: 1)
        for _ in 0..<good { Self.call(&breaker, fails: false, at: Self.at(0)) }
        for _ in 0..<bad { Self.call(&breaker, fails: true, at: Self.at(0)) }
        #expect((breaker.state == .open) == opens)
    }

    @Test func forgetsWhatIsOlderThanItsWindow() {
        var breaker = Breaker(Self.settings(), seed: 1)
        for _ in 0..<3 { Self.call(&breaker, fails: true, at: Self.at(0)) }
        Self.call(&breaker, fails: true, at: Self.at(10_000))
        #expect(breaker.state == .closed)
        for _ in 0..<3 { Self.call(&breaker, fails: true, at: Self.at(10_000)) }
        #expect(breaker.state == .open)
    }

    @Test func opensWhereTooManyAreSlow() {
        var breaker = Breaker(
            Self.settings {
                $0.slowCall = .milliseconds(40)
                $0.slowRate = 0.75
            }, seed: 1)
        Self.call(&breaker, fails: false, at: Self.at(0))
        for _ in 0..<2 { Self.call(&breaker, fails: false, took: .milliseconds(41), at: Self.at(0)) }
        #expect(breaker.state == .closed)
        Self.call(&breaker, fails: false, took: .milliseconds(41), at: Self.at(0))
        #expect(breaker.state == .open)
    }

    @Test func aCallAsLongAsTheLimitIsNotSlow() {
        var breaker = Breaker(Self.settings { $0.slowCall = .milliseconds(40) }, seed: 1)
        for _ in 0..<9 { Self.call(&breaker, fails: false, took: .milliseconds(40), at: Self.at(0)) }
        #expect(breaker.state == .closed)
    }

    @Test func makesNoCallWhileItIsOpen() {
        var breaker = Self.opened()
        #expect(!Self.call(&breaker, fails: false, at: Self.at(7_999)))
        #expect(breaker.state == .open)
    }

    @Test(arguments: 1...20 as ClosedRange<UInt64>) func staysOpenForItsTimeGiveOrTakeAFifth(seed: UInt64) {
        let breaker = Self.opened(seed: seed)
        let time = breaker.probesFrom - breaker.openedAt
        #expect(time >= .seconds(8) && time <= .seconds(12))
    }

    @Test func staysOpenTwiceAsLongAfterEachFailedProbe() {
        var breaker = Self.opened()
        for expected in [20, 40, 60, 60] as [Int64] {
            #expect(Self.call(&breaker, fails: true, at: breaker.probesFrom))
            #expect(breaker.state == .open)
            let time = breaker.probesFrom - breaker.openedAt
            #expect(time >= .milliseconds(expected * 800) && time <= .milliseconds(expected * 1200))
        }
    }

    @Test func probesWithAFewCallsAndClosesOnceAllWentWell() {
        var breaker = Self.opened()
        let time = breaker.probesFrom
        for _ in 0..<2 {
            let permit = breaker.permit(at: time)
            #expect(permit != nil)
            #expect(breaker.state == .halfOpen)
            // The others wait for what comes of it.
            #expect(breaker.refuses(at: time))
            #expect(breaker.permit(at: time) == nil)
            if let permit { breaker.record(permit, hasFailed: false, took: .milliseconds(1), at: time) }
        }
        #expect(breaker.state == .closed)
        #expect(breaker.openings == 0)
        #expect(Breaker.State.allCases.map { breaker.entries[Int($0.rawValue)] } == [1, 1, 1])
    }

    @Test func slowProbesOpenItAgain() {
        var breaker = Self.opened(Self.settings { $0.slowCall = .milliseconds(40) })
        let time = breaker.probesFrom
        for _ in 0..<2 { Self.call(&breaker, fails: false, took: .milliseconds(50), at: time) }
        #expect(breaker.state == .open)
    }

    @Test func aProbeThatWasGivenUpMakesRoomForAnother() throws {
        var breaker = Self.opened()
        let time = breaker.probesFrom
        let given = breaker.permit(at: time)
        let first = try #require(given)
        #expect(breaker.permit(at: time) == nil)
        breaker.giveBack(first)
        #expect(breaker.permit(at: time) != nil)
    }

    @Test func whatBeganInAnEarlierStateCountsForNothing() throws {
        var breaker = Breaker(Self.settings(), seed: 1)
        let given = breaker.permit(at: Self.at(0))
        let late = try #require(given)
        for _ in 0..<4 { Self.call(&breaker, fails: true, at: Self.at(0)) }
        let time = breaker.probesFrom
        _ = breaker.permit(at: time)
        breaker.record(late, hasFailed: true, took: .seconds(1), at: time)
        #expect(breaker.state == .halfOpen)
        #expect(!breaker.holds(late))
    }

    @Test func peopleDecideBeforeItJudges() {
        var breaker = Breaker(Self.settings(), seed: 1)
        breaker.set(.forcedOpen)
        #expect(breaker.permit(at: Self.at(0)) == nil && breaker.state == .open)
        breaker.set(.forcedClosed)
        for _ in 0..<20 { Self.call(&breaker, fails: true, at: Self.at(0)) }
        #expect(breaker.state == .closed)
        breaker.set(.auto)
        #expect(breaker.state == .closed)
        for _ in 0..<4 { Self.call(&breaker, fails: true, at: Self.at(0)) }
        #expect(breaker.state == .open)
    }

    @Test func otherSettingsBeginAnewAndTheSameDoNot() {
        var breaker = Self.opened()
        breaker.adopt(Self.settings())
        #expect(breaker.state == .open)
        breaker.adopt(Self.settings { $0.minimumCalls = 5 })
        #expect(breaker.state == .closed)
        #expect(breaker.entries[0] == 1)
    }

    @Test func theEndOfTimeIsNoTrap() {
        var breaker = Breaker(
            Self.settings {
                $0.openFor = .nanoseconds(.max)
                $0.openForMax = .nanoseconds(.max)
                $0.window = .nanoseconds(1)
            }, seed: 1)
        for _ in 0..<5 { Self.call(&breaker, fails: true, at: .never) }
        #expect(breaker.state == .open)
    }
}
