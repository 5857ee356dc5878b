import Reactor
import Telemetry

/// What a scrape says about hooks that is looked up rather than counted.
enum HookFigures {
    private static let quantiles: [(label: String, value: Double)] = [("0.5", 0.5), ("0.95", 0.95), ("0.99", 0.99)]

    static func write(_ board: HookBoard, atMost hooksMax: Int, _ writer: inout SampleWriter) {
        let now = board.now
        let seen = board.states.prefix(hooksMax).map { (state: $0, summary: $0.summary(at: now)) }
        let called = seen.filter { $0.summary.good + $0.summary.bad > 0 }
        if !called.isEmpty {
            writer.summary("portcullis_hook_latency_seconds", "Duration of hooks over the last five minutes.")
            for entry in called {
                for quantile in quantiles {
                    writer.sample(
                        entry.summary.seconds(quantile: quantile.value) ?? 0,
                        [("hook", entry.state.name), ("quantile", quantile.label)])
                }
            }
            writer.gauge("portcullis_hook_success_ratio", "Share of hooks with a verdict over the last five minutes.")
            for entry in called {
                writer.sample(entry.summary.successRatio ?? 0, [("hook", entry.state.name)])
            }
        }
        let breakers = seen.compactMap { entry in entry.state.breakerNow.map { (entry.state.name, $0) } }
        if breakers.isEmpty { return }
        writer.gauge("portcullis_hook_breaker_state", "Which state a breaker is in: 1 for that one, 0 for the others.")
        for (name, breaker) in breakers {
            for state in Breaker.State.allCases {
                writer.sample(breaker.state == state ? 1 : 0, [("hook", name), ("state", state.name)])
            }
        }
        writer.counter("portcullis_hook_breaker_transitions", "States that breakers went into.")
        for (name, breaker) in breakers {
            for state in Breaker.State.allCases {
                writer.sample(Double(breaker.entries[Int(state.rawValue)]), [("hook", name), ("to", state.name)])
            }
        }
    }
}
