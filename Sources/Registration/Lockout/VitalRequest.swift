import JSON
import Policies

/// A request without which a cluster, or the server itself, cannot come back to life.
struct VitalRequest: Sendable {
    /// What such requests are for.
    enum Area: String, CaseIterable, Sendable {
        case ownNamespace, systemNamespace, nodeLeases, leaderElection, nodes, signingRequests, podLifecycle,
            accessReviews
    }

    let area: Area
    let operation: OperationSet
    let group: String
    let version: String
    /// The kind's own group: what is written of a part of an object may be of another group's kind.
    let kindGroup: String
    let kind: String
    let resource: ResourceRule.Resource
    /// Empty for what is in none.
    let namespace: String
    /// Empty where it may be any.
    let name: String
    let user: String
    let groups: [String]
    /// Whether it bears the labels of everything that the server is made of.
    var isOwn: Bool { area == .ownNamespace }

    var sort: RequestSort {
        RequestSort(
            group: group, version: version, resource: resource,
            scope: namespace.isEmpty || isNamespace ? .cluster : .namespaced)
    }

    var isNamespace: Bool { group.isEmpty && resource.name == "namespaces" }

    /// The request in few words.
    var text: String {
        let place = namespace.isEmpty || isNamespace ? "" : " in \(namespace)"
        let operation = operation.names.joined()
        return "\(operation) \(resource.text)\(place) by \(user)"
    }
}

extension VitalRequest.Area {
    /// What is stopped, and what comes of that.
    func stake(own namespace: String) -> String {
        switch self {
        case .ownNamespace: "the server's own namespace \(namespace), so that it cannot be started or repaired"
        case .systemNamespace: "kube-system, so that the cluster's own components cannot be started or repaired"
        case .nodeLeases: "the heartbeats of nodes in kube-node-lease, so that healthy nodes are taken for dead"
        case .leaderElection: "the leases of scheduler and controllers in kube-system, so that they give up leading"
        case .nodes: "nodes and their status, so that none can join or report"
        case .signingRequests: "certificate signing requests, so that nodes get no certificates"
        case .podLifecycle:
            "what the scheduler, kubelets and evictions write of pods and their tokens, so that none starts or moves"
        case .accessReviews: "questions about who may do what, so that nobody is let in"
        }
    }
}

// MARK: all of them

extension VitalRequest {
    private static func account(_ name: String) -> (String, [String]) {
        (
            "system:serviceaccount:kube-system:\(name)",
            ["system:serviceaccounts", "system:serviceaccounts:kube-system", "system:authenticated"]
        )
    }

    private static let kubelet = ("system:node:worker-1", ["system:nodes", "system:authenticated"])
    private static let scheduler = ("system:kube-scheduler", ["system:authenticated"])
    private static let controllers = ("system:kube-controller-manager", ["system:authenticated"])
    private static let person = ("kubernetes-admin", ["kubeadm:cluster-admins", "system:authenticated"])

    /// A request as a template has it: `UPDATE apps/v1 Deployment deployments`, or `CREATE v1 policy:Eviction pods/eviction`.
    private static func make(
        _ area: Area, _ text: String, in namespace: String = "", by user: (String, [String]), name: String = ""
    ) -> VitalRequest {
        let words = text.split(separator: " ").map(String.init)
        let api = words[1].split(separator: "/").map(String.init)
        let operations: [String: OperationSet] = [
            "CREATE": .create, "UPDATE": .update, "DELETE": .delete, "CONNECT": .connect,
        ]
        let group = api.count == 2 ? api[0] : ""
        let kind = words[2].split(separator: ":").map(String.init)
        return VitalRequest(
            area: area, operation: operations[words[0]] ?? .all, group: group, version: api[api.count - 1],
            kindGroup: kind.count == 2 ? kind[0] : group, kind: kind[kind.count - 1],
            resource: ResourceRule.Resource(words[3]),
            namespace: namespace, name: name, user: user.0, groups: user.1)
    }

    /// The requests that matter, for a server in that namespace.
    static func all(own namespace: String) -> [VitalRequest] {
        own(namespace) + system + leases + clusterWide + podLifecycle + questions
    }

    private static func own(_ namespace: String) -> [VitalRequest] {
        let list: [(String, (String, [String]))] = [
            ("CREATE v1 Pod pods", account("replicaset-controller")),
            ("DELETE v1 Pod pods", account("replicaset-controller")),
            ("UPDATE v1 Pod pods/status", kubelet),
            ("CREATE apps/v1 ReplicaSet replicasets", account("deployment-controller")),
            ("UPDATE apps/v1 Deployment deployments", person),
            ("UPDATE v1 Service services", person),
            ("UPDATE discovery.k8s.io/v1 EndpointSlice endpointslices", account("endpointslice-controller")),
            ("UPDATE v1 Secret secrets", person), ("UPDATE v1 ConfigMap configmaps", person),
            ("CREATE batch/v1 Job jobs", person),
        ]
        return list.map { make(.ownNamespace, $0.0, in: namespace, by: $0.1) }
            + [make(.ownNamespace, "UPDATE v1 Namespace namespaces", in: namespace, by: person, name: namespace)]
    }

    private static let system: [VitalRequest] = [
        ("CREATE v1 Pod pods", account("daemon-set-controller")), ("CREATE v1 Pod pods", kubelet),
        ("DELETE v1 Pod pods", kubelet), ("UPDATE v1 Pod pods/status", kubelet),
        ("CREATE v1 Binding pods/binding", scheduler),
        ("UPDATE apps/v1 DaemonSet daemonsets", person), ("UPDATE apps/v1 Deployment deployments", person),
        ("CREATE apps/v1 ReplicaSet replicasets", account("deployment-controller")),
        ("UPDATE v1 ConfigMap configmaps", person), ("UPDATE v1 Secret secrets", person),
        ("UPDATE discovery.k8s.io/v1 EndpointSlice endpointslices", account("endpointslice-controller")),
        ("UPDATE v1 Service services", person),
        ("CREATE v1 authentication.k8s.io:TokenRequest serviceaccounts/token", controllers),
    ].map { make(.systemNamespace, $0.0, in: "kube-system", by: $0.1) }

    private static let leases: [VitalRequest] =
        ["CREATE", "UPDATE"].map {
            make(.nodeLeases, "\($0) coordination.k8s.io/v1 Lease leases", in: "kube-node-lease", by: kubelet)
        }
        + [("kube-scheduler", scheduler), ("kube-controller-manager", controllers)].map {
            make(
                .leaderElection, "UPDATE coordination.k8s.io/v1 Lease leases", in: "kube-system", by: $0.1,
                name: $0.0)
        }

    private static let clusterWide: [VitalRequest] = [
        (Area.nodes, "CREATE v1 Node nodes", kubelet), (.nodes, "UPDATE v1 Node nodes", kubelet),
        (.nodes, "UPDATE v1 Node nodes", account("node-controller")), (.nodes, "UPDATE v1 Node nodes/status", kubelet),
        (
            .signingRequests, "CREATE certificates.k8s.io/v1 CertificateSigningRequest certificatesigningrequests",
            kubelet
        ),
        (
            .signingRequests,
            "UPDATE certificates.k8s.io/v1 CertificateSigningRequest certificatesigningrequests/approval",
            account("certificate-controller")
        ),
        (
            .signingRequests,
            "UPDATE certificates.k8s.io/v1 CertificateSigningRequest certificatesigningrequests/status",
            account("certificate-controller")
        ),
    ].map { make($0.0, $0.1, by: $0.2) }

    /// In a namespace like any other.
    private static let podLifecycle: [VitalRequest] = [
        ("UPDATE v1 Pod pods/status", kubelet), ("CREATE v1 Binding pods/binding", scheduler),
        ("CREATE v1 policy:Eviction pods/eviction", account("cluster-autoscaler")),
        ("CREATE v1 authentication.k8s.io:TokenRequest serviceaccounts/token", kubelet),
    ].map { make(.podLifecycle, $0.0, in: "default", by: $0.1) }

    private static let questions: [VitalRequest] = [
        make(.accessReviews, "CREATE authentication.k8s.io/v1 TokenReview tokenreviews", by: kubelet),
        make(.accessReviews, "CREATE authorization.k8s.io/v1 SubjectAccessReview subjectaccessreviews", by: kubelet),
    ]
}

// MARK: as expressions see it

extension VitalRequest {
    /// The request, as far as it is known.
    func document() throws(JSONError) -> JSONDocument {
        var builder = JSONBuilder()
        builder.beginObject()
        for key: StaticString in ["kind", "requestKind"] { builder.triple(key, kindGroup, version, "kind", kind) }
        for key: StaticString in ["resource", "requestResource"] {
            builder.triple(key, group, version, "resource", resource.name)
        }
        if !resource.part.isEmpty {
            builder.member("subResource", resource.part)
            builder.member("requestSubResource", resource.part)
        }
        if !name.isEmpty { builder.member("name", name) }
        if !namespace.isEmpty { builder.member("namespace", namespace) }
        builder.member("operation", operation.names.joined())
        builder.key("userInfo")
        builder.beginObject()
        builder.member("username", user)
        builder.key("groups")
        builder.texts(groups)
        builder.endObject()
        builder.key("dryRun")
        builder.bool(false)
        builder.endObject()
        return try builder.finish()
    }
}
