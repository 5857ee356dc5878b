/// What a path is about, as the API server reads it before it asks who may do what.
struct RequestTarget: Equatable, Sendable {
    var group = ""
    var version = ""
    var plural = ""
    var namespace: String?
    var name: String?

    /// The target of a path; nil where it is none of an API group.
    init?(_ path: String) {
        var parts = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst().map(String.init)[...]
        switch parts.popFirst() {
        case "api": break
        case "apis":
            guard let group = parts.popFirst() else { return nil }
            self.group = group
        default: return nil
        }
        guard let version = parts.popFirst(), parts.allSatisfy({ !$0.isEmpty }) else { return nil }
        self.version = version
        if parts.count >= 3, parts.first == "namespaces" {
            namespace = parts.dropFirst().first
            parts = parts.dropFirst(2)
        }
        guard let plural = parts.popFirst(), parts.count <= 1 else { return nil }
        self.plural = plural
        name = parts.first
    }

    var qualified: String { group.isEmpty ? plural : "\(plural).\(group)" }

    var details: Value {
        var details: Value = ["kind": .string(plural)]
        if let name { details["name"] = .string(name) }
        if !group.isEmpty { details["group"] = .string(group) }
        return details
    }

    /// RBAC's verb for a method.
    func verb(_ method: String) -> String? {
        switch method {
        case "GET": name == nil ? "list" : "get"
        case "POST": name == nil ? "create" : nil
        case "PUT": name == nil ? nil : "update"
        case "PATCH": name == nil ? nil : "patch"
        case "DELETE": name == nil ? "deletecollection" : "delete"
        default: nil
        }
    }
}

/// The kinds of objects that there are.
enum KindTable {
    struct Entry: Hashable, Sendable {
        let group: String
        let version: String
        let plural: String
        let kind: String
        let isNamespaced: Bool
        /// Whether an update without a resourceVersion is accepted.
        var isUnconditional = true

        var apiVersion: String { group.isEmpty ? version : "\(group)/\(version)" }
        var qualified: String { group.isEmpty ? plural : "\(plural).\(group)" }

        func details(_ name: String) -> Value {
            var details: Value = ["kind": .string(plural), "name": .string(name)]
            if !group.isEmpty { details["group"] = .string(group) }
            return details
        }
    }

    private static let registration = "admissionregistration.k8s.io"
    static let entries = [
        Entry(group: "", version: "v1", plural: "secrets", kind: "Secret", isNamespaced: true),
        Entry(group: "", version: "v1", plural: "configmaps", kind: "ConfigMap", isNamespaced: true),
        Entry(group: "", version: "v1", plural: "services", kind: "Service", isNamespaced: true),
        Entry(group: "", version: "v1", plural: "namespaces", kind: "Namespace", isNamespaced: false),
        Entry(
            group: "discovery.k8s.io", version: "v1", plural: "endpointslices", kind: "EndpointSlice",
            isNamespaced: true),
        Entry(
            group: registration, version: "v1", plural: "validatingwebhookconfigurations",
            kind: "ValidatingWebhookConfiguration", isNamespaced: false, isUnconditional: false),
        Entry(
            group: registration, version: "v1", plural: "mutatingwebhookconfigurations",
            kind: "MutatingWebhookConfiguration", isNamespaced: false, isUnconditional: false),
    ]

    static func entry(_ target: RequestTarget) -> Entry? {
        entries.first {
            $0.group == target.group && $0.version == target.version && $0.plural == target.plural
                && ($0.isNamespaced || target.namespace == nil)
        }
    }

    static func entry(apiVersion: String, kind: String) -> Entry? {
        entries.first { $0.apiVersion == apiVersion && $0.kind == kind }
    }
}
