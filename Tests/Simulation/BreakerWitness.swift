import Hooks
import Policies
import Reactor

/// Looks at one hook's breaker whenever something happens, and says what is against the rules.
struct BreakerWitness {
    private var state = Breaker.State.closed
    private var entries: [Int] = [0, 0, 0]
    private var probes = 0
    private var openedAt: Instant?

    /// Compares a breaker with how it was.
    mutating func look(_ breaker: Breaker, _ name: String, _ report: inout SimulationReport) {
        let now = breaker.state
        let seen = Breaker.State.allCases.map { Int(breaker.entries[Int($0.rawValue)]) }
        let (closed, open, half) = (seen[0] - entries[0], seen[1] - entries[1], seen[2] - entries[2])
        report.openings += open
        func change(_ one: Breaker.State) -> Int { (now == one ? 1 : 0) - (state == one ? 1 : 0) }
        // Out of open there is one way; out of closed one; out of half open two.
        let fromClosed = closed - change(.closed)
        let fromHalf = half - change(.halfOpen)
        let isLegal =
            open - half == change(.open) && fromClosed >= 0 && open - fromClosed >= 0
            && fromHalf == open - fromClosed + closed
        if !isLegal { report.violation("\(name): from \(state) to \(now) by \(closed), \(open), \(half)") }
        if half > 0 { probes = 0 }
        if breaker.openings > 0, breaker.openedAt != openedAt { checkTime(breaker, name, &report) }
        (state, entries, openedAt) = (now, seen, breaker.openedAt)
    }

    private func checkTime(_ breaker: Breaker, _ name: String, _ report: inout SimulationReport) {
        var time = breaker.settings.openFor
        for _ in 1..<max(breaker.openings, 1) where time < breaker.settings.openForMax { time = time * 2 }
        time = min(time, breaker.settings.openForMax)
        let actual = Double((breaker.probesFrom - breaker.openedAt).count) / Double(time.count)
        if actual < 0.799 || actual > 1.201 {
            report.violation("\(name): open for \(actual) of its time after \(breaker.openings) openings")
        }
    }

    /// A call is made.
    mutating func call(_ breaker: Breaker, _ name: String, at now: Instant, _ report: inout SimulationReport) {
        look(breaker, name, &report)
        switch breaker.state {
        case .closed: break
        case .open: report.violation("\(name): called while its breaker is open")
        case .halfOpen:
            probes += 1
            if now < breaker.probesFrom { report.violation("\(name): probed before its time") }
            if probes > breaker.settings.halfOpenCalls {
                report.violation("\(name): probe \(probes) of \(breaker.settings.halfOpenCalls)")
            }
            if !breaker.refuses(at: now) { report.violation("\(name): another probe could begin beside this one") }
        }
    }

    /// People decided, or the settings are others: it began anew.
    mutating func reset(_ breaker: Breaker) {
        state = breaker.state
        entries = Breaker.State.allCases.map { Int(breaker.entries[Int($0.rawValue)]) }
        openedAt = breaker.openedAt
        probes = 0
    }
}
