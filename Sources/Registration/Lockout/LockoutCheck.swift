package import Policies

/// The lock-out linter as `check` asks it: about rules as they would be registered, and about configurations as they are.
package struct LockoutCheck {
    private let own: String

    /// For a server in that namespace.
    package init(own namespace: String) { own = namespace }

    /// What the rules would hold up if they were registered with the exclusions that there are unless somebody says
    /// otherwise, and what the configurations among them would.
    package func problems(of check: RuleCheck) -> [RuleProblem] {
        let exclusions = RegistrationPlan.Exclusions(
            namespaces: RegistrationPlan.Exclusions.systemNamespaces + [own])
        let plan = RegistrationPlan(check.rules, named: WebhookRegistration.product, exclusions)
        return LockoutLinter(own: own, check.namespaces).findings(plan) + problems(ofConfigurationsIn: check)
    }

    /// What is wrong with configurations, and what they would hold up.
    package func problems(ofConfigurationsIn check: RuleCheck) -> [RuleProblem] {
        let linter = LockoutLinter(own: own, check.namespaces)
        return check.configurations.map(WebhookDocument.init).flatMap { $0.problems + linter.findings($0) }
    }
}
