import Admission
import HTTP
import JSON
import Policies
import Reactor
import Telemetry

/// One revision of the rules at work on one loop. Reviews that wait keep the engine that they began with.
final class HookEngine {
    /// The instant by which the expressions that are run now must have a value.
    private final class Deadline: Sendable {
        /// Read and written on the thread of the loop only.
        nonisolated(unsafe) var instant = Instant.never
    }

    let host: HookHost
    let revision: HookRevision
    let cells: [HookCell]
    var evaluator: PolicyEvaluator
    private let deadline = Deadline()
    /// What a hook says whose word is not the answer's.
    private var aside = ReviewResponse()

    /// Hooks that were there before, and ask the same in the same way, keep those they ask by.
    init(_ revision: HookRevision, on host: HookHost, after previous: HookEngine?) {
        self.revision = revision
        self.host = host
        let known = Dictionary(
            (previous?.cells ?? []).map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        cells = zip(revision.set.hooks, revision.states).map { rule, state in
            HookCell(
                rule, state, Self.subject(of: rule, on: host, known[rule.name]),
                group: revision.set.group(named: rule.settings.group) ?? 0, loop: host.number)
        }
        evaluator = PolicyEvaluator(revision.set)
        evaluator.preflight = .warn
        evaluator.isTimeUp = { [deadline, clock = host.clock] in unsafe clock.now >= deadline.instant }
    }

    private static func subject(of rule: HookRule, on host: HookHost, _ old: HookCell?) -> HookCell.Subject {
        guard let run = rule.run else { return .expressions }
        do throws(HookFailure) {
            if case .builtin(let name, let settings) = run { return .builtin(try builtin(name, settings, host)) }
            if let old, old.rule.run == run, old.rule.folder == rule.folder, case .executor = old.subject {
                return old.subject
            }
            guard let executors = host.executors else { throw HookFailure(.error, "nobody outside is asked here") }
            return .executor(OwnedExecutor(try executors.executor(for: rule), on: host))
        } catch {
            host.log?.log(.error, "a hook cannot be asked") { line in
                line.key("hook")
                line.string(rule.name)
                line.key("reason")
                line.string(error.message)
            }
            return .nobody(error)
        }
    }

    private static func builtin(
        _ name: String, _ settings: [UInt8], _ host: HookHost
    ) throws(HookFailure) -> any BuiltinHook {
        do throws(HookProblem) { return try host.builtins.hook(named: name, settings: settings) } catch {
            throw HookFailure(.error, error.description)
        }
    }

    func setDeadline(_ instant: Instant) { unsafe deadline.instant = instant }
}

// MARK: what is decided at once

extension HookEngine {
    /// Asks everything that validates and need not be waited for.
    func askAll(
        _ plan: MatchPlan, _ asked: AskedReview, _ tally: inout ReviewTally, _ response: inout ReviewResponse
    ) {
        for index in 0..<plan.count {
            let cell = cells[plan.hook(index).index]
            guard cell.admits(asked.review, group: asked.group) else { continue }
            switch cell.subject {
            case .expressions: ask(cell, plan, index, asked, &tally, &response)
            case .builtin(let hook): ask(cell, hook, plan, index, asked, &tally, &response)
            case .nobody(let failure) where !cell.rule.asksOthers:
                guard isAbout(cell, evaluator.matches(plan, index, asked.review), &tally, &response) else { continue }
                refuse(cell, failure, &tally, &response)
            case .executor, .nobody: continue
            }
        }
    }

    /// Asks a hook that is made of expressions.
    private func ask(
        _ cell: HookCell, _ plan: MatchPlan, _ index: Int, _ asked: AskedReview, _ tally: inout ReviewTally,
        _ response: inout ReviewResponse
    ) {
        var permit: Breaker.Permit?
        if cell.state.asksBreaker {
            guard evaluator.selects(plan, index, asked.review) else { return }
            guard pass(cell, &permit, &tally, &response) else { return }
        }
        let start = tally.last
        setDeadline(cell.limit(from: start, atMost: asked.limit))
        let mode = cell.mode
        let outcome: PolicyOutcome
        if mode == .enforce {
            outcome = evaluator.ask(plan, index, asked.review, &response)
        } else {
            aside.reset()
            outcome = evaluator.ask(plan, index, asked.review, &aside)
            takeAside(cell, mode, &response)
        }
        close(cell, outcome, permit, from: start, mode, &tally)
    }

    /// Whether the breaker lets a hook of this process be asked; where not, that is settled.
    func pass(
        _ cell: HookCell, _ permit: inout Breaker.Permit?, _ tally: inout ReviewTally,
        _ response: inout ReviewResponse
    ) -> Bool {
        switch cell.state.permit(at: tally.last) {
        case .noBreaker: break
        case .permit(let given): permit = given
        case .refused:
            refuse(cell, .refused, &tally, &response)
            return false
        }
        return true
    }

    /// Settles a hook that is not even asked.
    func refuse(
        _ cell: HookCell, _ failure: HookFailure, _ tally: inout ReviewTally, _ response: inout ReviewResponse
    ) {
        cell.note(.failure, failure.reason, from: tally.last, to: tally.last, host)
        settle(cell, failure, cell.mode, &tally, &response)
    }

    /// Writes down what came of expressions.
    @inline(__always)
    func close(
        _ cell: HookCell, _ outcome: PolicyOutcome, _ permit: Breaker.Permit?, from start: Instant, _ mode: HookMode,
        _ tally: inout ReviewTally
    ) {
        guard outcome.verdict != .unmatched else {
            if let permit { cell.state.giveBack(permit) }
            return
        }
        let now = host.now
        tally.last = now
        if let permit { cell.state.record(permit, hasFailed: outcome.failure != nil, took: now - start, at: now) }
        guard let failure = outcome.failure else {
            return cell.note(outcome.ending, nil, from: start, to: now, host)
        }
        closeFailed(cell, failure, outcome, from: start, mode, &tally)
    }

    @inline(never)
    private func closeFailed(
        _ cell: HookCell, _ failure: PolicyOutcome.Failure, _ outcome: PolicyOutcome, from start: Instant,
        _ mode: HookMode, _ tally: inout ReviewTally
    ) {
        let reason = failure == .time ? HookFailure.Reason.timeout : .error
        cell.note(.failure, reason, from: start, to: tally.last, host)
        tally.hasFailed = true
        guard outcome.isUnchecked, mode == .enforce else { return }
        tally.unchecked.append(ReviewTally.Unchecked(cell: cell, failure: HookFailure(reason, outcome.problem)))
    }

    /// Asks a hook that is written in Swift.
    private func ask(
        _ cell: HookCell, _ hook: any BuiltinHook, _ plan: MatchPlan, _ index: Int, _ asked: AskedReview,
        _ tally: inout ReviewTally, _ response: inout ReviewResponse
    ) {
        setDeadline(cell.limit(from: tally.last, atMost: asked.limit))
        guard isAbout(cell, evaluator.matches(plan, index, asked.review), &tally, &response) else { return }
        _ = run(cell, hook, asked, &tally, &response)
    }

    /// Has a hook that is written in Swift say what it says; true where it did not fail. What it changes stays in `aside`.
    func run(
        _ cell: HookCell, _ hook: any BuiltinHook, _ asked: AskedReview, _ tally: inout ReviewTally,
        _ response: inout ReviewResponse
    ) -> Bool {
        var permit: Breaker.Permit?
        guard !cell.state.asksBreaker || pass(cell, &permit, &tally, &response) else { return false }
        let start = tally.last
        let mode = cell.mode
        aside.reset()
        var problem: HookFailure?
        do throws(HookProblem) {
            try hook.review(asked.review, asked.phase, &aside)
        } catch {
            problem = HookFailure(.error, error.description)
        }
        let now = host.now
        tally.last = now
        if problem == nil, let budget = cell.rule.settings.budget, now - start > budget {
            problem = .late(now - start)
        }
        if let permit { cell.state.record(permit, hasFailed: problem != nil, took: now - start, at: now) }
        if let problem {
            cell.note(.failure, problem.reason, from: start, to: now, host)
            settle(cell, problem, mode, &tally, &response)
            return false
        }
        cell.note(aside.ending, nil, from: start, to: now, host)
        takeAside(cell, mode, &response)
        return true
    }

    /// The patch that the hook that ran last has written; nil where there is none.
    func patchAside() -> [UInt8]? { aside.hasPatch ? aside.patch.bytes : nil }

    /// Whether a hook is about a review; where that cannot be found out, its failure is settled.
    func isAbout(
        _ cell: HookCell, _ match: HookMatch, _ tally: inout ReviewTally, _ response: inout ReviewResponse
    ) -> Bool {
        switch match {
        case .yes: return true
        case .no: return false
        case .failed(let failure, let problem):
            let reason = failure == .time ? HookFailure.Reason.timeout : .error
            cell.note(.failure, reason, from: tally.last, to: host.now, host)
            settle(cell, HookFailure(reason, problem), cell.mode, &tally, &response)
            return false
        }
    }

    func prepareMatching(_ cell: HookCell, _ asked: AskedReview, _ tally: ReviewTally) {
        setDeadline(cell.limit(from: tally.last, atMost: asked.waitingLimit))
    }

    func setDeadline(of rule: HookRule, from start: Instant, _ asked: AskedReview) -> HookCell {
        let cell = cells[rule.index]
        setDeadline(cell.limit(from: start, atMost: asked.limit))
        return cell
    }
}

extension PolicyOutcome {
    var ending: HookEnding {
        switch verdict {
        case .unmatched, .pass: .pass
        case .warn: .warn
        case .deny: .deny
        }
    }
}

extension ReviewResponse {
    fileprivate var ending: HookEnding { isAllowed ? .pass : .deny }
}

// MARK: what is not the answer's word

extension HookEngine {
    /// Adds what a hook said, as its mode has it.
    private func takeAside(_ cell: HookCell, _ mode: HookMode, _ response: inout ReviewResponse) {
        switch mode {
        case .enforce:
            response.takeDenial(of: aside)
            response.takeRemarks(of: aside)
        case .warn:
            aside.eachComplaint { text in
                _ = response.addWarning("hook '\(cell.name)' would deny (mode warn): \(text)")
            }
            response.takeRemarks(of: aside)
        case .audit:
            var complaints: [String] = []
            aside.eachComplaint { complaints.append($0) }
            if !complaints.isEmpty {
                response.annotate(HookKeys.annotation(cell.name, "would-deny"), complaints.joined(separator: "; "))
            }
            response.takeRemarks(of: aside, withWarnings: false)
        case .off: break
        }
    }

    /// Adds what came of a call to the answer; gives the verdict, where there is one.
    func take(
        _ end: HookCall.End, of cell: HookCell, _ tally: inout ReviewTally, _ response: inout ReviewResponse
    ) -> HookResult? {
        switch end.result {
        case .failure(let failure):
            settle(cell, failure, cell.mode, &tally, &response)
            return nil
        case .success(let result):
            if end.isStale {
                tally.hasFailed = true
                response.annotate(HookKeys.annotation(cell.name, "stale"), "the verdict is one that was kept")
            }
            take(result, of: cell, cell.mode, &response)
            return result
        }
    }

    /// Adds what somebody else said, as the hook's mode has it.
    private func take(_ result: HookResult, of cell: HookCell, _ mode: HookMode, _ response: inout ReviewResponse) {
        if mode == .off { return }
        switch (result.verdict, mode) {
        case (.deny, .enforce): response.deny(result, hook: cell.name)
        case (.deny, .warn):
            response.addWarning("hook '\(cell.name)' would deny (mode warn): \(result.message)")
        case (.deny, _): response.annotate(HookKeys.annotation(cell.name, "would-deny"), result.message)
        case (.warn, .enforce), (.warn, .warn):
            if !result.message.isEmpty { response.addWarning("hook '\(cell.name)': \(result.message)") }
        case (.warn, _): response.annotate(HookKeys.annotation(cell.name, "would-warn"), result.message)
        case (.pass, _): break
        }
        if mode != .audit { for warning in result.warnings { response.addWarning(warning) } }
        for annotation in result.auditAnnotations {
            response.annotate(HookKeys.annotation(cell.name, annotation.key), annotation.value)
        }
    }

    /// Does what the failure policy of a hook without a verdict says, as the hook's mode has it.
    func settle(
        _ cell: HookCell, _ failure: HookFailure, _ mode: HookMode, _ tally: inout ReviewTally,
        _ response: inout ReviewResponse
    ) {
        tally.hasFailed = true
        if mode == .enforce, cell.rule.settings.failurePolicy == .ignore {
            return tally.unchecked.append(ReviewTally.Unchecked(cell: cell, failure: failure))
        }
        let words = cell.words(on: failure)
        switch mode {
        case .enforce: response.fail(words.denial)
        case .warn: response.addWarning("hook '\(cell.name)' failed (mode warn): \(words.text)")
        case .audit: response.annotate(HookKeys.annotation(cell.name, "failed"), words.text)
        case .off: break
        }
    }
}

extension ReviewResponse {
    fileprivate mutating func deny(_ result: HookResult, hook: String) {
        let reason = result.reason.isEmpty ? "Forbidden" : result.reason
        let text = "hook '\(hook)' denied request: \(result.message)"
        if isAllowed {
            deny(code: result.code ?? 403, reason: reason.utf8.span)
            message.removeAll()
            message.append(text)
        }
        addCause(reason: reason.utf8.span, message: text.utf8.span)
    }
}
