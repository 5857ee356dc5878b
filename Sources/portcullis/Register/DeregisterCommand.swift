import Cluster
import Registration

/// `portcullis deregister`: has API servers ask nobody any more.
enum DeregisterCommand: Command {
    static let name = "deregister"
    static let summary = "take a registration away"
    static let help = """
        usage: portcullis deregister [--name NAME] [--apply | --dry-run] [OPTION…]

        Finds the webhook configurations that are labelled portcullis.dev/registration=NAME and prints which they are;
        with --apply it deletes them. There being none is fine. From then on API servers ask nobody: do this before the
        server goes away, or when it must not stand in the way any longer.

          --name NAME          the registration's name (default portcullis)
          --apply              delete them
          --dry-run            have the API server check that, and delete nothing
          -o, --output text|json

        \(ClusterFlags.help)

        Exit status: 0 fine, 2 wrong use or cannot run.

        """

    static func run(_ words: [String]) throws(UsageError) -> ExitStatus {
        let arguments = try Arguments(
            words, flags: ["--apply", "--dry-run"], values: ClusterFlags.values.union(["--name", "--output"]),
            short: ["-o": "--output"])
        if let extra = arguments.operands.first { throw UsageError(message: "what is '\(extra)'?") }
        let isJSON = try arguments.choice("--output", [("text", false), ("json", true)]) ?? false
        let registration = arguments.value("--name") ?? WebhookRegistration.product
        if let problem = RegistrationName.problem(registration) { throw UsageError(message: "--name: \(problem)") }
        do throws(ClusterError) {
            let sync = RegistrationSync(
                client: try ClusterFlags(arguments).client(for: name), name: registration,
                isDryRun: arguments.has("--dry-run"))
            let applies = arguments.has("--apply") || sync.isDryRun
            let changes = applies ? try sync.remove() : try sync.removable()
            if isJSON {
                Console.print(RegistrationSync.Change.json(changes))
            } else {
                tell(changes, sync, applies: applies)
            }
            return .fine
        } catch {
            Console.error("portcullis deregister: \(error)\n")
            return .cannotRun
        }
    }

    private static func tell(_ changes: [RegistrationSync.Change], _ sync: RegistrationSync, applies: Bool) {
        if changes.isEmpty { Console.print("nothing is registered as \(sync.name)\n") }
        for change in changes {
            Console.print(
                applies
                    ? change.text(isDryRun: sync.isDryRun) : "\(change.object): would be deleted; --apply deletes it\n")
        }
    }
}
