/// A kind of object as the Kubernetes API addresses it.
public struct ClusterResource: Hashable, Sendable {
    /// The API group; empty for the core.
    public let group: String
    /// The version of the group.
    public let version: String
    /// The word in paths and in rules of RBAC.
    public let plural: String
    /// The word in documents.
    public let kind: String
    /// Whether its objects belong to namespaces.
    public let isNamespaced: Bool

    /// A kind of object.
    public init(group: String, version: String, plural: String, kind: String, isNamespaced: Bool) {
        self.group = group
        self.version = version
        self.plural = plural
        self.kind = kind
        self.isNamespaced = isNamespaced
    }

    /// `v1` Secrets.
    public static let secrets = core("secrets", "Secret")
    /// `v1` ConfigMaps.
    public static let configMaps = core("configmaps", "ConfigMap")
    /// `v1` Namespaces.
    public static let namespaces = ClusterResource(
        group: "", version: "v1", plural: "namespaces", kind: "Namespace", isNamespaced: false)
    /// `discovery.k8s.io/v1` EndpointSlices.
    public static let endpointSlices = ClusterResource(
        group: "discovery.k8s.io", version: "v1", plural: "endpointslices", kind: "EndpointSlice", isNamespaced: true)
    /// `admissionregistration.k8s.io/v1` ValidatingWebhookConfigurations.
    public static let validatingWebhookConfigurations = registration(
        "validatingwebhookconfigurations", "ValidatingWebhookConfiguration")
    /// `admissionregistration.k8s.io/v1` MutatingWebhookConfigurations.
    public static let mutatingWebhookConfigurations = registration(
        "mutatingwebhookconfigurations", "MutatingWebhookConfiguration")

    private static func core(_ plural: String, _ kind: String) -> ClusterResource {
        ClusterResource(group: "", version: "v1", plural: plural, kind: kind, isNamespaced: true)
    }

    private static func registration(_ plural: String, _ kind: String) -> ClusterResource {
        ClusterResource(
            group: "admissionregistration.k8s.io", version: "v1", plural: plural, kind: kind, isNamespaced: false)
    }

    /// What documents have as `apiVersion`.
    public var apiVersion: String { group.isEmpty ? version : "\(group)/\(version)" }

    /// The path of all its objects, or of a namespace's.
    func path(in namespace: String?) -> String {
        let root = group.isEmpty ? "/api/\(version)" : "/apis/\(group)/\(version)"
        guard isNamespaced, let namespace else { return "\(root)/\(plural)" }
        return "\(root)/namespaces/\(PathText.encoded(namespace))/\(plural)"
    }
}

/// One object by its kind, its namespace and its name.
public struct ObjectReference: Hashable, Sendable, CustomStringConvertible {
    /// What kind of object.
    public let resource: ClusterResource
    /// Where it is; nil for what belongs to no namespace.
    public let namespace: String?
    /// Its name.
    public let name: String

    /// The object of that name.
    public init(_ resource: ClusterResource, _ name: String, in namespace: String? = nil) {
        self.resource = resource
        self.name = name
        self.namespace = resource.isNamespaced ? namespace : nil
    }

    /// `Secret portcullis-system/portcullis-tls`
    public var description: String { "\(resource.kind) \(namespace.map { $0 + "/" } ?? "")\(name)" }

    var path: String { "\(resource.path(in: namespace))/\(PathText.encoded(name))" }
}

/// Text inside of paths and queries.
enum PathText {
    /// Whether the text can be a name: these would lead to another path, encoded or not.
    static func isName(_ text: String) -> Bool {
        !text.isEmpty && text != "." && text != ".." && !text.utf8.contains { $0 == 0x2F || $0 == 0x25 }
    }

    /// RFC 3986: whatever is not unreserved is percent-encoded.
    static func encoded(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            if isUnreserved(byte) {
                bytes.append(byte)
            } else {
                bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "~"):
            true
        default: false
        }
    }
}
