import Reactor

/// Whether the server can take reviews, seen by all threads.
final class Readiness: Sendable {
    /// What must hold for the server to be ready.
    enum Condition: String, CaseIterable {
        /// Every loop listens.
        case listening
        /// The server is not on its way out.
        case staying
    }

    private let met = Guarded<Set<Condition>>([.staying])
    private let rules = Guarded<(problems: [String], hash: String)>(([], ""))

    func set(_ condition: Condition, _ holds: Bool) {
        met.withLock { met in
            if holds { met.insert(condition) } else { met.remove(condition) }
        }
    }

    func holds(_ condition: Condition) -> Bool { met.withLock { $0.contains(condition) } }

    /// What is wrong with the rules, which does not make the server unready: it serves what was right.
    func set(rules problems: [String], hash: String) { rules.withLock { $0 = (problems, hash) } }

    /// The rules in a few lines, for people.
    var ruleLines: [String] {
        rules.withLock { rules in
            guard !rules.hash.isEmpty else { return [] }
            let sign = rules.problems.isEmpty ? "+" : "!"
            return ["[\(sign)] rules \(rules.hash)"] + rules.problems.map { "    \($0)" }
        }
    }

    var isReady: Bool { Condition.allCases.allSatisfy(holds) }
}
