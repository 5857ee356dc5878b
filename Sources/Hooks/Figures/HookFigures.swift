import Policies
import Reactor
import Telemetry

/// What a scrape says about hooks that is looked up rather than counted.
enum HookFigures {
    /// One hook at the moment of the scrape.
    private struct Seen {
        let state: HookState
        let terms: HookTerms
        let summary: HookWindow.Summary

        init(_ state: HookState, at now: Instant) {
            self.state = state
            terms = state.terms
            summary = state.summary(at: now)
        }
    }

    private static let quantiles: [(label: SampleLabels, value: Double)] = [
        (SampleLabels("quantile", "0.5"), 0.5), (SampleLabels("quantile", "0.95"), 0.95),
        (SampleLabels("quantile", "0.99"), 0.99),
    ]
    private static let criticalities = HookCriticality.allCases.map { SampleLabels("criticality", "\($0)") }
    private static let states = Breaker.State.allCases.map { SampleLabels("state", $0.name) }
    private static let entries = Breaker.State.allCases.map { SampleLabels("to", $0.name) }

    static func write(_ board: HookBoard, atMost hooksMax: Int, _ writer: inout SampleWriter) {
        let (now, states) = (board.now, board.states)
        let seen = states.prefix(hooksMax).map { Seen($0, at: now) }
        writeTerms(seen, states.dropFirst(hooksMax).map(\.terms.objective), &writer)
        writeLastFiveMinutes(seen.filter { $0.summary.good + $0.summary.bad > 0 }, &writer)
        writeChanges(seen.compactMap { entry in entry.state.changedAt.map { (entry.state, $0) } }, &writer)
        writeBreakers(seen.compactMap { entry in entry.state.breakerNow.map { (entry.state, $0) } }, &writer)
    }

    /// What hooks are held to, and how much of that is left.
    private static func writeTerms(_ seen: [Seen], _ others: [HookObjective], _ writer: inout SampleWriter) {
        guard !seen.isEmpty else { return }
        writer.gauge("portcullis_hook_objective_ratio", "Share of calls that are to have a verdict.")
        for entry in seen {
            let objective = entry.terms.objective
            writer.sample(objective.ratio, entry.state.labels, criticalities[Int(objective.criticality.rawValue)])
        }
        // Hooks that count together are held to what the strictest of them is.
        if let strictest = others.max(by: { $0.ratio < $1.ratio }) {
            let other = SampleLabels("hook", HookMetrics.other)
            writer.sample(strictest.ratio, other, criticalities[Int(strictest.criticality.rawValue)])
        }
        let called = seen.filter { $0.summary.allGood + $0.summary.allBad > 0 }
        if !called.isEmpty {
            writer.gauge(
                "portcullis_hook_error_budget_remaining_ratio",
                "Share of the error budget that is left, of all calls since the server started; below 0: overspent.")
            for entry in called { writer.sample(entry.summary.budgetLeft(entry.terms.objective), entry.state.labels) }
        }
        let limited = seen.filter { $0.terms.budget != nil }
        if limited.isEmpty { return }
        writer.gauge("portcullis_hook_budget_seconds", "How long a hook may take, retries included.")
        for entry in limited { writer.sample(Double(entry.terms.budget?.count ?? 0) / 1e9, entry.state.labels) }
    }

    private static func writeLastFiveMinutes(_ called: [Seen], _ writer: inout SampleWriter) {
        if called.isEmpty { return }
        writer.summary("portcullis_hook_latency_seconds", "Duration of hooks over the last five minutes.")
        for entry in called {
            for quantile in quantiles {
                writer.sample(
                    entry.summary.seconds(quantile: quantile.value) ?? 0, entry.state.labels, quantile.label)
            }
        }
        writer.gauge("portcullis_hook_success_ratio", "Share of hooks with a verdict over the last five minutes.")
        for entry in called { writer.sample(entry.summary.successRatio ?? 0, entry.state.labels) }
    }

    /// What people change stays changed until they take it back, which is easily forgotten.
    private static func writeChanges(_ changes: [(HookState, Int64)], _ writer: inout SampleWriter) {
        if changes.isEmpty { return }
        writer.gauge(
            "portcullis_hook_changed_timestamp_seconds", "When people set the mode or the breaker of a hook that is so."
        )
        for (hook, wall) in changes { writer.sample(Double(wall / 1_000_000_000), hook.labels) }
    }

    private static func writeBreakers(_ breakers: [(HookState, Breaker)], _ writer: inout SampleWriter) {
        if breakers.isEmpty { return }
        writer.gauge("portcullis_hook_breaker_state", "Which state a breaker is in: 1 for that one, 0 for the others.")
        for (hook, breaker) in breakers {
            for state in Breaker.State.allCases {
                writer.sample(breaker.state == state ? 1 : 0, hook.labels, states[Int(state.rawValue)])
            }
        }
        writer.counter("portcullis_hook_breaker_transitions", "States that breakers went into.")
        for (hook, breaker) in breakers {
            for state in Breaker.State.allCases {
                let index = Int(state.rawValue)
                writer.sample(Double(breaker.entries[index]), hook.labels, entries[index])
            }
        }
    }
}

extension HookWindow.Summary {
    fileprivate func budgetLeft(_ objective: HookObjective) -> Double {
        objective.budgetLeft(failed: allBad, of: allGood + allBad) ?? 1
    }
}
