import JSON
import Policies
import YAML

@testable import Registration

/// What becomes of rules in a test.
struct Derived {
    let check: RuleCheck
    let plan: RegistrationPlan

    init(_ rules: String, excluding namespaces: [String] = ["kube-node-lease", "kube-system", "portcullis-system"]) {
        check = RuleCheck([RuleFile(name: "rules.yaml", bytes: Array(rules.utf8))])
        plan = RegistrationPlan(check.rules, named: "portcullis", RegistrationPlan.Exclusions(namespaces: namespaces))
    }

    func webhook(_ prefix: String) -> Webhook? { plan.webhooks.first { $0.name.hasPrefix(prefix) } }

    static func rules(_ webhook: Webhook?) -> [String] {
        (webhook?.rules ?? []).map { rule in
            let scope = rule.scope == .all ? "" : rule.scope == .cluster ? " Cluster" : " Namespaced"
            return "\(rule.operations.names.joined(separator: ",")) \(rule.groups.joined(separator: ","))/"
                + "\(rule.versions.joined(separator: ",")) \(rule.resources.map(\.text).joined(separator: ","))\(scope)"
        }
    }

    static func document(_ text: String, file: String = "webhooks.yaml") throws -> [WebhookDocument] {
        RuleCheck([RuleFile(name: file, bytes: Array(text.utf8))]).configurations.map(WebhookDocument.init)
    }

    /// A validating policy with its binding.
    static func policy(
        _ name: String, _ rules: String, failurePolicy: String = "Fail", match: String = "", conditions: String = "[]",
        actions: String = "[Deny]", metadata: String = "", binding: String = ""
    ) -> String {
        """
        ---
        apiVersion: admissionregistration.k8s.io/v1
        kind: ValidatingAdmissionPolicy
        metadata: {name: \(name)\(metadata)}
        spec:
          failurePolicy: \(failurePolicy)
          matchConstraints: {resourceRules: \(rules)\(match)}
          matchConditions: \(conditions)
          validations: [{expression: "true"}]
        ---
        apiVersion: admissionregistration.k8s.io/v1
        kind: ValidatingAdmissionPolicyBinding
        metadata: {name: \(name)}
        spec: {policyName: \(name), validationActions: \(actions)\(binding)}

        """
    }

    static func rule(_ operations: String, _ group: String, _ version: String, _ resources: String, _ more: String = "")
        -> String
    {
        "{operations: [\(operations)], apiGroups: [\"\(group)\"], apiVersions: [\"\(version)\"], "
            + "resources: [\(resources)]\(more)}"
    }

    static func hook(_ name: String, _ spec: String, metadata: String = "") -> String {
        "---\napiVersion: portcullis.dev/v1\nkind: Hook\nmetadata: {name: \(name)\(metadata)}\nspec: {\(spec)}\n"
    }

    static let http = #"run: {http: {url: "https://a.example/"}}"#
}
