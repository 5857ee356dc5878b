import Cluster
import JSON

/// The objects of a backup, without what the API server alone may say of them.
///
/// They lie in a ConfigMap as a List, so that in need `kubectl get configmap NAME -o jsonpath='{.data.objects\.json}' |
/// kubectl apply -f -` is a restoration too.
struct BackupContent {
    /// One object of a backup.
    struct Item {
        let reference: ObjectReference
        let document: JSONDocument
    }

    /// The entry of the ConfigMap that holds them.
    static let entry = "objects.json"
    /// What a ConfigMap can hold, by the API server's count: names and values of all entries together.
    private static let bytesMax = 1_048_576
    /// What a backup may hold, and nothing else is ever restored from one.
    static let kinds: [ClusterResource] = [
        .configMaps, .validatingWebhookConfigurations, .mutatingWebhookConfigurations,
    ]

    /// In the order in which they are restored: rules before those who ask for them.
    private(set) var items: [Item] = []

    /// Adds an object as the API server gave it.
    mutating func add(_ object: JSONDocument) throws(ClusterError) {
        let reference = try object.withRoot { root throws(ClusterError) in try Self.reference(root) }
        items.append(Item(reference: reference, document: try Self.bare(object, authorities: nil)))
    }

    /// The objects with these authorities (base64 of PEM) in the place of those by which the API server knew the server.
    func trusting(_ authorities: String) throws(ClusterError) -> BackupContent {
        var content = BackupContent()
        for item in items {
            let changed = try Self.bare(item.document, authorities: authorities)
            content.items.append(Item(reference: item.reference, document: changed))
        }
        return content
    }

    /// Whether the object, as the API server gave it, is what the item says.
    static func isSame(_ object: JSONDocument, as item: Item) throws(ClusterError) -> Bool {
        let bare = try bare(object, authorities: nil)
        return bare.withRoot { $0.bytes(order: .canonical) } == item.document.withRoot { $0.bytes(order: .canonical) }
    }
}

extension BackupContent {
    /// As the entry of the ConfigMap; an error where a ConfigMap cannot hold it.
    func text(for backup: ObjectReference) throws(ClusterError) -> String {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("apiVersion")
        writer.string("v1")
        writer.key("kind")
        writer.string("List")
        writer.key("items")
        writer.beginArray()
        for item in items { item.document.withRoot { writer.node($0, order: .canonical) } }
        writer.endArray()
        writer.endObject()
        let count = writer.count + Self.entry.utf8.count
        guard count <= Self.bytesMax else {
            throw ClusterError(
                .invalid,
                "\(backup) would have \(count) bytes, and a ConfigMap holds \(Self.bytesMax): nothing was written; leave the "
                    + "rules out with --registrations-only if they are kept elsewhere")
        }
        return writer.text
    }

    /// Reads what `text` wrote; what is anything else is an error before anything is done with it.
    init(reading backup: JSONDocument, _ name: ObjectReference) throws(ClusterError) {
        guard let text = backup.withRoot({ $0["data"]?[Self.entry]?.string }) else {
            throw ClusterError(.invalid, "\(name) is no backup: it has no \(Self.entry)")
        }
        let list: JSONDocument
        do throws(JSONError) { list = try JSONDocument(parsing: text) } catch {
            throw ClusterError(.invalid, "\(name): \(Self.entry) is damaged: \(error)")
        }
        let objects = list.withRoot { root in root["items"]?.elements.map { $0.bytes() } }
        guard let objects else {
            throw ClusterError(.invalid, "\(name): \(Self.entry) is damaged: it holds no list of objects")
        }
        for bytes in objects {
            let object: JSONDocument
            do throws(JSONError) { object = try JSONDocument(parsing: bytes) } catch {
                throw ClusterError(.invalid, "\(name): \(Self.entry) is damaged: \(error)")
            }
            items.append(Item(reference: try object.withRoot(Self.reference), document: object))
        }
    }

    /// What the object is; an error where it is none that a backup may hold.
    private static func reference(_ root: JSONNode) throws(ClusterError) -> ObjectReference {
        let (version, kind) = (root["apiVersion"]?.string ?? "", root["kind"]?.string ?? "")
        guard let resource = kinds.first(where: { $0.apiVersion == version && $0.kind == kind }),
            let name = root["metadata"]?["name"]?.string
        else { throw ClusterError(.invalid, "a backup holds no \(version) \(kind)") }
        return ObjectReference(resource, name, in: root["metadata"]?["namespace"]?.string)
    }

    /// What the server alone may say; and owners, whose own restoration would give them other uids: objects of owners that
    /// are not found are deleted.
    private static let left: Set<String> = [
        "uid", "resourceVersion", "generation", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds",
        "managedFields", "selfLink", "ownerReferences",
    ]

    private static func bare(_ object: JSONDocument, authorities: String?) throws(ClusterError) -> JSONDocument {
        var builder = JSONBuilder()
        builder.beginObject()
        object.withRoot { root in
            for (key, value) in root.members where !key.equals("status") {
                key.withUTF8 { builder.key($0) }
                if key.equals("metadata") {
                    copy(value, except: left, to: &builder)
                } else if key.equals("webhooks"), let authorities {
                    copyWebhooks(value, authorities, to: &builder)
                } else {
                    builder.copy(value)
                }
            }
        }
        builder.endObject()
        do throws(JSONError) { return try builder.finish() } catch {
            throw ClusterError(.malformed, "the object cannot be kept: \(error)")
        }
    }

    private static func copy(_ object: JSONNode, except names: Set<String>, to builder: inout JSONBuilder) {
        builder.beginObject()
        copyMembers(object, except: names, to: &builder)
        builder.endObject()
    }

    private static func copyMembers(_ object: JSONNode, except names: Set<String>, to builder: inout JSONBuilder) {
        for (key, value) in object.members where !names.contains(key.string ?? "") {
            key.withUTF8 { builder.key($0) }
            builder.copy(value)
        }
    }

    private static func copyWebhooks(_ webhooks: JSONNode, _ authorities: String, to builder: inout JSONBuilder) {
        builder.beginArray()
        for webhook in webhooks.elements {
            builder.beginObject()
            copyMembers(webhook, except: ["clientConfig"], to: &builder)
            builder.key("clientConfig")
            builder.beginObject()
            if let config = webhook["clientConfig"] { copyMembers(config, except: ["caBundle"], to: &builder) }
            builder.key("caBundle")
            builder.string(authorities)
            builder.endObject()
            builder.endObject()
        }
        builder.endArray()
    }
}
