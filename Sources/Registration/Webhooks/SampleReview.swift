import Admission
import CELKubernetes
package import JSON
import Policies

/// A review such as an API server may send to a webhook.
package struct SampleReview {
    private let webhook: Webhook

    /// A review for a webhook.
    package init(_ webhook: Webhook) { self.webhook = webhook }

    /// The review, of an object that is hardly there: a dry run.
    package func document(uid: String) throws(JSONError) -> JSONDocument {
        let rule = webhook.rules.first ?? .everything
        let operation = ReviewOperation.allCases.first { rule.operations.contains(OperationSet($0)) } ?? .create
        let all = rule.resources.first ?? ResourceRule.Resource("pods")
        let group = rule.groups.first.map { $0 == "*" ? "" : $0 } ?? ""
        let version = rule.versions.first.map { $0 == "*" ? "v1" : $0 } ?? "v1"
        let resource = all.name == "*" ? "pods" : all.name
        let part = all.part == "*" ? "" : all.part
        let kind = Self.kind(group, version, resource)
        let namespace = rule.scope == .cluster || resource == "nodes" ? "" : "default"
        var builder = JSONBuilder()
        builder.beginObject()
        builder.member("kind", "AdmissionReview")
        builder.member("apiVersion", "admission.k8s.io/v1")
        builder.key("request")
        builder.beginObject()
        builder.member("uid", uid)
        for key: StaticString in ["kind", "requestKind"] { builder.triple(key, group, version, "kind", kind) }
        for key: StaticString in ["resource", "requestResource"] {
            builder.triple(key, group, version, "resource", resource)
        }
        if !part.isEmpty {
            builder.member("subResource", part)
            builder.member("requestSubResource", part)
        }
        builder.member("name", Self.name)
        if !namespace.isEmpty { builder.member("namespace", namespace) }
        builder.member("operation", operation.name.description)
        Self.writeUser(&builder)
        for (key, isThere) in [
            ("object", operation != .delete), ("oldObject", [.update, .delete].contains(operation)),
        ] {
            builder.key(key)
            if isThere { Self.writeObject(group, version, kind, namespace, &builder) } else { builder.null() }
        }
        builder.key("dryRun")
        builder.bool(true)
        builder.key("options")
        builder.null()
        builder.endObject()
        builder.endObject()
        return try builder.finish()
    }

    private static let name = "portcullis-verify"

    private static func kind(_ group: String, _ version: String, _ resource: String) -> String {
        let known = KindSchemas.builtIn.kinds.first {
            $0.group == group && $0.version == version && ResourceNames.plural(of: $0.kind) == resource
        }
        return known?.kind ?? resource.prefix(1).uppercased() + resource.dropFirst()
    }

    private static func writeUser(_ builder: inout JSONBuilder) {
        builder.key("userInfo")
        builder.beginObject()
        builder.member("username", name)
        builder.key("groups")
        builder.texts(["system:authenticated"])
        builder.endObject()
    }

    private static func writeObject(
        _ group: String, _ version: String, _ kind: String, _ namespace: String, _ builder: inout JSONBuilder
    ) {
        builder.beginObject()
        builder.member("apiVersion", group.isEmpty ? version : "\(group)/\(version)")
        builder.member("kind", kind)
        builder.key("metadata")
        builder.beginObject()
        builder.member("name", name)
        if !namespace.isEmpty { builder.member("namespace", namespace) }
        builder.endObject()
        builder.endObject()
    }
}
