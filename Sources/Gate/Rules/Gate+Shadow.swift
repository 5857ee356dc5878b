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
}
