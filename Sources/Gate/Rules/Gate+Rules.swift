import Hooks
import Policies
import Reactor
import Telemetry

extension Gate {
    /// Reads the rules before anything is served.
    func openRules(_ loop: EventLoop) throws(GateError) {
        guard !configuration.rules.isEmpty else { return }
        let keeper: RuleKeeper
        let first: ServedRules
        do throws(SystemError) {
            keeper = try RuleKeeper(
                rules: configuration.rules, context: configuration.context, on: loop,
                deliver: { [unowned self] outcome in serve(outcome) })
            first = try keeper.readNow()
        } catch {
            throw GateError("cannot read the rules: \(error)")
        }
        self.keeper = keeper
        guard first.invalidCount == 0 || configuration.allowsInvalidRules else {
            let problems = first.problems.map(\.description)
            throw GateError((problems + [Self.refusal(first.invalidCount)]).joined(separator: "\n"))
        }
        note(first)
    }

    private static func refusal(_ count: Int) -> String {
        "\(count) of the documents cannot be used; --allow-invalid-rules serves without them"
    }

    /// Serves a revision, or what was served before where the files could not be read.
    private func serve(_ outcome: Result<ServedRules, SystemError>) {
        switch outcome {
        case .failure(let error):
            metrics.rules.noteFailure(shard)
            log.note(.error, "the rules could not be read; the last revision stays", [("reason", "\(error)")])
        case .success(let fresh):
            note(fresh)
            guard let plan = try? configuration.plan(registry, revision, shadow?.set) else { return }
            adopt(plan)
        }
    }

    private func note(_ fresh: ServedRules) {
        for problem in fresh.problems {
            log.note(
                problem.severity == .error ? .error : .warning, "a rule has a problem",
                [("problem", problem.description), ("document", problem.document)])
        }
        metrics.rules.note(fresh, after: rules, wall: clock.wall, shard)
        readiness.set(rules: fresh.problems.filter { $0.severity == .error }.map(\.description), hash: fresh.hash)
        rules = fresh
        revision = hooks.board.revise(fresh.set, hash: fresh.hash)
        log.note(.info, "rules", [("revision", fresh.hash), ("invalid", "\(fresh.invalidCount)")])
    }

    /// Hands a plan to every loop; each uses it from its next request on.
    func adopt(_ plan: ReviewService.Plan) {
        log.level = plan.logLevel
        for entry in loops { _ = entry.thread.mailbox.submit { [review = entry.review] _ in review.adopt(plan) } }
    }
}
