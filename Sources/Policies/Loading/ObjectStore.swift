import JSON

/// An object that rules refer to: a parameter or a namespace.
struct StoredObject: Sendable {
    let namespace: String
    let name: String
    let node: JSONNode

    /// The labels in its metadata.
    var labels: JSONNode? { node["metadata"]?["labels"] }
}

/// The objects of one kind, by namespace and name.
struct ObjectTable: Sendable {
    private(set) var objects: [StoredObject] = []
    /// Whether objects of the kind belong to no namespace.
    let isClusterScoped: Bool

    init(_ kind: ParamKind, _ nodes: [JSONNode], scopes: [ParamKind: Bool]) {
        let hasNamespaces = nodes.contains { !($0["metadata"]?["namespace"]?.string ?? "").isEmpty }
        isClusterScoped = scopes[kind] ?? KindScopes.isClusterScoped(kind) ?? !hasNamespaces
        for node in nodes {
            let namespace = node["metadata"]?["namespace"]?.string ?? ""
            objects.append(
                StoredObject(
                    namespace: isClusterScoped ? "" : (namespace.isEmpty ? "default" : namespace),
                    name: node["metadata"]?["name"]?.string ?? "", node: node))
        }
        objects.sort { ($0.namespace, $0.name) < ($1.namespace, $1.name) }
    }
}

/// What a CustomResourceDefinition says of its kind.
public struct KindDefinition: Sendable {
    /// The plural name, as paths and rules have it.
    public let resource: String
    /// Whether objects belong to namespaces.
    public let isNamespaced: Bool
}

/// Which kinds of the API server's own groups belong to no namespace.
enum KindScopes {
    private static let clusterScoped: Set<String> = [
        "Namespace", "Node", "PersistentVolume", "ComponentStatus", "ClusterRole", "ClusterRoleBinding",
        "StorageClass", "VolumeAttachment", "CSIDriver", "CSINode", "VolumeAttributesClass", "PriorityClass",
        "RuntimeClass", "IngressClass", "IPAddress", "ServiceCIDR", "CustomResourceDefinition", "APIService",
        "CertificateSigningRequest", "ClusterTrustBundle", "FlowSchema", "PriorityLevelConfiguration",
        "MutatingWebhookConfiguration", "ValidatingWebhookConfiguration", "ValidatingAdmissionPolicy",
        "ValidatingAdmissionPolicyBinding", "MutatingAdmissionPolicy", "MutatingAdmissionPolicyBinding",
        "DeviceClass", "ResourceSlice", "DeviceTaintRule", "StorageVersionMigration", "StorageVersion",
    ]

    private static let groups: Set<String> = [
        "", "admissionregistration.k8s.io", "apiextensions.k8s.io", "apiregistration.k8s.io", "apps", "autoscaling",
        "batch", "certificates.k8s.io", "coordination.k8s.io", "discovery.k8s.io", "events.k8s.io", "extensions",
        "flowcontrol.apiserver.k8s.io", "internal.apiserver.k8s.io", "networking.k8s.io", "node.k8s.io", "policy",
        "rbac.authorization.k8s.io", "resource.k8s.io", "scheduling.k8s.io", "storage.k8s.io",
        "storagemigration.k8s.io",
    ]

    /// Nil for kinds of other groups, of which nothing is known.
    static func isClusterScoped(_ kind: ParamKind) -> Bool? {
        let parts = kind.apiVersion.split(separator: "/")
        let group = parts.count == 2 ? String(parts[0]) : ""
        return groups.contains(group) ? clusterScoped.contains(kind.kind) : nil
    }
}

/// Everything that rules refer to, as files gave it: parameters and namespaces.
struct ObjectStore: Sendable {
    private var tables: [ParamKind: ObjectTable] = [:]
    private var namespaces: [NamespaceEntry] = []
    /// The kinds that definitions among the objects make known.
    private(set) var definitions: [ParamKind: KindDefinition] = [:]
    /// Keep what the nodes refer to.
    private var documents: [JSONDocument] = []

    init() {}

    init(_ objects: [(kind: ParamKind, node: JSONNode)], documents: [JSONDocument]) {
        self.documents = documents
        var nodes: [ParamKind: [JSONNode]] = [:]
        for (kind, node) in objects {
            nodes[kind, default: []].append(node)
            if kind.kind == "CustomResourceDefinition" { note(node) }
        }
        let scopes = definitions.mapValues { !$0.isNamespaced }
        for (kind, list) in nodes { tables[kind] = ObjectTable(kind, list, scopes: scopes) }
        let spaces = nodes[ParamKind(apiVersion: "v1", kind: "Namespace")] ?? []
        namespaces = spaces.compactMap(NamespaceEntry.init)
    }

    /// Notes the kinds that a definition makes known.
    private mutating func note(_ definition: JSONNode) {
        guard let spec = definition["spec"], let group = spec["group"]?.string,
            let kind = spec["names"]?["kind"]?.string, let versions = spec["versions"]
        else { return }
        let resource = spec["names"]?["plural"]?.string ?? ResourceNames.plural(of: kind)
        for version in versions.elements {
            let apiVersion = "\(group)/\(version["name"]?.string ?? "")"
            definitions[ParamKind(apiVersion: apiVersion, kind: kind)] = KindDefinition(
                resource: resource, isNamespaced: spec["scope"]?.string != "Cluster")
        }
    }

    func table(_ kind: ParamKind) -> ObjectTable? { tables[kind] }

    /// The namespace of that name; nil where no file has it.
    func namespace(_ name: JSONNode) -> NamespaceEntry? {
        for index in namespaces.indices where name.equals(namespaces[index].name.utf8.span) {
            return namespaces[index]
        }
        return nil
    }
}

/// A namespace as expressions see it.
struct NamespaceEntry: Sendable {
    let name: String
    let document: JSONDocument

    private static let metadataKeys = [
        "name", "generateName", "namespace", "uid", "resourceVersion", "generation", "creationTimestamp",
        "deletionTimestamp", "deletionGracePeriodSeconds", "annotations", "finalizers",
    ]

    /// The namespace with what expressions may see of it, and the label that all namespaces have.
    init?(_ node: JSONNode) {
        guard let name = node["metadata"]?["name"]?.string else { return nil }
        var builder = JSONBuilder()
        builder.beginObject()
        builder.key("metadata")
        builder.beginObject()
        for key in Self.metadataKeys {
            guard let value = node["metadata"]?[key], !value.isNull else { continue }
            builder.key(key)
            builder.copy(value)
        }
        Self.addLabels(node["metadata"]?["labels"], name, &builder)
        builder.endObject()
        for key in ["spec", "status"] {
            builder.key(key)
            if let value = node[key], value.isObject {
                builder.copy(value)
            } else {
                builder.beginObject()
                builder.endObject()
            }
        }
        builder.endObject()
        self.init(name, builder)
    }

    /// A namespace of which nothing is known but its name.
    init?(named name: String) {
        var builder = JSONBuilder()
        builder.beginObject()
        builder.key("metadata")
        builder.beginObject()
        builder.key("name")
        builder.string(name)
        Self.addLabels(nil, name, &builder)
        builder.endObject()
        builder.key("spec")
        builder.beginObject()
        builder.key("finalizers")
        builder.beginArray()
        builder.string("kubernetes")
        builder.endArray()
        builder.endObject()
        builder.key("status")
        builder.beginObject()
        builder.key("phase")
        builder.string("Active")
        builder.endObject()
        builder.endObject()
        self.init(name, builder)
    }

    private init?(_ name: String, _ builder: consuming JSONBuilder) {
        do throws(JSONError) { document = try builder.finish() } catch { return nil }
        self.name = name
    }

    private static func addLabels(_ labels: JSONNode?, _ name: String, _ builder: inout JSONBuilder) {
        builder.key("labels")
        builder.beginObject()
        var hasName = false
        if let labels {
            for member in labels.members {
                member.key.withUTF8 { builder.key($0) }
                builder.copy(member.value)
                if member.key.equals("kubernetes.io/metadata.name") { hasName = true }
            }
        }
        if !hasName {
            builder.key(LabelSelector.namespaceNameKey)
            builder.string(name)
        }
        builder.endObject()
    }

    var labels: JSONNode? { document.root["metadata"]?["labels"] }
}
