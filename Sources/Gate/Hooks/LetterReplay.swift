import HTTP
import Hooks
import Policies
import Reactor
import Telemetry

/// Makes the calls of dead letters again, on the server's own loop.
final class LetterReplay {
    typealias Completion = @Sendable (Result<HookResult, HookFailure>) -> Void

    private unowned let gate: Gate
    private var running: [UInt64: any HookAttempt] = [:]
    private var executors: [String: any HookExecutor] = [:]
    private var revision = ""

    /// So many at the same time.
    private static let runningMax = 16
    /// A call that nobody waits for in a hurry.
    private static let patience = Nanoseconds.seconds(10)

    init(_ gate: Gate) { self.gate = gate }

    /// Makes the call that a letter holds, as the hook of that name is now. A call that ends well marks the letter.
    func start(_ entry: Entry, by who: String, completion: @escaping Completion) throws(AdminRefusal) {
        let id = entry.summary.id
        guard let loop = gate.loop, running.count < Self.runningMax else {
            throw AdminRefusal(.tooManyRequests, "too many dead letters are being replayed")
        }
        guard running[id] == nil else { throw AdminRefusal(.conflict, "dead letter \(id) is being replayed") }
        let name = entry.summary.hook
        guard let rule = gate.revision.set.hooks.first(where: { $0.name == name }), rule.asksOthers else {
            throw AdminRefusal(.conflict, "there is no hook '\(name)' any more that could be asked")
        }
        do throws(HookFailure) {
            let executor = try executor(for: rule, on: loop)
            let invocation = try HookInvocation(entry, deadline: loop.now + (rule.settings.budget ?? Self.patience))
            let gate = gate
            // An executor may know the outcome before it returns.
            var isOver = false
            let attempt = executor.start(invocation) { outcome in
                isOver = true
                gate.replays.running[id] = nil
                if case .success = outcome { gate.records.letters.markReplayed(id, by: who) }
                gate.log.note(
                    .warning, "a dead letter was replayed",
                    [("id", "\(id)"), ("hook", name), ("by", who), ("outcome", Self.word(outcome))])
                completion(outcome)
            }
            if !isOver { running[id] = attempt }
        } catch {
            throw AdminRefusal(.conflict, "the call cannot be made: \(error.message)")
        }
    }

    private static func word(_ outcome: Result<HookResult, HookFailure>) -> String {
        switch outcome {
        case .success(let result): result.verdict.rawValue
        case .failure(let failure): "\(failure.reason.name): \(failure.message)"
        }
    }

    /// Executors are kept as long as the rules stay the same.
    private func executor(for rule: HookRule, on loop: EventLoop) throws(HookFailure) -> any HookExecutor {
        if revision != gate.revision.hash { close() }
        revision = gate.revision.hash
        if let known = executors[rule.name] { return known }
        let made = try LoopExecutors(gate.hooks.factory, loop).executor(for: rule)
        executors[rule.name] = made
        return made
    }

    /// Ends what is running.
    func close() {
        for attempt in running.values { attempt.cancel() }
        for executor in executors.values { executor.close() }
        running = [:]
        executors = [:]
    }
}
