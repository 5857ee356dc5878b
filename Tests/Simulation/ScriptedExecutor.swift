public import Hooks
public import Policies
public import Reactor

/// What somebody who is asked does.
public enum Behaviour: Sendable {
    /// Says so after a while; without any, before `start` returns.
    case answers(HookResult, after: Nanoseconds)
    /// Fails so after a while.
    case fails(HookFailure, after: Nanoseconds)
    /// Never says anything.
    case hangs
}

/// What is to be known of attempts, by whoever decides what comes of them.
public protocol Script: AnyObject {
    /// An attempt begins: what will it do?
    func begin(_ invocation: HookInvocation, of hook: HookRule, at now: Instant) -> Behaviour
    /// It is over, in one way or another; nil: it was given up.
    func end(_ invocation: HookInvocation, of hook: HookRule, _ result: Result<HookResult, HookFailure>?)
    /// An executor is closed.
    func closed(_ hook: HookRule)
}

/// Executors that do what a script says.
public final class ScriptedExecutors: HookExecutorSource {
    private let loop: any HookLoop
    private let script: any Script

    /// Executors of a loop.
    public init(on loop: any HookLoop, _ script: any Script) { (self.loop, self.script) = (loop, script) }

    /// One for a hook.
    public func executor(for rule: HookRule) throws(HookFailure) -> any HookExecutor {
        ScriptedExecutor(rule, loop, script)
    }
}

private final class ScriptedExecutor: HookExecutor {
    private let rule: HookRule
    private let loop: any HookLoop
    private let script: any Script

    init(_ rule: HookRule, _ loop: any HookLoop, _ script: any Script) {
        (self.rule, self.loop, self.script) = (rule, loop, script)
    }

    func start(_ invocation: HookInvocation, completion: @escaping Completion) -> any HookAttempt {
        let attempt = ScriptedAttempt(invocation, rule, loop, script, completion)
        attempt.begin()
        return attempt
    }

    func close() { script.closed(rule) }
}

private final class ScriptedAttempt: HookAttempt {
    private let invocation: HookInvocation
    private let rule: HookRule
    private let loop: any HookLoop
    private let script: any Script
    private var completion: HookExecutor.Completion?
    private var timer: Timer?

    init(
        _ invocation: HookInvocation, _ rule: HookRule, _ loop: any HookLoop, _ script: any Script,
        _ completion: @escaping HookExecutor.Completion
    ) {
        (self.invocation, self.rule, self.loop, self.script) = (invocation, rule, loop, script)
        self.completion = completion
    }

    func begin() {
        let now = loop.clock.now
        switch script.begin(invocation, of: rule, at: now) {
        case .answers(let result, let delay): end(.success(result), after: delay, now)
        case .fails(let failure, let delay): end(.failure(failure), after: delay, now)
        case .hangs: break
        }
    }

    private func end(_ result: Result<HookResult, HookFailure>, after delay: Nanoseconds, _ now: Instant) {
        guard delay > .zero else { return end(result) }
        timer = loop.arm(at: now + delay) { [self] in
            timer = nil
            end(result)
        }
    }

    private func end(_ result: Result<HookResult, HookFailure>) {
        script.end(invocation, of: rule, result)
        let completion = completion.take()
        completion?(result)
    }

    func cancel() {
        if let timer { loop.cancel(timer) }
        timer = nil
        completion = nil
        script.end(invocation, of: rule, nil)
    }
}
