import JSON
import Policies
import Registration
import YAML

/// A registration that was made of rules, and what there is to say about it.
struct DerivedRegistration {
    /// Why there is none; that has been said.
    struct Refusal: Error {
        let status: ExitStatus
    }

    let registration: WebhookRegistration
    /// What it was made of.
    let rules: PolicySet
    let notes: [String]
    /// What it would stop while no server answers.
    let lockouts: [RuleProblem]

    /// Reads the rules, and makes a registration of them. What keeps it from being used is said.
    static func derive(
        _ words: RegistrationWords, _ authorities: [UInt8]
    ) -> Result<DerivedRegistration, Refusal> {
        guard let files = RuleInput.read(words.rules) else { return .failure(Refusal(status: .cannotRun)) }
        let check = RuleCheck(files)
        let plan = RegistrationPlan(check.rules, named: words.name, words.exclusions)
        let errors = check.problems.filter { $0.severity == .error } + plan.problems
        guard errors.isEmpty else {
            for problem in errors { Console.error("\(problem)\n") }
            return .failure(Refusal(status: .bad))
        }
        guard !plan.webhooks.isEmpty else {
            for note in plan.notes { Console.error("\(note)\n") }
            Console.error(
                "portcullis: there is nothing to register: no rule is active (a policy needs a binding, and a mode other "
                    + "than off); portcullis deregister takes away what is registered\n")
            return .failure(Refusal(status: .bad))
        }
        let registration = WebhookRegistration(name: words.name, plan.webhooks, words.target, authorities: authorities)
        let refusals = refusals(registration)
        guard refusals.isEmpty else {
            for refusal in refusals { Console.error("portcullis: an API server would refuse \(refusal)\n") }
            return .failure(Refusal(status: .bad))
        }
        let lockouts = LockoutLinter(own: words.own, check.namespaces).findings(plan)
        return .success(
            DerivedRegistration(registration: registration, rules: check.set, notes: plan.notes, lockouts: lockouts))
    }

    /// Why an API server would not take it.
    private static func refusals(_ registration: WebhookRegistration) -> [String] {
        do {
            var stream = try KubernetesStream(try registration.yaml())
            var list: [String] = []
            while let document = try stream.next() {
                let kind = document.json.root["kind"]?.string ?? ""
                let place = PlacedDocument(
                    file: kind, document: document, root: document.json.root, title: kind, kind: kind)
                list += WebhookDocument(place).problems.map { "\(kind): \($0.fieldText)" }
            }
            return list
        } catch {
            return ["what was written: \(error)"]
        }
    }

    /// Says what there is to say besides.
    func tell() {
        for note in notes { Console.error("\(note)\n") }
        for lockout in lockouts { Console.error("\(lockout)\n") }
    }
}

extension Result<DerivedRegistration, DerivedRegistration.Refusal> {
    var failureStatus: ExitStatus {
        if case .failure(let refusal) = self { return refusal.status }
        return .fine
    }
}
