import Cluster
import JSON

/// The Secret with the token by which people may change a running server: made once, and never changed.
struct AdminTokenSecret {
    private static let entry = "token"
    private static let bytes = 32

    let client: ClusterClient
    let object: ObjectReference

    init(_ name: NamespacedName, _ client: ClusterClient) {
        self.client = client
        object = ObjectReference(.secrets, name.name, in: name.namespace)
    }

    /// Makes the token if there is none; whether it did.
    func ensure() throws(ClusterError) -> Bool {
        if try isThere() { return false }
        do throws(ClusterError) {
            _ = try client.create(object, body())
            return true
        } catch {
            // Somebody else was quicker.
            guard error.kind == .alreadyExists, try isThere() else { throw error }
            return false
        }
    }

    private func isThere() throws(ClusterError) -> Bool {
        guard let found = try client.find(object) else { return false }
        let text = found.withRoot { $0["data"]?[Self.entry]?.string } ?? ""
        guard !text.isEmpty else {
            throw ClusterError(
                .invalid, "\(object) is there, but has no \(Self.entry): add one, or name another Secret")
        }
        return true
    }

    private func body() -> [UInt8] {
        var random = SystemRandomNumberGenerator()
        let token = (0..<Self.bytes).map { _ in
            let digits = String(UInt8.random(in: 0 ... .max, using: &random), radix: 16)
            return digits.utf8.count == 1 ? "0" + digits : digits
        }.joined()
        var writer = JSONWriter()
        writer.beginObject()
        for (key, text) in [("apiVersion", "v1"), ("kind", "Secret"), ("type", "Opaque")] {
            writer.key(key.utf8.span)
            writer.string(text)
        }
        writer.key("metadata")
        writer.beginObject()
        for (key, text) in [("name", object.name), ("namespace", object.namespace ?? "")] {
            writer.key(key.utf8.span)
            writer.string(text)
        }
        writer.key("labels")
        writer.beginObject()
        for label in [ClusterLabels.name, ClusterLabels.managedBy] {
            writer.key(label.utf8.span)
            writer.string(ClusterLabels.portcullis)
        }
        writer.endObject()
        writer.endObject()
        writer.key("data")
        writer.beginObject()
        writer.key(Self.entry.utf8.span)
        writer.string(Base64Text.encode(Array(token.utf8)))
        writer.endObject()
        writer.endObject()
        return writer.bytes
    }
}
