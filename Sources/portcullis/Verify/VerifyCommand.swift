import Cluster
import HTTP
import JSON
import Policies
import Reactor
import Registration

/// `portcullis verify`: whether a running server is what API servers are told it is.
enum VerifyCommand: Command {
    static let name = "verify"
    static let summary = "ask a running server as an API server would, and look at its registration"
    static let help = """
        usage: portcullis verify (--url URL | --service NAMESPACE/NAME[:PORT]) [--ca-file FILE | --ca-secret NAMESPACE/NAME]
                                 [--rules PATH…] [--registration NAME] [--cases PATH…] [OPTION…]

        Looks at a server's certificate (whether an authority vouches for it, whose name it bears, until when it is good), and
        sends one dry-run review to each endpoint that the registration of the rules names, or that NAME has in the
        cluster, or else to /validate and /mutate. Each must be answered with a verdict, in time.

        With --registration NAME the configurations in the cluster are held to what register would apply; with rules
        and the options of register every difference is told.

        A case of --cases is an object, or a whole AdmissionReview, with the annotation portcullis.dev/expect: allowed, denied or
        changed. An object stands for the request that creates it. What mutates is asked first, and what validates sees what it
        made. With portcullis.dev/expect-message the denial, or one of its causes, must have that text.

          --url URL                       the server's address (default that of the Service, https://NAME.NAMESPACE.svc:PORT)
          --connect HOST:PORT             connect there instead
          --server-name NAME              the name that its certificate must bear (default the address's)
          --timeout TIME                  how long an answer may take (default 10s)
          --wait TIME                     how long to try until certificate and endpoints are good (default 0s)
          --registration NAME             the registration in the cluster
          --cases PATH…                   files and folders of cases
        \(RegistrationWords.flags)
          -o, --output text|json

        \(ClusterFlags.help)

        Exit status: 0 everything is as it should be, 1 something is not, 2 wrong use or cannot run.

        """

    private static let values: Set<String> = [
        "--connect", "--server-name", "--timeout", "--wait", "--registration", "--cases", "--output",
    ]

    static func run(_ words: [String]) throws(UsageError) -> ExitStatus {
        let arguments = try Arguments(
            RuleInput.spread(words, RegistrationWords.lists.union(["--cases"])),
            values: values.union(RegistrationWords.values).union(ClusterFlags.values), short: ["-o": "--output"])
        if let extra = arguments.operands.first { throw UsageError(message: "what is '\(extra)'?") }
        let isJSON = try arguments.choice("--output", [("text", false), ("json", true)]) ?? false
        let plan = try VerifyPlan(arguments)
        do throws(ClusterError) {
            guard let checks = try plan.run(arguments) else { return .cannotRun }
            Console.print(isJSON ? VerifyCheck.json(checks) : VerifyCheck.text(checks))
            return checks.contains { $0.outcome == .fail } ? .bad : .fine
        } catch {
            Console.error("portcullis verify: \(error)\n")
            return .cannotRun
        }
    }
}
