package import Policies

/// The lock-out linter as `check` asks it: about rules as they would be registered, and about configurations as they are.
package struct LockoutCheck {
    private let own: String
    private let areErrors: Bool

    /// For a server in that namespace; `areErrors`: whether a lock-out is an error rather than a warning.
    package init(own namespace: String, areErrors: Bool = false) { (own, self.areErrors) = (namespace, areErrors) }

    /// What the rules would hold up if they were registered with the exclusions that there are unless somebody says
    /// otherwise, and what the configurations among them would.
    package func problems(of check: RuleCheck) -> [RuleProblem] {
        let exclusions = RegistrationPlan.Exclusions(
            namespaces: RegistrationPlan.Exclusions.systemNamespaces + [own])
        let plan = RegistrationPlan(check.rules, named: WebhookRegistration.product, exclusions)
        let findings = LockoutLinter(own: own, check.namespaces).findings(plan)
        return findings.map(graded) + problems(ofConfigurationsIn: check)
    }

    /// What is wrong with configurations, and what they would hold up.
    package func problems(ofConfigurationsIn check: RuleCheck) -> [RuleProblem] {
        let linter = LockoutLinter(own: own, check.namespaces)
        return check.configurations.map(WebhookDocument.init).flatMap { $0.problems + linter.findings($0).map(graded) }
    }

    private func graded(_ problem: RuleProblem) -> RuleProblem {
        RuleProblem(
            file: problem.file, line: problem.line, column: problem.column,
            severity: areErrors ? .error : problem.severity, message: problem.message, path: problem.path,
            document: problem.document)
    }
}
