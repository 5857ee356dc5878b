import Admission
import Cluster
import HTTP
import Hooks
import JSON
import Policies
import Reactor

/// `portcullis replay`: which decisions of the past would be others today.
enum ReplayCommand: Command {
    static let name = "replay"
    static let summary = "show which recorded decisions other rules would change"
    static let help = """
        usage: portcullis replay RECORDING… --rules PATH… [OPTION…]
               portcullis replay --service NAMESPACE/NAME --token-secret NAMESPACE/NAME --rules PATH… [OPTION…]

        Asks the rules about every review of a recording (files of `serve --record`, folders of them, or lists of what was
        admitted unchecked; or what the replicas behind a Service have recorded of late) and shows the decisions that would be
        others. Recordings hold no secrets, so rules that look at the data of Secrets see placeholders.

          --rules PATH…          files and folders of rules
          --against PATH…        compare with these rules instead of with what was decided then
          --context PATH…        files and folders that stand in for a cluster
          --changed-max PERCENT  how many of the decisions may change, as in 1% (default 0%)
          --service NAMESPACE/NAME        the replicas are those of the Service (its EndpointSlices)
          --token-secret NAMESPACE/NAME   the Secret whose entry token is their admin token
          --admin-port N         their port for people (default 9090)
          --admin-tls            which speaks TLS
          -o, --output text|json

        \(WebCaller.flags)
        \(ClusterFlags.help)

        Exit status: 0 no more would change than may, 1 more would or a rule is bad, 2 wrong use, or something cannot be read.

        """

    private static let lists: Set<String> = ["--rules", "--against", "--context"]

    static func run(_ words: [String]) throws(UsageError) -> ExitStatus {
        let arguments = try Arguments(
            RuleInput.spread(words, lists), flags: ServiceReplicas.flags,
            values: ServiceReplicas.values.union(WebCaller.values).union(ClusterFlags.values).union([
                "--rules", "--against", "--context", "--changed-max", "--token-secret", "--output",
            ]), short: ["-o": "--output"])
        let remote = try RemoteRecordings(arguments)
        let share = try changedMax(arguments)
        guard arguments.operands.isEmpty != (remote == nil) else {
            throw UsageError(message: remote == nil ? "no recording given" : "give files, or --service")
        }
        guard !arguments.all("--rules").isEmpty else { throw UsageError(message: "no rules given with --rules") }
        let isJSON = try arguments.choice("--output", [("text", false), ("json", true)]) ?? false
        let against = arguments.all("--against")
        guard let rules = set(arguments.all("--rules"), arguments), let files = files(arguments.operands),
            let other = against.isEmpty ? (PolicySet.empty, false) : set(against, arguments)
        else { return .cannotRun }
        var report = ReplayReport()
        var judge = ReplayJudge(rules: rules.set, against: against.isEmpty ? nil : other.set)
        var status: ExitStatus = rules.isBad || other.isBad ? .bad : .fine
        for file in files {
            guard let input = InputFile(file) else { return .cannotRun }
            report.read(input.bytes, named: input.name, &judge)
        }
        do {
            for recording in try remote?.read(arguments) ?? [] {
                report.read(recording.bytes, named: recording.name, &judge)
            }
        } catch {
            Console.error("portcullis replay: \(error)\n")
            return .cannotRun
        }
        if report.changedShare > share { status = status.or(.bad) }
        if report.unreadable > 0 { status = .cannotRun }
        Console.print(isJSON ? report.json : report.text)
        return status
    }

    /// The share of decisions that may change.
    private static func changedMax(_ arguments: Arguments) throws(UsageError) -> Double {
        guard let text = arguments.value("--changed-max") else { return 0 }
        guard text.hasSuffix("%"), let percent = Double(text.dropLast()), percent >= 0, percent <= 100 else {
            throw UsageError(message: "--changed-max must be a percentage such as 1%, not '\(text)'")
        }
        return percent / 100
    }

    private static func set(_ paths: [String], _ arguments: Arguments) -> (set: PolicySet, isBad: Bool)? {
        guard let rules = RuleInput.read(paths), let context = RuleInput.read(arguments.all("--context")) else {
            return nil
        }
        let (set, problems) = PolicySet.load(rules, context: context)
        for problem in problems { Console.error("\(problem)\n") }
        return (set, problems.contains { $0.severity == .error })
    }

    private static func files(_ paths: [String]) -> [String]? {
        var files: [String] = []
        for path in paths {
            if path == "-" {
                files.append(path)
                continue
            }
            do throws(SystemError) {
                files += try FileTree(suffixes: [".jsonl"]).list(path).files
            } catch {
                Console.error("portcullis: cannot read \(path): \(error)\n")
                return nil
            }
        }
        return files
    }
}

/// Decides about recorded reviews.
struct ReplayJudge: ~Copyable {
    private var rules: PolicyEvaluator
    private var others: PolicyEvaluator
    /// Whether the others are what the rules are compared with, instead of what was decided then.
    private let hasOthers: Bool

    init(rules: PolicySet, against others: PolicySet?) {
        self.rules = PolicyEvaluator(rules)
        self.others = PolicyEvaluator(others ?? .empty)
        hasOthers = others != nil
    }

    /// What it was, and what it would be.
    mutating func judge(
        _ decision: RecordedDecision
    ) throws(RecordedDecision.Problem) -> (before: RecordedDecision.Answer, after: RecordedDecision.Answer) {
        let after = try decision.recorded(Self.ask(&rules, decision))
        return (hasOthers ? try decision.recorded(Self.ask(&others, decision)) : decision.answer, after)
    }

    private static func ask(_ evaluator: inout PolicyEvaluator, _ decision: RecordedDecision) -> [UInt8] {
        var response = ReviewResponse()
        var writer = JSONWriter()
        var scratch = ByteBuffer()
        let review = decision.review.review
        switch decision.phase {
        case .mutate: _ = evaluator.mutate(review, &response)
        case .validate: evaluator.review(review, &response)
        }
        response.write(for: review, to: &writer, scratch: &scratch)
        withExtendedLifetime(decision.review) {}
        return writer.bytes
    }
}
