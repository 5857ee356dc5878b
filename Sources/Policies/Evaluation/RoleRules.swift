import Admission
import CELKubernetes
import JSON

/// Whom an authorizer is asked about.
struct Requester: Sendable {
    var name = ""
    var groups: [String] = []
}

/// Roles and their bindings, as files gave them.
struct RoleRules: Sendable {
    /// What a role allows, where, and to whom.
    struct Grant: Sendable {
        /// Empty for all namespaces.
        let namespace: String
        let subjects: [(kind: String, name: String)]
        let rules: [Rule]
    }

    struct Rule: Sendable {
        let verbs: [String]
        let groups: [String]
        let resources: [String]
        let names: [String]
        let paths: [String]
    }

    private(set) var grants: [Grant] = []

    init(_ objects: [(kind: ParamKind, node: JSONNode)]) {
        var roles: [String: [Rule]] = [:]
        for (kind, node) in objects where kind.apiVersion.hasPrefix("rbac.authorization.k8s.io/") {
            guard kind.kind == "Role" || kind.kind == "ClusterRole" else { continue }
            roles[Self.key(kind.kind, Self.text(node, "namespace"), Self.text(node, "name"))] = Self.rules(node)
        }
        for (kind, node) in objects where kind.apiVersion.hasPrefix("rbac.authorization.k8s.io/") {
            guard kind.kind == "RoleBinding" || kind.kind == "ClusterRoleBinding" else { continue }
            let namespace = kind.kind == "RoleBinding" ? Self.text(node, "namespace") : ""
            let reference = node["roleRef"]
            let key = Self.key(
                reference?["kind"]?.string ?? "", namespace, reference?["name"]?.string ?? "")
            guard let rules = roles[key] else { continue }
            grants.append(Grant(namespace: namespace, subjects: Self.subjects(node), rules: rules))
        }
    }

    private static func key(_ kind: String, _ namespace: String, _ name: String) -> String {
        kind == "Role" ? "Role/\(namespace)/\(name)" : "ClusterRole/\(name)"
    }

    private static func text(_ node: JSONNode, _ key: String) -> String { node["metadata"]?[key]?.string ?? "" }

    private static func texts(_ node: JSONNode?) -> [String] {
        node.map { $0.elements.compactMap(\.string) } ?? []
    }

    private static func rules(_ role: JSONNode) -> [Rule] {
        guard let rules = role["rules"] else { return [] }
        return rules.elements.map {
            Rule(
                verbs: texts($0["verbs"]), groups: texts($0["apiGroups"]), resources: texts($0["resources"]),
                names: texts($0["resourceNames"]), paths: texts($0["nonResourceURLs"]))
        }
    }

    private static func subjects(_ binding: JSONNode) -> [(kind: String, name: String)] {
        guard let subjects = binding["subjects"] else { return [] }
        return subjects.elements.map { subject in
            let name = subject["name"]?.string ?? ""
            guard subject["kind"]?.string == "ServiceAccount" else { return (subject["kind"]?.string ?? "", name) }
            return ("User", "system:serviceaccount:\(subject["namespace"]?.string ?? ""):\(name)")
        }
    }
}

// MARK: answers

extension RoleRules {
    /// Whether somebody may do something.
    func allows(_ requester: Requester, _ verb: String, _ target: AuthorizerQuestion.Target) -> Bool {
        if requester.groups.contains("system:masters") { return true }
        for grant in grants where grant.subjects.contains(where: { Self.isSubject($0, requester) }) {
            if grant.rules.contains(where: { Self.covers($0, grant.namespace, verb, target) }) { return true }
        }
        return false
    }

    private static func isSubject(_ subject: (kind: String, name: String), _ requester: Requester) -> Bool {
        switch subject.kind {
        case "User": subject.name == "*" || subject.name == requester.name
        case "Group": requester.groups.contains(subject.name)
        default: false
        }
    }

    private static func covers(
        _ rule: Rule, _ namespace: String, _ verb: String, _ target: AuthorizerQuestion.Target
    ) -> Bool {
        guard has(rule.verbs, verb) else { return false }
        switch target {
        case .path(let path):
            return namespace.isEmpty
                && rule.paths.contains { pattern in
                    pattern == "*" || pattern == path
                        || (pattern.hasSuffix("*") && path.hasPrefix(String(pattern.dropLast())))
                }
        case .resource(let resource):
            guard namespace.isEmpty || namespace == resource.namespace else { return false }
            guard has(rule.groups, resource.group) else { return false }
            let whole =
                resource.subresource.isEmpty ? resource.resource : "\(resource.resource)/\(resource.subresource)"
            let isNamed =
                has(rule.resources, whole)
                || (!resource.subresource.isEmpty && rule.resources.contains("*/\(resource.subresource)"))
            return isNamed && (rule.names.isEmpty || rule.names.contains(resource.name))
        }
    }

    private static func has(_ list: [String], _ text: String) -> Bool { list.contains("*") || list.contains(text) }
}

/// What answers expressions of one loop: roles, about who sent the request that is being looked at.
final class RoleAuthorizer: Authorizer {
    private let roles: RoleRules
    /// Who sent the request that is being looked at. Set between runs, and read while one runs, on the thread of the
    /// evaluator that owns this.
    nonisolated(unsafe) var user: ReviewUser?

    init(_ roles: RoleRules) { self.roles = roles }

    func answer(_ question: AuthorizerQuestion) -> AuthorizerAnswer {
        var who = Requester()
        switch question.subject {
        case .serviceAccount(let namespace, let name):
            who.name = "system:serviceaccount:\(namespace):\(name)"
            who.groups = ["system:serviceaccounts", "system:serviceaccounts:\(namespace)", "system:authenticated"]
        case .requester:
            guard let user = unsafe user else { break }
            who.name = user.username.string
            if let groups = user.groups { who.groups = groups.elements.compactMap(\.string) }
        }
        return AuthorizerAnswer(isAllowed: roles.allows(who, question.verb, question.target))
    }
}
