import JSON
import Load
import Telemetry
import TestSupport
import Testing

@Suite struct ArrivalScheduleTests {
    @Test func steadyArrivalsDoNotDrift() {
        var schedule = ArrivalSchedule(rate: 3)
        let moments = (0..<3_000_001).map { _ in schedule.next() }
        #expect(moments[..<3] == [0, 333_333_333, 666_666_666])
        #expect(moments.last == 1_000_000_000_000_000)
    }

    @Test func randomArrivalsHaveTheirRateAndCanBeRepeated() {
        var schedule = ArrivalSchedule(rate: 1000, pattern: .random(seed: 7))
        var same = ArrivalSchedule(rate: 1000, pattern: .random(seed: 7))
        let moments = (0..<100_000).map { _ in schedule.next() }
        #expect((0..<100_000).map { _ in same.next() } == moments)
        #expect(zip(moments, moments.dropFirst()).allSatisfy { $0 <= $1 })
        let seconds = Double(moments[99_999]) / 1e9
        #expect(seconds > 98 && seconds < 102)
        // Of exponential gaps a share of 1/e is longer than the mean.
        let long = zip(moments, moments.dropFirst()).count { $1 - $0 > 1_000_000 }
        #expect(long > 36_000 && long < 37_600)
    }
}

@Suite struct LoadRunTests {
    static let millisecond: UInt64 = 1_000_000

    /// Runs a plan against a server that takes so long for a request that is sent at an instant.
    static func run(_ plan: LoadPlan, start: UInt64 = 5, service: (UInt64) -> UInt64) -> LoadRun {
        var run = LoadRun(plan, start: start)
        var now = start
        var flying: [(connection: Int, end: UInt64)] = []
        for _ in 0..<1_000_000 {
            switch run.step(at: now) {
            case .send(let connection, _): flying.append((connection, now + service(now)))
            case .finished: return run
            case .wait(let until):
                flying.sort { $0.end < $1.end }
                if let first = flying.first, first.end <= until {
                    now = max(now, first.end)
                    flying.removeFirst()
                    run.ended(first.connection, .allowed, at: now)
                } else {
                    now = max(now, until)
                    for connection in run.overdue(at: now) {
                        flying.removeAll { $0.connection == connection }
                        run.ended(connection, .timeout, at: now)
                    }
                }
            }
        }
        return run
    }

    private static func plan(rate: Double?, connections: Int, seconds: UInt64) -> LoadPlan {
        var plan = LoadPlan()
        plan.rate = rate
        plan.connections = connections
        plan.durationNanoseconds = seconds * 1_000_000_000
        plan.warmUpNanoseconds = 0
        return plan
    }

    @Test func aSteadyRateSendsWhatIsDue() {
        let run = Self.run(Self.plan(rate: 100, connections: 4, seconds: 2)) { _ in Self.millisecond }
        #expect(run.sentCount == 200 && run.outcomes == [.allowed: 200])
        #expect(run.responseTimes.max == Self.millisecond && run.responseTimes.min == Self.millisecond)
    }

    /// A server that stands still for a second: a hundred requests would have met it, and all of them are seen to wait.
    @Test func aStallIsSeenByEveryRequestThatWouldHaveMetIt() {
        let stall = 500 * Self.millisecond...1500 * Self.millisecond
        let run = Self.run(Self.plan(rate: 100, connections: 1, seconds: 2), start: 0) { now in
            stall.contains(now) ? stall.upperBound - now + Self.millisecond : Self.millisecond
        }
        #expect(run.outcomes == [.allowed: 200])
        // Half of all requests were due in or behind the stall, and only one of them was on its way during it.
        let slow = run.responseTimes.count - run.responseTimes.count(upTo: 100 * Self.millisecond)
        #expect(slow >= 95 && slow <= 110)
        #expect(run.serviceTimes.count - run.serviceTimes.count(upTo: 100 * Self.millisecond) == 1)
        #expect(run.responseTimes.percentile(70) > 400 * Self.millisecond)
        #expect(run.serviceTimes.percentile(99) < 2 * Self.millisecond)
    }

    @Test func withoutARateEveryConnectionIsBusy() {
        let run = Self.run(Self.plan(rate: nil, connections: 3, seconds: 1)) { _ in 10 * Self.millisecond }
        #expect(run.sentCount == 300 && run.outcomes == [.allowed: 300])
    }

    @Test func requestsAndTimeAreBounded() {
        var plan = Self.plan(rate: nil, connections: 3, seconds: 1)
        plan.requestsMax = 7
        #expect(Self.run(plan) { _ in Self.millisecond }.sentCount == 7)
        plan = Self.plan(rate: 1000, connections: 3, seconds: 1)
        plan.requestsMax = 7
        #expect(Self.run(plan) { _ in Self.millisecond }.sentCount == 7)
        plan.requestsMax = 0
        #expect(Self.run(plan) { _ in Self.millisecond }.sentCount == 0)
    }

    @Test func theWarmUpDoesNotCount() {
        var plan = Self.plan(rate: 100, connections: 4, seconds: 2)
        plan.warmUpNanoseconds = 1_000_000_000
        let run = Self.run(plan) { _ in Self.millisecond }
        #expect(run.sentCount == 200 && run.outcomes == [.allowed: 100])
    }

    @Test func whatTakesTooLongIsATimeout() {
        var plan = Self.plan(rate: 10, connections: 100, seconds: 1)
        plan.patienceNanoseconds = 50 * Self.millisecond
        let run = Self.run(plan) { _ in 3600 * 1000 * Self.millisecond }
        #expect(run.outcomes == [.timeout: 10])
        #expect(run.responseTimes.max == 50 * Self.millisecond)
    }

    @Test func whatIsAbandonedIsCountedWithTheTimeItWaited() {
        var run = LoadRun(Self.plan(rate: 100, connections: 2, seconds: 10), start: 0)
        guard case .send = run.step(at: 0) else {
            Issue.record("the first request is due at once")
            return
        }
        run.abandon(at: 1000 * Self.millisecond)
        #expect(run.outcomes == [.unfinished: 101])
        #expect(run.responseTimes.max == 1000 * Self.millisecond)
        #expect(run.step(at: 1000 * Self.millisecond) == .finished)
        run.ended(0, .allowed, at: 2000 * Self.millisecond)
        #expect(run.outcomes == [.unfinished: 101])
    }

    @Test func anAnswerIsJudgedByItsUIDAndItsVerdict() {
        var answer = ReviewAnswer()
        func outcome(_ status: Int, _ body: String) -> LoadOutcome {
            answer.outcome(status: status, body: body.utf8.span, uid: "u".utf8.span)
        }
        #expect(outcome(200, #"{"response":{"uid":"u","allowed":true}}"#) == .allowed)
        #expect(outcome(200, #"{"response":{"uid":"u","allowed":false}}"#) == .denied)
        #expect(outcome(200, #"{"response":{"uid":"v","allowed":true}}"#) == .contract)
        #expect(outcome(200, #"{"response":{"uid":"u"}}"#) == .contract)
        #expect(outcome(200, "") == .contract)
        #expect(outcome(503, "") == .status(503))
    }

    @Test func theReportSaysWhatWasSeen() throws {
        let run = Self.run(Self.plan(rate: 100, connections: 4, seconds: 2), start: 0) { now in
            now == 0 ? 250 * Self.millisecond : 1_500_000
        }
        var report = LoadReport(run, start: 0, finished: 2_000_000_000)
        report.target = "https://127.0.0.1:8443/validate"
        report.serverCPUNanoseconds = 4_000_000
        report.bytes = (1000, 200)
        #expect(
            report.text == """
                target        https://127.0.0.1:8443/validate
                load          100 requests/s due, 4 connections
                requests      200 in 2 s, 100 verdicts/s
                outcomes      allowed 200
                bytes         1000 sent, 200 received
                server CPU    20 µs a request

                latency       from when due    from when sent
                p50           1.5 ms           1.5 ms
                p90           1.5 ms           1.5 ms
                p95           1.5 ms           1.5 ms
                p99           1.5 ms           1.5 ms
                p99.9         250 ms           250 ms
                p99.99        250 ms           250 ms
                max           250 ms           250 ms

                """)
        var writer = JSONWriter()
        report.write(to: &writer)
        try JSONDocument(parsing: writer.bytes).withRoot { root in
            #expect(root["requests"]?.int == 200 && root["failures"]?.int == 0)
            #expect(root["responseTime"]?["max"]?.double == 0.25)
            #expect(root["serverCPUSecondsPerRequest"]?.double == 2e-5)
            #expect(root["outcomes"]?["allowed"]?.int == 200)
        }
    }
}

@Suite struct LatencyHistogramTests {
    @Test(arguments: 0..<10) func percentilesAreAsGoodAsPromised(seed: UInt64) {
        let bits = 4 + Int(seed)
        var random = SeededRandom(seed: seed)
        var values = (0..<5000).map { _ in random.next() >> UInt64(22 + random.below(42)) }
        var histogram = LatencyHistogram(precisionBits: bits)
        var halves = [histogram, histogram]
        for (index, value) in values.enumerated() {
            histogram.record(value)
            halves[index % 2].record(value)
        }
        values.sort()
        for percent in [0, 1, 10, 50, 90, 99, 99.9, 99.99, 100] {
            let rank = max(Int((percent / 100 * 5000).rounded(.up)), 1)
            let exact = values[rank - 1]
            let found = histogram.percentile(percent)
            #expect(found >= exact && Double(found) <= Double(exact) * (1 + 1 / Double(1 << (bits - 1))))
        }
        #expect(histogram.min == values[0] && histogram.max == values[4999] && histogram.count == 5000)
        halves[0].merge(halves[1])
        #expect(halves[0] == histogram)
    }

    @Test func nothingAndTooMuchAreNoTraps() {
        var histogram = LatencyHistogram()
        #expect(histogram.percentile(50) == 0 && histogram.mean == 0)
        histogram.merge(LatencyHistogram())
        histogram.record(.max)
        histogram.record(.max)
        #expect(histogram.sum == .max && histogram.max == .max && histogram.percentile(100) == .max)
        histogram.reset()
        #expect(histogram == LatencyHistogram())
    }
}
