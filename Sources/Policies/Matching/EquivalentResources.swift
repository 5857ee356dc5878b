import JSON

/// A resource in one version of its group, with the kind of its objects.
public struct VersionedResource: Sendable, Hashable {
    /// The API group; empty for the core.
    public let group: String
    /// The version.
    public let version: String
    /// The plural name.
    public let resource: String
    /// The group of the object's kind, as `autoscaling` for every `scale`.
    public let kindGroup: String
    /// The version of the object's kind.
    public let kindVersion: String
    /// The object's kind.
    public let kind: String

    /// A resource whose objects' kind is of its own group and version, unless said otherwise.
    public init(
        _ group: String, _ version: String, _ resource: String, kind: String, kindGroup: String? = nil,
        kindVersion: String? = nil
    ) {
        self.group = group
        self.version = version
        self.resource = resource
        self.kindGroup = kindGroup ?? group
        self.kindVersion = kindVersion ?? version
        self.kind = kind
    }
}

/// Which resources are the same objects under different names: what `matchPolicy: Equivalent` goes by.
public struct EquivalentResources: Sendable {
    /// Each set with the subresource that it is for; empty for the objects themselves.
    private let sets: [(part: String, resources: [VersionedResource])]

    /// A table of sets, in the order in which the versions are tried.
    public init(_ sets: [(part: String, resources: [VersionedResource])]) { self.sets = sets }

    /// The others that a resource, or a part of it, is equivalent to.
    func others(group: JSONText, version: JSONText, resource: JSONText, part: JSONText) -> [VersionedResource] {
        func isAsked(_ one: VersionedResource) -> Bool {
            group.equals(one.group) && version.equals(one.version) && resource.equals(one.resource)
        }
        let set = sets.first { part.equals($0.part) && $0.resources.contains(where: isAsked) }
        return set?.resources.filter { !isAsked($0) } ?? []
    }

    /// The groups that an API server of version 1.36 serves in several versions, or under several names.
    public static let builtin = EquivalentResources(
        several("", ["v1"], "events", "Event", alias: ("events.k8s.io", "v1"))
            + several(
                "autoscaling", ["v2", "v1"], "horizontalpodautoscalers", "HorizontalPodAutoscaler", hasStatus: true)
            + several("networking.k8s.io", ["v1", "v1beta1"], "ipaddresses", "IPAddress")
            + several("networking.k8s.io", ["v1", "v1beta1"], "servicecidrs", "ServiceCIDR", hasStatus: true)
            + several("coordination.k8s.io", ["v1beta1", "v1alpha2"], "leasecandidates", "LeaseCandidate")
            + several("storage.k8s.io", ["v1", "v1beta1"], "volumeattributesclasses", "VolumeAttributesClass")
            + several("certificates.k8s.io", ["v1beta1", "v1alpha1"], "clustertrustbundles", "ClusterTrustBundle")
            + several("resource.k8s.io", ["v1", "v1beta2", "v1beta1"], "deviceclasses", "DeviceClass")
            + several(
                "resource.k8s.io", ["v1", "v1beta2", "v1beta1"], "resourceclaims", "ResourceClaim", hasStatus: true)
            + several(
                "resource.k8s.io", ["v1", "v1beta2", "v1beta1"], "resourceclaimtemplates", "ResourceClaimTemplate")
            + several("resource.k8s.io", ["v1", "v1beta2", "v1beta1"], "resourceslices", "ResourceSlice"))

    private static func several(
        _ group: String, _ versions: [String], _ resource: String, _ kind: String, hasStatus: Bool = false,
        alias: (group: String, version: String)? = nil
    ) -> [(part: String, resources: [VersionedResource])] {
        var resources = versions.map { VersionedResource(group, $0, resource, kind: kind) }
        if let alias { resources.append(VersionedResource(alias.group, alias.version, resource, kind: kind)) }
        return [("", resources)] + (hasStatus ? [("status", resources)] : [])
    }
}
