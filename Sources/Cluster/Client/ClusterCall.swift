internal import HTTP

/// One request as rules of RBAC see it, and as it goes over the wire.
struct ClusterCall {
    /// RBAC's verb.
    let verb: String
    let method: HTTPMethod
    let resource: ClusterResource
    let namespace: String?
    /// The object's name; nil where the request is about all of them.
    let name: String?
    var query: [(name: String, value: String)] = []
    var contentType: String?
    var body: [UInt8] = []

    init(_ verb: String, _ method: HTTPMethod, _ object: ObjectReference) {
        self.verb = verb
        self.method = method
        resource = object.resource
        namespace = object.namespace
        name = object.name
    }

    init(_ verb: String, _ method: HTTPMethod, _ resource: ClusterResource, in namespace: String?) {
        self.verb = verb
        self.method = method
        self.resource = resource
        self.namespace = resource.isNamespaced ? namespace : nil
        name = nil
    }

    /// An object is created at the path of its kind.
    var target: String {
        let path = resource.path(in: namespace)
        let own = name.map { "\(path)/\(PathText.encoded($0))" } ?? path
        return verb == "create" ? path + queryText : own + queryText
    }

    private var queryText: String {
        let pairs = query.map { "\($0.name)=\(PathText.encoded($0.value))" }
        return pairs.isEmpty ? "" : "?" + pairs.joined(separator: "&")
    }

    /// What the request is about, in words: `Secret portcullis-system/portcullis-tls`.
    var subject: String {
        if let name { return ObjectReference(resource, name, in: namespace).description }
        return "\(resource.plural)\(namespace.map { " in the namespace \($0)" } ?? "")"
    }

    /// What is wrong with its names; nil where they can be sent.
    var problem: ClusterError? {
        for text in [name, namespace].compactMap({ $0 }) where !PathText.isName(text) {
            return ClusterError(.configuration, "'\(text)' cannot be a name in a cluster")
        }
        if resource.isNamespaced, name != nil, namespace == nil {
            return ClusterError(.configuration, "\(subject) needs a namespace")
        }
        return nil
    }
}
