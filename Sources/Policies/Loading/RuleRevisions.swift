/// One revision of the rules after the other, such that a mistake in a file never makes a rule disappear.
///
/// A rule that is wrong now is served as it last was right. Of a file that cannot be read as YAML, or that somebody is
/// still writing, everything is as it last was; parameters too.
public struct RuleRevisions: Sendable {
    /// What is to be served.
    public struct Revision: Sendable {
        /// The rules.
        public let set: PolicySet
        /// Everything that is wrong with the files as they are, whether or not something older is served instead.
        public let problems: [RuleProblem]

        /// How many documents cannot be used as they are.
        public var invalidCount: Int { Set(problems.filter { $0.severity == .error }.map(\.place)).count }
    }

    private var current: PolicySet?
    /// The files as they were when they could last be read.
    private var readable: [String: RuleFile] = [:]

    /// A history without a revision.
    public init() {}

    /// Reads the files; `unsettled` names those that are still being written.
    public mutating func load(
        _ rules: [RuleFile], context: [RuleFile] = [], unsettled: Set<String> = []
    ) -> Revision {
        let first = PolicySet.load(rules, context: context, previous: current)
        let unreadable = Set(first.problems.filter { $0.severity == .error && $0.document.isEmpty }.map(\.file))
        let doubtful = unreadable.union(unsettled)
        for file in rules + context where !doubtful.contains(file.name) { readable[file.name] = file }
        guard doubtful.contains(where: { readable[$0] != nil }) else {
            current = first.set
            return Revision(set: first.set, problems: first.problems)
        }
        let older = { [readable] (file: RuleFile) in doubtful.contains(file.name) ? readable[file.name] ?? file : file }
        let second = PolicySet.load(rules.map(older), context: context.map(older), previous: current)
        current = second.set
        return Revision(set: second.set, problems: first.problems)
    }
}

extension RuleProblem {
    /// Problems of one document are of one place.
    fileprivate var place: String { "\(file) \(document.isEmpty ? "\(line)" : document)" }
}
