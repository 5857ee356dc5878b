import Gate
import Policies
import Registration

/// `portcullis check`: everything that is wrong with rule files.
enum CheckCommand: Command {
    static let name = "check"
    static let summary = "check rule files as an API server would on create"
    static let help = """
        usage: portcullis check [OPTION…] PATH…

        Reads every .yaml, .yml and .json file at and below the paths and reports everything that serve would refuse, as
        file:line:column: severity: message (field); documents of kind Server among them too. It warns of

          - expressions that do not fit the kinds that a policy names without wildcards: those of Kubernetes and of the
            CustomResourceDefinitions among the files, worded as in a policy's status.typeChecking
          - variables and parameters that nothing reads
          - policies that nothing binds, and bindings without a policy
          - expressions that cost more than the API server allows, whatever is asked
          - lock-outs: rules that fail closed and that, registered as register does it unless told otherwise, would stop the
            server's own namespace, kube-system, leases, nodes, certificate signing requests, what the scheduler and
            kubelets write of pods and their tokens, or access reviews while no server answers. The same of webhook
            configurations among the files. Namespaces are taken to have no label but their name, unless a Namespace among
            the files says so; what cannot be decided is taken to match, and that is said

          --registration FILE             look for lock-outs in the webhook configurations of that file, rather than in
                                          those that register would make of the rules
          --namespace NAME                the server's own namespace (default portcullis-system)
          --refuse-lockout                take lock-outs for errors

          --costs                         print what each expression may cost at the most, in the API server's units, by
                                          the sizes that the kinds' schemas and the largest request allow; with JSON the
                                          output is an object with problems and costs
          -o, --output text|json|github|sarif
                                          how problems are printed; github: as annotations of a workflow
          --strict                        take warnings for errors

        Exit status: 0 nothing is wrong, 1 there are errors, 2 wrong use or a file cannot be read.

        """

    static func run(_ words: [String]) throws(UsageError) -> ExitStatus {
        let arguments = try Arguments(
            words, flags: ["--strict", "--costs", "--refuse-lockout"],
            values: ["--output", "--registration", "--namespace"],
            short: ["-o": "--output"])
        let choices: [(String, ProblemPrinter.Output)] = [
            ("text", .text), ("json", .json), ("github", .github), ("sarif", .sarif),
        ]
        let output = try arguments.choice("--output", choices) ?? .text
        guard !arguments.operands.isEmpty else { throw UsageError(message: "no path given") }
        guard let files = RuleInput.read(arguments.operands) else { return .cannotRun }
        let lockouts = LockoutCheck(
            own: arguments.value("--namespace") ?? RegistrationWords.namespace,
            areErrors: arguments.has("--refuse-lockout"))
        let rules = RuleCheck(files)
        guard let check = check(rules.adding(serverProblems(rules)), lockouts, arguments.value("--registration")) else {
            return .cannotRun
        }
        ProblemPrinter(output: output, showsCosts: arguments.has("--costs")).print(check)
        let errors = check.problems.count { $0.severity == .error }
        if output == .text {
            let counts = check.set.counts.filter { $0.count > 0 }.map { "\($0.count) \($0.kind)" }
            let list = counts.isEmpty ? "no rules" : counts.joined(separator: ", ")
            Console.print(CostText.summary(check.costs))
            Console.print("\(list); \(errors) errors, \(check.problems.count - errors) warnings\n")
        }
        return errors > 0 || (arguments.has("--strict") && !check.problems.isEmpty) ? .bad : .fine
    }

    /// What is wrong with documents of the server's configuration among the files.
    private static func serverProblems(_ check: RuleCheck) -> [RuleProblem] {
        check.servers.flatMap { server -> [RuleProblem] in
            do throws(ServerConfiguration.Problems) {
                _ = try ServerConfiguration(server.document, file: server.file)
                return []
            } catch {
                return error.list.map { problem in
                    RuleProblem(
                        file: problem.file, line: problem.line, column: problem.column, severity: .error,
                        message: problem.message, path: problem.path, document: server.title)
                }
            }
        }
    }

    /// The check with what the lock-out linter finds; nil after saying what cannot be read.
    private static func check(_ check: RuleCheck, _ lockouts: LockoutCheck, _ registration: String?) -> RuleCheck? {
        guard let registration else { return check.adding(lockouts.problems(of: check)) }
        guard let files = RuleInput.read([registration]) else { return nil }
        let given = RuleCheck(files)
        return check.adding(
            given.problems + lockouts.problems(ofConfigurationsIn: check) + lockouts.problems(ofConfigurationsIn: given)
        )
    }
}
