import Cluster
import JSON
import Policies
import Registration

/// `portcullis register`: tells API servers which requests to ask about.
enum RegisterCommand: Command {
    static let name = "register"
    static let summary = "print or apply the webhook configurations that rules need"
    static let help = """
        usage: portcullis register --rules PATH… (--service NAMESPACE/NAME[:PORT] | --url URL) (--ca-file FILE |
                                   --ca-secret NAMESPACE/NAME) [--apply | --dry-run] [OPTION…]

        Derives from rules which requests API servers must ask about, and prints the ValidatingWebhookConfiguration and
        the MutatingWebhookConfiguration for it: operations, groups, versions and resources are those that the rules name;
        selectors and conditions that all rules have, and conditions that cannot fail, are there too; failurePolicy and
        timeoutSeconds follow from the rules' own, and what a rule takes at the most. What is off in the rules is left
        out, and what they only warn of or audit fails open, whatever is set while a server runs.

        Requests that keep a cluster going are left out: what is in the server's own namespace, in kube-system and in
        kube-node-lease; leases, nodes, certificate signing requests, events, and what the scheduler, kubelets and
        evictions write of pods and their tokens, unless a rule names these resources; and access reviews. If a rule that
        fails closed would stop such requests nevertheless, that is said as check says it, and nothing is applied.

        \(RegistrationWords.flags)
          --url URL                       the server's address, where it is no Service: https://HOST[:PORT][/PATH]
          --name NAME                     the registration's name, and that of its objects (default portcullis)
          --apply                         apply them (server-side, as the field manager portcullis), and delete what an
                                          earlier registration of that name had and the rules no longer need
          --dry-run                       have the API server check that, and change nothing
          --force                         take over objects, and fields of objects, that somebody else has made
          --allow-lockout                 apply in spite of lock-outs
          -o, --output yaml|json

        \(ClusterFlags.help)

        Exit status: 0 fine, 1 a rule is bad, there is nothing to register or a lock-out, 2 wrong use or cannot run.

        """

    static func run(_ words: [String]) throws(UsageError) -> ExitStatus {
        let arguments = try Arguments(
            RuleInput.spread(words, RegistrationWords.lists),
            flags: ["--allow-lockout", "--apply", "--dry-run", "--force"],
            values: RegistrationWords.values.union(ClusterFlags.values).union(["--output"]),
            short: ["-o": "--output"])
        if let extra = arguments.operands.first { throw UsageError(message: "what is '\(extra)'?") }
        let isJSON = try arguments.choice("--output", [("yaml", false), ("json", true)]) ?? false
        let words = try RegistrationWords(arguments)
        do throws(ClusterError) {
            let applies = arguments.has("--apply") || arguments.has("--dry-run")
            let isNeeded = applies || words.authoritiesSecret != nil
            let client = isNeeded ? try ClusterFlags(arguments).client(for: name) : nil
            return try run(arguments, words, client, isJSON: isJSON)
        } catch {
            Console.error("portcullis register: \(error)\n")
            return .cannotRun
        }
    }

    private static func run(
        _ arguments: Arguments, _ words: RegistrationWords, _ client: ClusterClient?, isJSON: Bool
    ) throws(ClusterError) -> ExitStatus {
        guard let authorities = try words.authorities(client) else { return .cannotRun }
        let outcome = DerivedRegistration.derive(words, authorities)
        guard case .success(let derived) = outcome else { return outcome.failureStatus }
        derived.tell()
        guard let client, arguments.has("--apply") || arguments.has("--dry-run") else {
            return print(derived.registration, isJSON: isJSON)
        }
        if !derived.lockouts.isEmpty, !arguments.has("--allow-lockout") {
            Console.error(
                "portcullis register: nothing is applied: \(derived.lockouts.count) lock-outs, see above; "
                    + "--allow-lockout applies them nevertheless\n")
            return .bad
        }
        let sync = RegistrationSync(
            client: client, name: words.name, forces: arguments.has("--force"), isDryRun: arguments.has("--dry-run"))
        let changes = try sync.apply(derived.registration)
        if isJSON {
            Console.print(RegistrationSync.Change.json(changes))
        } else {
            for change in changes { Console.print(change.text(isDryRun: sync.isDryRun)) }
        }
        return .fine
    }

    private static func print(_ registration: WebhookRegistration, isJSON: Bool) -> ExitStatus {
        do throws(JSONError) {
            Console.print(isJSON ? Array(try (registration.json() + "\n").utf8) : try registration.yaml())
            return .fine
        } catch {
            Console.error("portcullis register: \(error)\n")
            return .cannotRun
        }
    }
}
