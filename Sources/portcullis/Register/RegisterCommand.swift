import JSON
import Policies
import Registration

/// `portcullis register`: tells API servers which requests to ask about.
enum RegisterCommand: Command {
    static let name = "register"
    static let summary = "print or apply the webhook configurations that rules need"
    static let help = """
        usage: portcullis register --rules PATH… (--service NAMESPACE/NAME[:PORT] | --url URL) (--ca-file FILE |
                                   --ca-secret NAMESPACE/NAME) [OPTION…]

        Derives from rules which requests API servers must ask about, and prints the ValidatingWebhookConfiguration and
        the MutatingWebhookConfiguration for it: operations, groups, versions and resources are those that the rules name;
        selectors and conditions that all rules have, and conditions that cannot fail, are there too; failurePolicy and
        timeoutSeconds follow from the rules' own, and what a rule takes at the most.

        Requests that keep a cluster going are left out: what is in the server's own namespace, in kube-system and in
        kube-node-lease; leases, nodes, certificate signing requests, events, and what the scheduler, kubelets and
        evictions write of pods, unless a rule names these resources; and access reviews. If a rule that fails closed
        would stop such requests nevertheless, that is said as check says it, and nothing is applied.

        \(RegistrationWords.flags)
          --allow-lockout                 apply in spite of lock-outs
          -o, --output yaml|json

        Exit status: 0 fine, 1 a rule is bad, there is nothing to register or a lock-out, 2 wrong use or cannot run.

        """

    static func run(_ words: [String]) throws(UsageError) -> ExitStatus {
        let arguments = try Arguments(
            RuleInput.spread(words, RegistrationWords.lists), flags: ["--allow-lockout"],
            values: RegistrationWords.values.union(["--output"]), short: ["-o": "--output"])
        if let extra = arguments.operands.first { throw UsageError(message: "what is '\(extra)'?") }
        let isJSON = try arguments.choice("--output", [("yaml", false), ("json", true)]) ?? false
        let words = try RegistrationWords(arguments)
        let outcome = DerivedRegistration.derive(words) {
            words.authoritiesFile.map(RegistrationWords.authorities) ?? []
        }
        guard case .success(let derived) = outcome else { return outcome.failureStatus }
        derived.tell()
        do {
            Console.print(
                isJSON ? Array(try (derived.registration.json() + "\n").utf8) : try derived.registration.yaml())
        } catch {
            Console.error("portcullis register: \(error)\n")
            return .cannotRun
        }
        return .fine
    }
}
