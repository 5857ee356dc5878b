import Canary
import Cluster
import HTTP
import JSON
import Reactor

/// `portcullis canary`: whether running servers do well, by their metrics.
enum CanaryCommand: Command {
    static let name = "canary"
    static let summary = "watch the metrics of running servers, and judge them"
    static let help = """
        usage: portcullis canary (--metrics URL… | --service NAMESPACE/NAME) [OPTION…]

        Reads the metrics of every replica again and again and judges what happened in between, of all replicas together:
        the share of reviews that were not turned away, and of calls of hooks that did not fail; the duration that 99 of
        100 reviews did not exceed; calls that took too long; checks that were skipped; rules that cannot be used, and
        whether all serve the same. A replica that cannot be read, is not ready or restarts is a failure.

          --metrics URL…                  the replicas' metrics, as in http://10.0.0.7:9090/metrics
          --service NAMESPACE/NAME        the replicas are those of the Service (its EndpointSlices)
          --admin-port N                  their port for people (default 9090)
          --admin-tls                     which speaks TLS
          --seconds N                     how long to watch (default 60)
          --every N                       seconds from one look to the next (default 10)
          --success-ratio R               the least share that succeeds (default 0.99)
          --p99 TIME                      the most that 99 of 100 reviews take (default 500ms)
          --timeouts N                    the most calls that take too long (default 0)
          --fail-open N                   the most checks that are skipped (default 0)
          --minimum-requests N            with fewer reviews the figures say little, which is a warning (default 20)
          --require-requests              which is a failure
          --save FILE                     keep the figures
          --baseline FILE                 fail if they are worse than those that were kept
          --tolerance PERCENT             by how much they may be (default 20)
          -o, --output text|json

        \(WebCaller.flags)

        \(ClusterFlags.help)

        Exit status: 0 they do well, 1 they do not, 2 wrong use or cannot run.

        """

    private static let values: Set<String> = [
        "--metrics", "--service", "--admin-port", "--seconds", "--every", "--success-ratio", "--p99", "--timeouts",
        "--fail-open", "--minimum-requests", "--save", "--baseline", "--tolerance", "--output",
    ]

    static func run(_ words: [String]) throws(UsageError) -> ExitStatus {
        let arguments = try Arguments(
            RuleInput.spread(words, ["--metrics"]), flags: ["--require-requests", "--admin-tls"],
            values: values.union(WebCaller.values).union(ClusterFlags.values), short: ["-o": "--output"])
        if let extra = arguments.operands.first { throw UsageError(message: "what is '\(extra)'?") }
        let isJSON = try arguments.choice("--output", [("text", false), ("json", true)]) ?? false
        let limits = try limits(arguments)
        let seconds = try number("--seconds", arguments, 1...86_400) ?? 60
        let every = try number("--every", arguments, 1...3600) ?? 10
        let places = try CanaryPlaces(arguments)
        do {
            let caller = try WebCaller.make(arguments).get()
            let baseline = try arguments.value("--baseline").map { try readFigures($0) }
            let replicas = try places.find(arguments)
            guard !replicas.isEmpty else { throw WebCaller.Problem(description: "there is no replica to look at") }
            let watched = MetricsWatch(caller, seconds: seconds, every: every).watch(replicas)
            let verdict = CanaryVerdict(watched, limits, baseline: baseline)
            if let path = arguments.value("--save") { try save(verdict.figures, path) }
            Console.print(isJSON ? CanaryReport.json(verdict, watched) : CanaryReport.text(verdict))
            return verdict.isBad ? .bad : .fine
        } catch let error as UsageError {
            throw error
        } catch {
            Console.error("portcullis canary: \(error)\n")
            return .cannotRun
        }
    }

    // MARK: what is good enough

    private static func limits(_ arguments: Arguments) throws(UsageError) -> CanaryLimits {
        var limits = CanaryLimits()
        try ratio("--success-ratio", arguments).map { limits.successRatio = $0 }
        if let text = arguments.value("--p99") {
            guard let time = GoDuration(text), time.nanoseconds > 0 else {
                throw UsageError(message: "--p99 must be a time such as 250ms, not '\(text)'")
            }
            limits.p99 = Double(time.nanoseconds) / 1e9
        }
        let most = 0...1_000_000_000
        try number("--timeouts", arguments, most).map { limits.timeouts = Double($0) }
        try number("--fail-open", arguments, most).map { limits.failOpen = Double($0) }
        try number("--minimum-requests", arguments, most).map { limits.reviewsMin = Double($0) }
        try number("--tolerance", arguments, 0...10_000).map { limits.tolerance = Double($0) / 100 }
        limits.allowsFew = !arguments.has("--require-requests")
        return limits
    }

    static func number(
        _ name: String, _ arguments: Arguments, _ range: ClosedRange<Int>
    ) throws(UsageError) -> Int? {
        guard let text = arguments.value(name) else { return nil }
        guard let number = Int(text), range.contains(number) else {
            throw UsageError(
                message: "\(name) must be a whole number from \(range.lowerBound) to \(range.upperBound), not '\(text)'"
            )
        }
        return number
    }

    private static func ratio(_ name: String, _ arguments: Arguments) throws(UsageError) -> Double? {
        guard let text = arguments.value(name) else { return nil }
        guard let ratio = Double(text), ratio >= 0, ratio <= 1 else {
            throw UsageError(message: "\(name) must be a number from 0 to 1, not '\(text)'")
        }
        return ratio
    }

    // MARK: what was before

    private static func readFigures(_ path: String) throws -> CanaryFigures {
        let document: JSONDocument
        do { document = try JSONDocument(parsing: try WholeFile.read(path, bytesMax: 1 << 20)) } catch {
            throw WebCaller.Problem(description: "\(path) cannot be read: \(error)")
        }
        guard let figures = document.withRoot({ CanaryFigures($0) }) else {
            throw WebCaller.Problem(description: "\(path) has no figures: canary --save makes such a file")
        }
        return figures
    }

    private static func save(_ figures: CanaryFigures, _ path: String) throws {
        var builder = JSONBuilder()
        figures.write(to: &builder)
        let text = try builder.finish().withRoot { $0.text(indent: 2) } + "\n"
        try WholeFile.replace(path, with: Array(text.utf8), mode: 0o644)
    }
}
