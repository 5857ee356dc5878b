import Admission
import HTTP
import JSON
import Policies
import Reactor
import YAML

/// `portcullis review`: what the rules say about objects and reviews.
enum ReviewCommand: Command {
    static let name = "review"
    static let summary = "show what rules say about objects or AdmissionReviews"
    static let help = """
        usage: portcullis review -f FILE… --rules PATH… [OPTION…]

        Prints the verdict on each object or AdmissionReview of the files (YAML or JSON, several documents), as an API
        server with these rules would give it.

          -f, --file FILE…                what to ask about; - is standard input
          --rules PATH…                   files and folders of rules
          --context PATH…                 files and folders that stand in for a cluster: Namespaces, parameters, Roles and
                                          ClusterRoles with their bindings
          --old FILE                      the objects as they were, each for the one of its kind and name (a single one for
                                          all); makes the request an update
          --operation create|update|delete|connect
          --user NAME, --group NAME…      who asks; for objects only, a review says so itself
          --explain                       say of each rule why it matched or not, of each part of its expressions what it
                                          gave, and at what cost and in what time
          -o, --output text|json|yaml|review
                                          review: the AdmissionReview answers as compact JSON, one on each line

        Hooks that are more than expressions are not asked: no program is started and nobody is called. Those that a server
        would ask are named.

        Problems of the rules are printed as file:line:column: severity: message (field).
        Exit status: 0 everything is allowed, 1 something is denied or a rule is bad, 2 wrong use or a file cannot be read.

        """

    enum Output { case text, json, yaml, review }

    private static let lists: Set<String> = ["-f", "--file", "--rules", "--context", "--group"]

    static func run(_ words: [String]) throws(UsageError) -> ExitStatus {
        let arguments = try Arguments(
            RuleInput.spread(words, lists), flags: ["--explain"],
            values: ["--file", "--rules", "--context", "--old", "--operation", "--user", "--group", "--output"],
            short: ["-f": "--file", "-o": "--output"])
        if let extra = arguments.operands.first { throw UsageError(message: "what is '\(extra)'? give files with -f") }
        guard !arguments.all("--file").isEmpty else { throw UsageError(message: "no file given with -f") }
        guard !arguments.all("--rules").isEmpty else { throw UsageError(message: "no rules given with --rules") }
        let output =
            try arguments.choice(
                "--output", [("text", Output.text), ("json", .json), ("yaml", .yaml), ("review", .review)]) ?? .text
        guard var request = try request(arguments), let rules = RuleInput.read(arguments.all("--rules")),
            let context = RuleInput.read(arguments.all("--context"))
        else { return .cannotRun }
        let (set, problems) = PolicySet.load(rules, context: context)
        for problem in problems { Console.error("\(problem)\n") }
        request.rules = set
        let status: ExitStatus = problems.contains { $0.severity == .error } ? .bad : .fine
        return status.or(answer(arguments, request, set, output))
    }

    /// What the command line says of the requests that objects become; nil after saying what cannot be read.
    private static func request(_ arguments: Arguments) throws(UsageError) -> ReviewInput.Request? {
        var request = ReviewInput.Request()
        let operations = ReviewOperation.allCases.flatMap { operation in
            let name = operation.name.description
            return [(word: name.lowercased(), value: operation), (word: name, value: operation)]
        }
        request.operation = try arguments.choice("--operation", operations)
        if let user = arguments.value("--user") { request.user = user }
        if !arguments.all("--group").isEmpty { request.groups = arguments.all("--group") }
        guard let old = arguments.value("--old") else { return request }
        guard let items = ReviewInput.items(old) else { return nil }
        guard !items.isEmpty else { throw UsageError(message: "there is no object in \(old)") }
        request.old = items
        return request
    }

    private static func answer(
        _ arguments: Arguments, _ request: ReviewInput.Request, _ set: PolicySet, _ output: Output
    ) -> ExitStatus {
        var status = ExitStatus.fine
        var printer = VerdictPrinter(output: output, explains: arguments.has("--explain"))
        var evaluator = PolicyEvaluator(set)
        var response = ReviewResponse()
        let clock = SystemClock()
        for path in arguments.all("--file") {
            let (inputs, isWhole) = ReviewInput.read(path, request)
            if !isWhole { status = status.or(.cannotRun) }
            for input in inputs {
                response.reset()
                evaluator.trace = printer.explains ? PolicyTrace { clock.now.nanoseconds } : nil
                withExtendedLifetime(input.document) {
                    Self.ask(&evaluator, input.review, &response)
                    let others = OtherHooks.names(&evaluator, input.review)
                    printer.print(input.review, response, evaluator.trace, notAsked: others)
                }
                if !response.isAllowed { status = status.or(.bad) }
            }
        }
        printer.finish()
        return status
    }

    /// As in an API server: what mutates comes first, and what validates sees what it made.
    private static func ask(
        _ evaluator: inout PolicyEvaluator, _ review: AdmissionReview, _ response: inout ReviewResponse
    ) {
        let mutated = evaluator.mutate(review, &response)
        guard response.isAllowed else { return }
        guard let mutated else { return evaluator.review(review, &response) }
        mutated.withRoot { evaluator.review(review.of(object: $0), &response) }
    }
}
