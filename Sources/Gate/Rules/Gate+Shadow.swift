import Hooks
import Policies
import Reactor
import Telemetry

extension Gate {
    /// Reads the rules that are tried beside those in force. What is wrong with them is said and stops nothing.
    func openShadow(_ loop: EventLoop) throws(GateError) {
        guard !configuration.shadowRules.isEmpty else { return }
        do throws(SystemError) {
            let keeper = try RuleKeeper(
                rules: configuration.shadowRules, context: configuration.context, on: loop,
                deliver: { [unowned self] outcome in tryOut(outcome) })
            noteShadow(try keeper.readNow())
            shadowKeeper = keeper
        } catch {
            throw GateError("cannot read the shadow rules: \(error)")
        }
    }

    private func tryOut(_ outcome: Result<ServedRules, SystemError>) {
        switch outcome {
        case .failure(let error):
            log.note(.error, "the shadow rules could not be read; the last ones stay", [("reason", "\(error)")])
        case .success(let fresh):
            noteShadow(fresh)
            guard let plan = try? configuration.plan(registry, revision, fresh.set) else { return }
            adopt(plan)
        }
    }

    /// Another candidate: what was found about the one before is of no use any more.
    private func noteShadow(_ fresh: ServedRules) {
        for problem in fresh.problems where problem.severity == .error {
            log.note(.warning, "a shadow rule has a problem", [("problem", problem.description)])
        }
        shadow = fresh
        hooks.findings.reset()
        log.note(.info, "shadow rules", [("revision", fresh.hash), ("invalid", "\(fresh.invalidCount)")])
    }

    /// Has the first loop go on with what was to run after answers of an earlier life. Where a hook is gone its call becomes
    /// a dead letter.
    func resumeTasks() {
        let tasks = records.disk.tasks.unfinished
        guard !tasks.isEmpty, let first = loops.first else { return }
        log.note(.info, "hooks that were to run after answers are taken up again", [("tasks", "\(tasks.count)")])
        _ = first.thread.mailbox.submit { [review = first.review, disk = records.disk, clock] loop in
            for (number, task) in review.resume(tasks) {
                let invocation = HookInvocation(
                    key: task.key, hook: task.hook, phase: .after, deadline: loop.now, revision: task.revision,
                    review: task.review)
                disk.keep(
                    DeadLetter(
                        invocation: invocation, failure: HookFailure(.error, "the hook is not there any more"),
                        wall: clock.wall))
                disk.finish(number)
            }
        }
    }
}
