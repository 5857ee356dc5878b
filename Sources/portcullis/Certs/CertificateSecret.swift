import Cluster
import JSON
import TLS

/// A Secret as it was read.
struct SecretVersion {
    let document: JSONDocument
}

/// Certificates in a Secret of type kubernetes.io/tls, all of which change with one request.
struct CertificateSecret: CertificatePlace {
    let client: ClusterClient
    let object: ObjectReference
    var name: String { object.description }

    init(_ client: ClusterClient, _ name: NamespacedName) {
        self.client = client
        object = ObjectReference(.secrets, name.name, in: name.namespace)
    }

    func read() throws(CertificateProblem) -> PlacedCertificates {
        let found: JSONDocument?
        do throws(ClusterError) { found = try client.find(object) } catch { throw .failed(error.description) }
        guard let found else { return PlacedCertificates([:]) }
        return try found.withRoot { root throws(CertificateProblem) in
            var entries: [String: [UInt8]] = [:]
            for name in PlacedCertificates.names {
                guard let value = root["data"]?[name] else { continue }
                guard let text = value.string, let bytes = Base64Text.decode(Array(text.utf8)) else {
                    throw .failed("\(object): \(name) is not base64")
                }
                entries[name] = bytes
            }
            return PlacedCertificates(entries, secret: SecretVersion(document: found))
        }
    }

    func write(_ files: CertificateRotation.Files, over present: PlacedCertificates) throws(CertificateProblem) {
        do throws(ClusterError) {
            if let version = present.secret {
                _ = try client.replace(object, try body(files, over: version.document))
            } else {
                _ = try client.create(object, try body(files, over: nil))
            }
        } catch {
            switch error.kind {
            // It came, changed or went since it was read.
            case .conflict, .alreadyExists: throw .changed
            case .notFound where present.secret != nil: throw .changed
            default: throw .failed(error.description)
            }
        }
    }

    /// The whole Secret; what others have put into it stays, and so does its resourceVersion, by which it is replaced only if
    /// nobody else has changed it.
    private func body(
        _ files: CertificateRotation.Files, over present: JSONDocument?
    ) throws(ClusterError) -> [UInt8] {
        var builder = JSONBuilder()
        builder.beginObject()
        Self.add(&builder, "apiVersion", "v1")
        Self.add(&builder, "kind", "Secret")
        builder.key("type")
        builder.string(present?.withRoot { $0["type"]?.string } ?? "kubernetes.io/tls")
        builder.key("metadata")
        writeMetadata(&builder, present)
        builder.key("data")
        builder.beginObject()
        for entry in PlacedCertificates.entries(files) {
            builder.key(entry.name)
            builder.string(Base64Text.encode(entry.bytes))
        }
        Self.copy(present, "data", except: PlacedCertificates.names, to: &builder)
        builder.endObject()
        builder.endObject()
        do throws(JSONError) { return try builder.finish().withRoot { $0.bytes() } } catch {
            throw ClusterError(.failed, "\(object) cannot be written: \(error)")
        }
    }

    private func writeMetadata(_ builder: inout JSONBuilder, _ present: JSONDocument?) {
        builder.beginObject()
        Self.add(&builder, "name", object.name)
        Self.add(&builder, "namespace", object.namespace ?? "")
        present?.withRoot { root in
            for (key, value) in root["metadata"]?.members.map({ $0 }) ?? [] {
                let name = key.string ?? ""
                if ["name", "namespace", "labels", "managedFields"].contains(name) { continue }
                builder.key(name)
                builder.copy(value)
            }
        }
        builder.key("labels")
        builder.beginObject()
        let own = [ClusterLabels.name, ClusterLabels.managedBy]
        for label in own {
            // Whoever made the Secret may manage it.
            builder.key(label)
            builder.string(
                present?.withRoot { $0["metadata"]?["labels"]?[label]?.string } ?? ClusterLabels.portcullis)
        }
        present?.withRoot { root in Self.copy(root["metadata"]?["labels"], except: own, to: &builder) }
        builder.endObject()
        builder.endObject()
    }

    private static func add(_ builder: inout JSONBuilder, _ key: StaticString, _ value: String) {
        builder.key(key)
        builder.string(value)
    }

    private static func copy(
        _ document: JSONDocument?, _ key: StaticString, except names: [String], to builder: inout JSONBuilder
    ) {
        document?.withRoot { root in copy(root[key], except: names, to: &builder) }
    }

    private static func copy(_ object: JSONNode?, except names: [String], to builder: inout JSONBuilder) {
        for (key, value) in object?.members.map({ $0 }) ?? [] {
            let name = key.string ?? ""
            if names.contains(name) { continue }
            builder.key(name)
            builder.copy(value)
        }
    }
}
