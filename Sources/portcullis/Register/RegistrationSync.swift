import Cluster
import JSON
import Registration

/// Has a cluster's webhook configurations be those of a registration.
struct RegistrationSync {
    /// What became of an object.
    enum Outcome: String {
        case created, configured, unchanged, deleted
    }

    /// An object, and what became of it.
    struct Change {
        let object: ObjectReference
        let outcome: Outcome
    }

    let client: ClusterClient
    /// The registration's name.
    let name: String
    /// Whether objects, and fields of objects, that somebody else has made are taken over.
    var forces = false
    /// Whether the API server only says what it would do.
    var isDryRun = false

    /// Applies what the registration has, and deletes what is left of an earlier one.
    func apply(_ registration: WebhookRegistration) throws(ClusterError) -> [Change] {
        var changes: [Change] = []
        var present: [Webhook.Phase: [JSONDocument]] = [:]
        for phase in Webhook.Phase.allCases { present[phase] = try own(phase) }
        for phase in registration.phases {
            let found = present[phase]?.first { Self.name(of: $0) == name }
            changes.append(try apply(phase, registration, over: found))
        }
        for phase in Webhook.Phase.allCases {
            let isWanted = registration.phases.contains(phase)
            let stale = (present[phase] ?? []).filter { !isWanted || Self.name(of: $0) != name }
            changes += try delete(stale, phase)
        }
        return changes
    }

    /// What `remove` would delete.
    func removable() throws(ClusterError) -> [Change] {
        var changes: [Change] = []
        for phase in Webhook.Phase.allCases {
            changes += try own(phase).map {
                Change(object: ObjectReference(Self.resource(phase), Self.name(of: $0)), outcome: .deleted)
            }
        }
        return changes
    }

    /// Deletes all there is of the registration.
    func remove() throws(ClusterError) -> [Change] {
        var changes: [Change] = []
        for phase in Webhook.Phase.allCases { changes += try delete(try own(phase), phase) }
        return changes
    }

    /// The objects that are labelled as the registration's.
    func own(_ phase: Webhook.Phase) throws(ClusterError) -> [JSONDocument] {
        try client.list(Self.resource(phase), labels: "\(ClusterLabels.registration)=\(name)")
    }

    static func resource(_ phase: Webhook.Phase) -> ClusterResource {
        phase == .mutate ? .mutatingWebhookConfigurations : .validatingWebhookConfigurations
    }

    static func name(of document: JSONDocument) -> String {
        document.withRoot { $0["metadata"]?["name"]?.string } ?? ""
    }

    private static func version(_ document: JSONDocument) -> String? {
        document.withRoot { $0["metadata"]?["resourceVersion"]?.string }
    }

    private func apply(
        _ phase: Webhook.Phase, _ registration: WebhookRegistration, over own: JSONDocument?
    ) throws(ClusterError) -> Change {
        let object = ObjectReference(Self.resource(phase), name)
        let found: JSONDocument?
        if let own { found = own } else { found = try client.find(object) }
        if own == nil, found != nil, !forces {
            throw ClusterError(
                .conflict,
                "\(object) is not labelled \(ClusterLabels.registration)=\(name): somebody else has made it; choose "
                    + "another --name, or take it over with --force")
        }
        let body: [UInt8]
        do throws(JSONError) { body = try registration.document(phase).withRoot { $0.bytes() } } catch {
            throw ClusterError(.failed, "\(object) cannot be written: \(error)")
        }
        let after = try client.apply(object, body, force: forces, dryRun: isDryRun)
        guard let found else { return Change(object: object, outcome: .created) }
        let isSame = Self.version(found) == Self.version(after)
        return Change(object: object, outcome: isSame ? .unchanged : .configured)
    }

    private func delete(_ documents: [JSONDocument], _ phase: Webhook.Phase) throws(ClusterError) -> [Change] {
        var changes: [Change] = []
        for document in documents {
            let object = ObjectReference(Self.resource(phase), Self.name(of: document))
            let uid = document.withRoot { $0["metadata"]?["uid"]?.string }
            try client.delete(object, uid: uid, dryRun: isDryRun)
            changes.append(Change(object: object, outcome: .deleted))
        }
        return changes
    }
}

extension RegistrationSync.Change {
    /// One line for people.
    func text(isDryRun: Bool) -> String {
        "\(object): \(outcome.rawValue)\(isDryRun ? " (dry run)" : "")\n"
    }

    /// The changes as a JSON array.
    static func json(_ changes: [RegistrationSync.Change]) -> String {
        var writer = JSONWriter()
        writer.beginArray()
        for change in changes {
            writer.beginObject()
            for (key, value) in [("kind", change.object.resource.kind), ("name", change.object.name)] {
                writer.key(key.utf8.span)
                writer.string(value)
            }
            writer.key("result")
            writer.string(change.outcome.rawValue)
            writer.endObject()
        }
        writer.endArray()
        return writer.text + "\n"
    }
}
