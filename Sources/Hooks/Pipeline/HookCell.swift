import Admission
import Policies
import Reactor
import Telemetry

/// One hook of the rules that a loop serves.
final class HookCell {
    /// Who decides.
    enum Subject {
        /// The hook's expressions.
        case expressions
        /// Swift.
        case builtin(any BuiltinHook)
        /// Somebody else.
        case executor(OwnedExecutor)
        /// Nobody, for that reason.
        case nobody(HookFailure)
    }

    let rule: HookRule
    let state: HookState
    let subject: Subject
    /// Why nobody decides; nil where somebody does.
    let absence: HookFailure?
    let cache: VerdictCache?
    /// The number of the group in the endpoints' paths; zero for none.
    let group: UInt32
    private let loop: Int
    /// Most hooks are never asked on most loops, and a window takes five kilobytes.
    private lazy var window = state.window(ofLoop: loop)
    /// Whether every request is asked about unless people decide otherwise.
    private let isComplete: Bool
    private var lastWords: Words?

    /// What answers say of a failure. While a breaker is open it is the same again and again.
    final class Words {
        fileprivate let reason: HookFailure.Reason
        fileprivate let message: String
        /// The failure in short.
        let text: String
        /// What an answer that denies says.
        let denial: String
        /// The warning of an answer that admits.
        let warning: String
        /// In the audit annotation of such an answer.
        let annotation: String

        fileprivate init(_ hook: String, _ failure: HookFailure) {
            (reason, message) = (failure.reason, failure.message)
            text = "\(reason.name): \(message)"
            denial = ReviewResponse.failure(of: hook, text)
            warning = "hook '\(hook)' has no verdict (\(text)): admitted unchecked"
            annotation = "\(hook)=\(reason.name)"
        }
    }

    init(_ rule: HookRule, _ state: HookState, _ subject: Subject, group: UInt32, loop: Int) {
        self.rule = rule
        self.state = state
        self.subject = subject
        if case .nobody(let failure) = subject { absence = failure } else { absence = nil }
        self.group = group
        cache = state.cache
        self.loop = loop
        isComplete = rule.settings.rollout.isComplete
    }

    var name: String { rule.name }

    /// What verdicts lead to now: what people have set goes before what the document says.
    @inline(__always) var mode: HookMode { state.modeSet ?? rule.settings.mode }

    /// Whether the hook is to be asked about a review that it matches.
    @inline(__always) func admits(_ review: AdmissionReview, group asked: UInt32) -> Bool {
        if asked != 0, asked != group, group != 0 || asked != ReviewQuestion.ungrouped { return false }
        if mode == .off { return false }
        return isComplete || rule.settings.rollout.includes(review, hook: rule.name)
    }

    /// The latest instant for a verdict of a call that begins at `start`.
    @inline(__always) func limit(from start: Instant, atMost limit: Instant) -> Instant {
        guard let budget = rule.settings.budget else { return limit }
        return min(limit, start + budget)
    }

    func words(on failure: HookFailure) -> Words {
        if let known = lastWords, known.reason == failure.reason, known.message == failure.message { return known }
        let words = Words(name, failure)
        lastWords = words
        return words
    }

    /// Writes down how asking it ended.
    @inline(__always)
    func note(
        _ ending: HookEnding, _ failure: HookFailure.Reason?, from start: Instant, to end: Instant, _ host: HookHost
    ) {
        let took = end - start
        window.record(took, isGood: failure == nil, isLate: failure == .timeout, at: end)
        guard let shard = host.shard, let series = state.series else { return }
        series.note(ending, failure, UInt64(max(took.count, 0)), shard)
    }
}

extension HookCell {
    /// Counts a verdict that turned out not to be one.
    func noteBreach(_ host: HookHost) {
        guard let shard = host.shard, let series = state.series else { return }
        shard.add(series.failures[HookFailure.Reason.contract.rawValue])
    }
}

/// An executor that is closed once nobody calls it any more: neither the rules in force nor a call on its way.
final class OwnedExecutor {
    let executor: any HookExecutor
    private weak var host: HookHost?

    init(_ executor: any HookExecutor, on host: HookHost) {
        self.executor = executor
        self.host = host
        host.opened(executor, by: ObjectIdentifier(self))
    }

    deinit {
        if let host { host.close(by: ObjectIdentifier(self)) } else { executor.close() }
    }
}
