import Admission
import Hooks
import JSON
import Policies
import Reactor
import Telemetry

/// What the server says about itself, as JSON.
extension Gate {
    func writeStatus(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.text("version", Release.version)
        writer.text("started", Timestamp.text(started))
        writer.key("ready")
        writer.bool(readiness.isReady)
        writer.key("loops")
        writer.int(Int64(loops.count))
        writer.key("rules")
        writeRules(to: &writer)
        writer.key("certificateExpires")
        if let expiry = certificateExpiry {
            writer.string(Timestamp.text(expiry * 1_000_000_000))
        } else {
            writer.null()
        }
        writer.endObject()
    }

    private func writeRules(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.text("revision", rules?.hash ?? "")
        writer.key("documents")
        writer.beginObject()
        for (kind, count) in rules?.set.counts ?? [] {
            writer.key(kind.utf8.span)
            writer.int(Int64(count))
        }
        writer.endObject()
        writer.key("invalid")
        writer.int(Int64(rules?.invalidCount ?? 0))
        writer.key("problems")
        writer.beginArray()
        for problem in (rules?.problems ?? []).prefix(Self.problemsMax) { writer.string(problem.description) }
        writer.endArray()
        writer.endObject()
    }

    private static let problemsMax = 200

    func writeHooks(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.text("revision", revision.hash)
        writer.key("hooks")
        writer.beginArray()
        for rule in revision.set.hooks { write(rule, to: &writer) }
        writer.endArray()
        writer.endObject()
    }

    /// Where the rules that are tried would have decided otherwise.
    func writeShadow(to writer: inout JSONWriter) {
        let counts = hooks.findings.counts
        writer.beginObject()
        writer.text("revision", shadow?.hash ?? "")
        for (name, count) in [
            ("same", counts.same), ("different", counts.different), ("late", counts.late), ("skipped", counts.skipped),
        ] as [(StaticString, UInt64)] {
            writer.key(name)
            writer.uint(count)
        }
        writer.key("differences")
        writer.beginArray()
        for difference in hooks.findings.differences { write(difference, to: &writer) }
        writer.endArray()
        writer.endObject()
    }

    private func write(_ difference: ShadowFindings.Difference, to writer: inout JSONWriter) {
        let review = difference.review.review
        writer.beginObject()
        writer.text("time", Timestamp.text(difference.wall))
        writer.text("path", difference.phase == .mutate ? "/mutate" : "/validate")
        writer.text("request", review.uid.string)
        writer.key("operation")
        writer.string(review.operation.name)
        writer.text("resource", review.requestResource.resource.string)
        writer.text("namespace", review.namespace.string)
        writer.text("name", review.name.string)
        for (name, verdict) in [("active", difference.active), ("candidate", difference.candidate)]
            as [(StaticString, ShadowFindings.Verdict)]
        {
            writer.key(name)
            writer.beginObject()
            writer.key("allowed")
            writer.bool(verdict.isAllowed)
            if !verdict.isAllowed {
                writer.key("code")
                writer.int(Int64(verdict.code))
                writer.text("message", verdict.message)
            }
            if !verdict.patch.isEmpty {
                writer.key("patchBytes")
                writer.int(Int64(verdict.patch.count))
            }
            writer.endObject()
        }
        writer.endObject()
    }

    /// Writes what there is to know of one hook; false where there is none of that name.
    func writeHook(_ name: String, to writer: inout JSONWriter) -> Bool {
        guard let rule = revision.set.hooks.first(where: { $0.name == name }) else { return false }
        write(rule, to: &writer)
        return true
    }

    private func write(_ rule: HookRule, to writer: inout JSONWriter) {
        let settings = rule.settings
        let state = hooks.board.state(named: rule.name)
        let change = state?.override ?? HookOverride()
        writer.beginObject()
        writer.text("name", rule.name)
        writer.text("kind", rule.origin.kind)
        writer.text("phase", "\(rule.phase)")
        if let run = rule.run { writer.text("run", run.sort) }
        writer.key("weight")
        writer.int(Int64(settings.weight))
        if !settings.group.isEmpty { writer.text("group", settings.group) }
        writer.text("mode", "\(change.mode ?? settings.mode)")
        writer.text("modeOfTheRules", "\(settings.mode)")
        writer.text("failurePolicy", settings.failurePolicy.name)
        if let budget = settings.budget { writer.text("budget", SpanText.text(budget)) }
        writer.text("criticality", "\(settings.objective.criticality)")
        writer.key("objective")
        writer.double(settings.objective.ratio)
        writeRollout(settings.rollout, to: &writer)
        if let state { writeFigures(of: state, settings.objective, to: &writer) }
        if !change.isEmpty { writeChange(change, to: &writer) }
        writer.endObject()
    }

    private func writeRollout(_ rollout: HookRollout, to writer: inout JSONWriter) {
        guard rollout != HookRollout() else { return }
        writer.key("rollout")
        writer.beginObject()
        writer.key("percent")
        writer.double(rollout.percent)
        writer.text("by", "\(rollout.basis)")
        if !rollout.namespaces.isEmpty {
            writer.key("namespaces")
            writer.beginArray()
            for name in rollout.namespaces { writer.string(name) }
            writer.endArray()
        }
        writer.endObject()
    }

    private func writeFigures(of state: HookState, _ objective: HookObjective, to writer: inout JSONWriter) {
        if let breaker = state.breakerNow { writer.text("breaker", breaker.state.name) }
        let summary = state.summary(at: clock.now)
        writer.key("lastFiveMinutes")
        writer.beginObject()
        writer.key("calls")
        writer.uint(summary.good + summary.bad)
        writer.key("failures")
        writer.uint(summary.bad)
        writer.key("timeouts")
        writer.uint(summary.late)
        if let ratio = summary.successRatio {
            writer.key("successRatio")
            writer.double(ratio)
        }
        if let rate = objective.burnRate(failed: summary.bad, of: summary.good + summary.bad) {
            writer.key("burnRate")
            writer.double(rate)
        }
        for (name, quantile) in [("p50", 0.5), ("p95", 0.95), ("p99", 0.99)] as [(StaticString, Double)] {
            guard let seconds = summary.seconds(quantile: quantile) else { continue }
            writer.key(name)
            writer.double(seconds)
        }
        writer.endObject()
        writeBudget(summary, objective, to: &writer)
    }

    /// What is known of the error budget without anybody who remembers more than this process: it begins anew with each start.
    private func writeBudget(
        _ summary: HookWindow.Summary, _ objective: HookObjective, to writer: inout JSONWriter
    ) {
        let calls = summary.allGood + summary.allBad
        writer.key("sinceStart")
        writer.beginObject()
        writer.key("calls")
        writer.uint(calls)
        writer.key("failures")
        writer.uint(summary.allBad)
        if let left = objective.budgetLeft(failed: summary.allBad, of: calls) {
            writer.key("errorBudgetLeft")
            writer.double(left)
        }
        writer.endObject()
    }

    private func writeChange(_ change: HookOverride, to writer: inout JSONWriter) {
        writer.key("changed")
        writer.beginObject()
        if let mode = change.mode { writer.text("mode", "\(mode)") }
        if change.breaker != .auto { writer.text("breaker", change.breaker.name) }
        writer.text("by", change.by)
        writer.text("at", Timestamp.text(change.wall))
        writer.endObject()
    }
}

extension JSONWriter {
    /// Adds a member whose value is a text.
    mutating func text(_ name: StaticString, _ value: String) {
        key(name)
        string(value)
    }
}

extension HookRule.Origin {
    fileprivate var kind: String {
        switch self {
        case .validatingPolicy: "ValidatingAdmissionPolicy"
        case .mutatingPolicy: "MutatingAdmissionPolicy"
        case .hook: "Hook"
        }
    }
}

extension HookRun {
    fileprivate var sort: String {
        switch self {
        case .http: "http"
        case .webhook: "webhook"
        case .command: "command"
        case .prompt: "prompt"
        case .builtin: "builtin"
        }
    }
}

extension HookFailurePolicy {
    fileprivate var name: String {
        switch self {
        case .fail: "Fail"
        case .ignore: "Ignore"
        case .cached: "Cached"
        }
    }
}
