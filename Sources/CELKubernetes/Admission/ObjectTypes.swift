public import CEL

/// Object types that are known in full: their names, and the types of their fields.
public struct ObjectTypes: TypeProvider {
    private let fields: [String: [String: CELType]]

    /// Types by name, with their fields.
    init(_ fields: [String: [String: CELType]]) { self.fields = fields }

    /// Whether there is an object type of that name.
    public func hasObject(_ name: String) -> Bool { fields[name] != nil }

    /// The type of a field; nil where there is no such field.
    public func field(_ field: String, of object: String) -> CELType? { fields[object]?[field] }

    /// What a policy may ask about a request and about the namespace that the object lies in.
    public static let admission = ObjectTypes([
        "kubernetes.AdmissionRequest": [
            "kind": .object("kubernetes.GroupVersionKind"),
            "resource": .object("kubernetes.GroupVersionResource"),
            "subResource": .string,
            "requestKind": .object("kubernetes.GroupVersionKind"),
            "requestResource": .object("kubernetes.GroupVersionResource"),
            "requestSubResource": .string,
            "name": .string,
            "namespace": .string,
            "operation": .string,
            "userInfo": .object("kubernetes.UserInfo"),
            "dryRun": .bool,
            "options": .dyn,
        ],
        "kubernetes.GroupVersionKind": ["group": .string, "version": .string, "kind": .string],
        "kubernetes.GroupVersionResource": ["group": .string, "version": .string, "resource": .string],
        "kubernetes.UserInfo": [
            "username": .string, "uid": .string, "groups": .list(.string), "extra": .map(.string, .list(.string)),
        ],
        "kubernetes.Namespace": [
            "metadata": .object("kubernetes.NamespaceMetadata"),
            "spec": .object("kubernetes.NamespaceSpec"),
            "status": .object("kubernetes.NamespaceStatus"),
        ],
        "kubernetes.NamespaceMetadata": [
            "name": .string, "generateName": .string, "namespace": .string, "labels": .map(.string, .string),
            "annotations": .map(.string, .string), "UID": .string, "creationTimestamp": .timestamp,
            "deletionGracePeriodSeconds": .int, "deletionTimestamp": .timestamp, "generation": .int,
            "resourceVersion": .string, "finalizers": .list(.string),
        ],
        "kubernetes.NamespaceSpec": ["finalizers": .list(.string)],
        "kubernetes.NamespaceStatus": [
            "conditions": .list(.object("kubernetes.NamespaceCondition")), "phase": .string,
        ],
        "kubernetes.NamespaceCondition": [
            "status": .string, "type": .string, "lastTransitionTime": .timestamp, "message": .string,
            "reason": .string,
        ],
    ])
}
