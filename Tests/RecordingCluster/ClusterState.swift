/// What an API server knows and what it answers; it owns no socket.
public struct ClusterState: Sendable {
    struct Place: Hashable, Sendable {
        let kind: KindTable.Entry
        let namespace: String?
        let name: String
    }

    /// What a user may do; `nil` and `*` stand for everything.
    struct Grant: Sendable {
        let user: String
        let verbs: [String]
        let group: String
        let resource: String
        let names: [String]
        let namespace: String?

        func covers(_ user: String, _ verb: String, _ target: RequestTarget) -> Bool {
            self.user == user && (verbs.contains("*") || verbs.contains(verb))
                && (group == "*" || group == target.group)
                && (resource == "*" || resource == target.plural)
                && (namespace == nil || namespace == target.namespace)
                && (names.isEmpty || verb != "create" && target.name.map(names.contains) == true)
        }
    }

    var objects: [Place: StoredObject] = [:]
    var grants: [Grant] = []
    var tokens: [String: String] = [:]
    var requests: [RecordedRequest] = []
    var scripted: [Answer] = []
    var interposed: [(method: String, change: @Sendable (inout ClusterState) -> Void)] = []
    private var version = 100
    private var uids = 0

    /// Puts an object there as `manager` would, whatever is there already. The JSON is that of a whole object.
    public mutating func put(_ json: String, manager: String = "kubectl") {
        guard let value = Value(json),
            let kind = KindTable.entry(apiVersion: value["apiVersion"].text ?? "", kind: value["kind"].text ?? "")
        else { preconditionFailure("no object of a known kind: \(json)") }
        let place = Place(
            kind: kind, namespace: kind.isNamespaced ? value["metadata"]["namespace"].text : nil,
            name: value["metadata"]["name"].text ?? "")
        let whole = ObjectRules.defaulted(value, kind)
        let old = objects[place] ?? StoredObject(value: .null)
        store(place, old.updated(to: whole, by: manager), old: objects[place])
    }

    /// Removes an object.
    public mutating func remove(_ resource: String, _ name: String, in namespace: String? = nil) {
        for place in objects.keys
        where place.kind.plural == resource && place.name == name && place.namespace == namespace {
            objects[place] = nil
        }
    }

    /// The object as it would be shown; nil where there is none.
    public func object(_ resource: String, _ name: String, in namespace: String? = nil) -> Value? {
        objects.first { $0.key.kind.plural == resource && $0.key.name == name && $0.key.namespace == namespace }
            .map { $0.value.shown($0.key.kind) }
    }

    mutating func answer(_ request: RecordedRequest) -> Answer {
        requests.append(request)
        if !scripted.isEmpty { return scripted.removeFirst() }
        if let index = interposed.firstIndex(where: { $0.method == request.method }) {
            interposed.remove(at: index).change(&self)
        }
        guard let user = request.user else { return .unauthorized }
        if request.path == "/version", request.method == "GET" {
            return Answer(200, ["major": "1", "minor": "36", "gitVersion": "v1.36.2"])
        }
        guard let target = RequestTarget(request.path), let verb = target.verb(request.method) else {
            return .noSuchPath
        }
        guard isAllowed(user, verb, target) else { return .forbidden(target, user, verb) }
        guard let kind = KindTable.entry(target) else {
            return KindTable.entries.contains { $0.group == target.group && $0.version == target.version }
                ? .noSuchResource : .noSuchPath
        }
        if !(request.fields["accept"] ?? "*/*").contains("application/json"), request.fields["accept"] != nil {
            return Answer(
                406, "NotAcceptable", "only the following media types are accepted: application/json", details: [:])
        }
        if let dryRun = request.query["dryRun"], dryRun != "All" {
            return .invalid(
                Self.optionsKind(verb), "meta.k8s.io", "", [.unsupported("dryRun", dryRun, ["All"])])
        }
        return serve(request, kind, target, verb, user)
    }

    private mutating func serve(
        _ request: RecordedRequest, _ kind: KindTable.Entry, _ target: RequestTarget, _ verb: String, _ user: String
    ) -> Answer {
        switch verb {
        case "get":
            guard let found = objects[place(kind, target)] else { return .notFound(kind, target.name ?? "") }
            return Answer(200, found.shown(kind))
        case "list": return list(request, kind, target)
        case "create": return create(request, kind, target)
        case "update": return update(request, kind, target)
        case "patch": return patch(request, kind, target, user)
        case "delete": return delete(request, kind, target)
        default:
            return Answer(
                405, "MethodNotAllowed", "the server does not allow this method on the requested resource", details: [:]
            )
        }
    }

    private static func optionsKind(_ verb: String) -> String {
        switch verb {
        case "create": "CreateOptions"
        case "update": "UpdateOptions"
        case "patch": "PatchOptions"
        default: "DeleteOptions"
        }
    }

    func isAllowed(_ user: String, _ verb: String, _ target: RequestTarget) -> Bool {
        grants.contains { $0.covers(user, verb, target) }
    }

    func place(_ kind: KindTable.Entry, _ target: RequestTarget) -> Place {
        Place(kind: kind, namespace: target.namespace, name: target.name ?? "")
    }

    /// Writes a state down, unless it is the one that is there.
    @discardableResult
    mutating func store(_ place: Place, _ object: StoredObject, old: StoredObject?, isDryRun: Bool = false) -> Value {
        var object = object
        var metadata = object.value["metadata"]
        metadata["managedFields"] = .null
        metadata["uid"] = old?.value["metadata"]["uid"] ?? .string("uid-\(uids + 1)")
        metadata["creationTimestamp"] = "2026-01-01T00:00:00Z"
        metadata["resourceVersion"] = old?.value["metadata"]["resourceVersion"] ?? .null
        if !place.kind.isUnconditional { metadata["generation"] = generation(object.value, old?.value) }
        object.value["metadata"] = metadata
        object.value["apiVersion"] = .string(place.kind.apiVersion)
        object.value["kind"] = .string(place.kind.kind)
        if let old, old.value == object.value, old.owners == object.owners { return old.shown(place.kind) }
        // What is only tried out has the version of what is there.
        if isDryRun { return object.shown(place.kind) }
        version += 1
        object.value["metadata"]["resourceVersion"] = .string(String(version))
        if old == nil { uids += 1 }
        objects[place] = object
        return object.shown(place.kind)
    }

    private func generation(_ value: Value, _ old: Value?) -> Value {
        guard let old, case .int(let number) = old["metadata"]["generation"] else { return 1 }
        return value["webhooks"] == old["webhooks"] ? .int(number) : .int(number + 1)
    }
}
