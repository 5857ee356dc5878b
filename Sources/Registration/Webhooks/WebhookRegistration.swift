package import JSON
import YAML

/// What is registered with an API server: at most one configuration of either kind.
package struct WebhookRegistration: Sendable {
    package static let nameLabel = "app.kubernetes.io/name"
    package static let product = "portcullis"
    package static let apiVersion = "admissionregistration.k8s.io/v1"

    package let name: String
    package let webhooks: [Webhook]
    package let target: WebhookTarget
    /// Base64 of the authorities as PEM.
    package let caBundle: String

    package init(name: String, _ webhooks: [Webhook], _ target: WebhookTarget, authorities: [UInt8]) {
        (self.name, self.webhooks, self.target) = (name, webhooks, target)
        caBundle = Base64Text.encode(authorities)
    }

    /// The phases that have webhooks.
    package var phases: [Webhook.Phase] {
        Webhook.Phase.allCases.filter { phase in webhooks.contains { $0.phase == phase } }
    }

    /// The configuration for a phase, as it is applied.
    package func document(_ phase: Webhook.Phase) throws(JSONError) -> JSONDocument {
        var builder = JSONBuilder()
        builder.beginObject()
        builder.member("apiVersion", Self.apiVersion)
        builder.member("kind", phase.kind)
        builder.key("metadata")
        builder.beginObject()
        builder.member("name", name)
        builder.key("labels")
        builder.beginObject()
        builder.member("app.kubernetes.io/managed-by", Self.product)
        builder.member("app.kubernetes.io/name", Self.product)
        builder.member("portcullis.dev/registration", name)
        builder.endObject()
        builder.endObject()
        builder.key("webhooks")
        builder.beginArray()
        for webhook in webhooks where webhook.phase == phase { webhook.write(to: &builder, target, caBundle: caBundle) }
        builder.endArray()
        builder.endObject()
        return try builder.finish()
    }

    /// All configurations as YAML documents.
    package func yaml() throws(JSONError) -> [UInt8] {
        var writer = YAMLWriter()
        for phase in phases {
            let document = try document(phase)
            document.withRoot { writer.write($0) }
        }
        return writer.bytes
    }

    /// All configurations as a JSON list.
    package func json() throws(JSONError) -> String {
        var builder = JSONBuilder()
        builder.beginObject()
        builder.member("apiVersion", "v1")
        builder.member("kind", "List")
        builder.key("items")
        builder.beginArray()
        for phase in phases {
            let document = try document(phase)
            document.withRoot { builder.copy($0) }
        }
        builder.endArray()
        builder.endObject()
        return try builder.finish().withRoot { $0.text(indent: 2) }
    }
}
