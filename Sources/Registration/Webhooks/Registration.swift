package import JSON
import YAML

/// What is registered with an API server: at most one configuration of either kind.
package struct Registration: Sendable {
    package static let nameLabel = "app.kubernetes.io/name"
    package static let ownerLabel = "app.kubernetes.io/managed-by"
    package static let registrationLabel = "portcullis.dev/registration"
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

/// RFC 4648 with padding.
package enum Base64Text {
    private static let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    package static func encode(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count + 2) / 3 * 4)
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let rest = bytes[start..<min(start + 3, bytes.count)]
            var word: UInt32 = 0
            for byte in rest { word = word << 8 | UInt32(byte) }
            word <<= UInt32(3 - rest.count) * 8
            for place in 0..<4 {
                let isPadding = place > rest.count
                text.append(isPadding ? UInt8(ascii: "=") : digits[Int(word >> UInt32(18 - 6 * place) & 63)])
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// Nil for what is no such text.
    package static func decode(_ text: String) -> [UInt8]? {
        let characters = Array(text.utf8.filter { $0 != 0x0A && $0 != 0x0D })
        guard characters.count % 4 == 0 else { return nil }
        var bytes: [UInt8] = []
        for start in stride(from: 0, to: characters.count, by: 4) {
            let quad = characters[start..<start + 4]
            let padding = quad.reversed().prefix { $0 == UInt8(ascii: "=") }.count
            guard padding < 3, padding == 0 || start + 4 == characters.count else { return nil }
            var word: UInt32 = 0
            for character in quad.dropLast(padding) {
                guard let digit = digits.firstIndex(of: character) else { return nil }
                word = word << 6 | UInt32(digit)
            }
            word <<= UInt32(padding) * 6
            bytes += (0..<(3 - padding)).map { UInt8(truncatingIfNeeded: word >> UInt32(16 - 8 * $0)) }
        }
        return bytes
    }
}
