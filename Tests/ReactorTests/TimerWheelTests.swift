import Reactor
import TestSupport
import Testing

@Suite struct TimerWheelTests {
    /// One tick; nothing fires early, nor later than this.
    static let tick: UInt64 = 1 << 20

    @Test(arguments: 0..<40) func behavesAsTheNaiveModel(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var now = UInt64(random.below(1 << 40))
        var wheel = TimerWheel(now: Instant(nanoseconds: now))
        var model: [Timer: (deadline: UInt64, sequence: Int)] = [:]
        var dead: [Timer] = []
        for step in 0..<3000 {
            switch random.below(10) {
            case 0..<5:
                let span = UInt64(random.below(1 << random.below(45)))
                let deadline = random.oneIn(20) ? now &- min(now, span) : now + span
                model[wheel.arm(at: Instant(nanoseconds: deadline))] = (deadline, step)
            case 5..<7:
                guard let timer = model.keys.min(by: { model[$0]!.sequence < model[$1]!.sequence }) else { continue }
                let (first, second) = (wheel.cancel(timer), wheel.cancel(timer))
                #expect(first && !second)
                model[timer] = nil
                dead.append(timer)
            default:
                now += UInt64(random.below(1 << random.below(42)))
                Self.expire(&wheel, &model, now: now, limit: random.oneIn(3) ? random.below(5) : .max)
            }
            #expect(wheel.count == model.count)
            if let next = wheel.nextDeadline {
                let earliest = model.values.map(\.deadline).min()!
                #expect(next.nanoseconds <= earliest + Self.tick)
            } else {
                #expect(model.isEmpty)
            }
        }
        #expect(dead.allSatisfy { !wheel.isArmed($0) })
    }

    /// Takes what has expired and compares it, one by one, with what the model says.
    private static func expire(
        _ wheel: inout TimerWheel, _ model: inout [Timer: (deadline: UInt64, sequence: Int)], now: UInt64, limit: Int
    ) {
        var taken = 0
        while taken < limit, let timer = wheel.takeExpired(now: Instant(nanoseconds: now)) {
            taken += 1
            guard let fired = model.removeValue(forKey: timer) else {
                Issue.record("a timer fired that was not armed")
                return
            }
            #expect(fired.deadline <= now)
        }
        if taken < limit { #expect(model.values.allSatisfy { $0.deadline + tick > now }) }
    }

    @Test func firesInOrderOfDeadlineThenOfArming() {
        var random = SeededRandom(seed: 7)
        var wheel = TimerWheel(now: Instant(nanoseconds: 0))
        var expected: [(deadline: UInt64, order: Int, timer: Timer)] = []
        for order in 0..<2000 {
            let deadline = UInt64(1 + random.below(50)) * 700_000
            expected.append((deadline, order, wheel.arm(at: Instant(nanoseconds: deadline))))
        }
        expected.sort { ($0.deadline, $0.order) < ($1.deadline, $1.order) }
        var fired: [Timer] = []
        while let timer = wheel.takeExpired(now: .init(nanoseconds: 1 << 40)) { fired.append(timer) }
        #expect(fired == expected.map(\.timer))
    }

    @Test func reachesTheEndOfTime() {
        var wheel = TimerWheel(now: Instant(nanoseconds: 1))
        let last = wheel.arm(at: .never)
        let early = wheel.takeExpired(now: Instant(nanoseconds: .max - (2 << 20)))
        #expect(early == nil)
        #expect(wheel.isArmed(last))
        wheel.cancel(last)
        #expect(wheel.nextDeadline == nil)
    }
}

@Suite struct TimeTests {
    @Test func arithmeticStopsAtTheEndsOfTime() {
        #expect(Instant(nanoseconds: 5) + .nanoseconds(-9) == Instant(nanoseconds: 0))
        #expect(Instant.never + .seconds(1) == .never)
        #expect(Nanoseconds.seconds(.max) == .nanoseconds(.max))
        #expect(Instant(nanoseconds: 3) - Instant(nanoseconds: 10) == .nanoseconds(-7))
        #expect(Nanoseconds.nanoseconds(1_000_001).millisecondsUp == 2)
        #expect(Nanoseconds.nanoseconds(.min) - .nanoseconds(1) == .nanoseconds(.min))
    }
}
