extension ClusterState {
    private static let bodyBytesMax = 3 << 20
    private static let patchTypes = [
        "application/json-patch+json", "application/merge-patch+json", "application/strategic-merge-patch+json",
        "application/apply-patch+yaml", "application/apply-patch+cbor",
    ]

    /// The body as an object of that kind, or what is wrong with it.
    private func object(
        _ request: RecordedRequest, _ kind: KindTable.Entry, _ target: RequestTarget
    ) -> Result<Value, Refusal> {
        guard request.body.count <= Self.bodyBytesMax else {
            return .failure(
                Refusal(
                    Answer(
                        413, "RequestEntityTooLarge", "Request entity too large: limit is \(Self.bodyBytesMax)",
                        details: [:])))
        }
        guard let value = Value(request.body), value.isObject else {
            return .failure(Refusal(.badRequest("the object provided is unrecognized (must be of type \(kind.kind))")))
        }
        guard value["apiVersion"].text == kind.apiVersion, value["kind"].text == kind.kind else {
            return .failure(
                Refusal(
                    .badRequest(
                        "\(kind.kind) in version \"\(kind.version)\" cannot be handled as a \(kind.kind): no kind "
                            + "\"\(value["kind"].text ?? "")\" is registered for version \"\(value["apiVersion"].text ?? "")\""
                    )))
        }
        let metadata = value["metadata"]
        if let name = target.name, let own = metadata["name"].text, name != own {
            return .failure(
                Refusal(.badRequest("the name of the object (\(own)) does not match the name on the URL (\(name))")))
        }
        if let own = metadata["namespace"].text, own != target.namespace {
            return .failure(
                Refusal(
                    .badRequest("the namespace of the provided object does not match the namespace sent on the request")
                ))
        }
        return .success(value)
    }

    struct Refusal: Error {
        let answer: Answer
        init(_ answer: Answer) { self.answer = answer }
    }

    mutating func list(_ request: RecordedRequest, _ kind: KindTable.Entry, _ target: RequestTarget) -> Answer {
        guard request.query["watch"] == nil else { return .badRequest("watching is not offered here") }
        let all = objects.filter {
            $0.key.kind == kind && (target.namespace == nil || $0.key.namespace == target.namespace)
        }
        .filter { Selector.matches(request.query["labelSelector"] ?? "", $0.value.value["metadata"]["labels"]) }
        .filter { Selector.matchesName(request.query["fieldSelector"] ?? "", $0.key.name) }
        .sorted { ($0.key.namespace ?? "", $0.key.name) < ($1.key.namespace ?? "", $1.key.name) }
        let limit = request.query["limit"].flatMap { Int($0) } ?? 0
        var start = 0
        if let token = request.query["continue"] {
            guard token.hasPrefix("page-"), let number = Int(token.dropFirst(5)) else {
                return .badRequest("continue key is not valid: illegal base64 data")
            }
            start = number
        }
        let end = limit > 0 ? min(start + limit, all.count) : all.count
        // Lists of built-in kinds leave out what every item would repeat.
        let items = all[min(start, end)..<end].map { place, object in
            var item = object.shown(place.kind)
            item["apiVersion"] = .null
            item["kind"] = .null
            return item
        }
        var metadata: Value = ["resourceVersion": "1"]
        if end < all.count { metadata["continue"] = .string("page-\(end)") }
        return Answer(
            200,
            [
                "kind": .string("\(kind.kind)List"), "apiVersion": .string(kind.apiVersion), "metadata": metadata,
                "items": .array(items),
            ])
    }

    mutating func create(_ request: RecordedRequest, _ kind: KindTable.Entry, _ target: RequestTarget) -> Answer {
        guard request.mediaType == "application/json" else {
            return .unsupportedMediaType([
                "application/json", "application/yaml", "application/vnd.kubernetes.protobuf",
            ])
        }
        switch object(request, kind, target) {
        case .failure(let refusal): return refusal.answer
        case .success(let value):
            guard let name = value["metadata"]["name"].text, !name.isEmpty else {
                return .invalid(
                    kind.kind, kind.group, "", [.required("metadata.name", "name or generateName is required")])
            }
            guard value["metadata"]["resourceVersion"] == .null else {
                return Answer(
                    500, "InternalError",
                    "Internal error occurred: resourceVersion should not be set on objects to be created")
            }
            let place = Place(kind: kind, namespace: target.namespace, name: name)
            if objects[place] != nil { return .exists(kind, name) }
            return write(
                request, place, nil,
                StoredObject(value: .null).updated(to: ObjectRules.defaulted(value, kind), by: request.manager), 201)
        }
    }

    mutating func update(_ request: RecordedRequest, _ kind: KindTable.Entry, _ target: RequestTarget) -> Answer {
        guard request.mediaType == "application/json" else {
            return .unsupportedMediaType([
                "application/json", "application/yaml", "application/vnd.kubernetes.protobuf",
            ])
        }
        switch object(request, kind, target) {
        case .failure(let refusal): return refusal.answer
        case .success(let value):
            let place = place(kind, target)
            guard let old = objects[place] else { return .notFound(kind, place.name) }
            if let refusal = mismatch(value, old, place) { return refusal }
            if value["metadata"]["resourceVersion"] == .null, !kind.isUnconditional {
                return .invalid(
                    kind.kind, kind.group, place.name,
                    [.invalid("metadata.resourceVersion", "0x0", "must be specified for an update")])
            }
            return write(
                request, place, old, old.updated(to: ObjectRules.defaulted(value, kind), by: request.manager), 200)
        }
    }

    /// What the object must still be.
    private func mismatch(_ value: Value, _ old: StoredObject, _ place: Place) -> Answer? {
        let (wanted, present) = (value["metadata"], old.value["metadata"])
        if let uid = wanted["uid"].text, uid != present["uid"].text {
            return .conflict(
                place.kind, place.name,
                "Precondition failed: UID in precondition: \(uid), UID in object meta: \(present["uid"].text ?? "")")
        }
        if let version = wanted["resourceVersion"].text, version != present["resourceVersion"].text {
            return .conflict(place.kind, place.name, Answer.modified)
        }
        return nil
    }

    mutating func patch(
        _ request: RecordedRequest, _ kind: KindTable.Entry, _ target: RequestTarget, _ user: String
    ) -> Answer {
        guard request.mediaType == "application/apply-patch+yaml" else { return .unsupportedMediaType(Self.patchTypes) }
        guard let manager = request.query["fieldManager"], !manager.isEmpty else {
            return .invalid(
                "PatchOptions", "meta.k8s.io", "", [.required("fieldManager", "is required for apply patch")])
        }
        switch object(request, kind, target) {
        case .failure(let refusal): return refusal.answer
        case .success(let value):
            if value["metadata"]["managedFields"] != .null { return .badRequest("metadata.managedFields must be nil") }
            let place = place(kind, target)
            if let refusal = Self.undeclared(value, place) { return refusal }
            let old = objects[place]
            if old == nil, !isAllowed(user, "create", target) {
                // The real one says no more when an apply would create.
                return Answer(
                    403, "Forbidden", "\(kind.qualified) \"\(place.name)\" is forbidden: ",
                    details: kind.details(place.name))
            }
            if let old, let refusal = mismatch(value, old, place) { return refusal }
            let present = old ?? StoredObject(value: .null)
            let conflicts = present.conflicts(value, by: manager)
            if !conflicts.isEmpty, request.query["force"] != "true" { return Self.applyConflict(conflicts, kind) }
            var next = present.applied(value, by: manager)
            next.value = ObjectRules.defaulted(next.value, kind)
            return write(request, place, old, next, old == nil ? 201 : 200)
        }
    }

    /// The real one calls this an error of its own.
    private static func undeclared(_ value: Value, _ place: Place) -> Answer? {
        let fields = FieldNames.undeclared(value, place.kind)
        guard let first = fields.first else { return nil }
        let list = fields.count == 1 ? first : "errors:\n" + fields.map { "  \($0)" }.joined(separator: "\n")
        let object = "\(place.namespace ?? "")/\(place.name); \(place.kind.apiVersion), Kind=\(place.kind.kind)"
        return Answer(500, "", "failed to create typed patch object (\(object)): \(list)")
    }

    private static func applyConflict(
        _ conflicts: [(owner: StoredObject.Owner, path: [FieldStep])], _ kind: KindTable.Entry
    ) -> Answer {
        func text(_ path: [FieldStep]) -> String {
            path.map { step in
                switch step {
                case .field(let name): ".\(name)"
                case .item(let key, let value): "[\(key)=\"\(value)\"]"
                }
            }.joined()
        }
        let using = conflicts.map { "conflict with \"\($0.owner.manager)\" using \(kind.apiVersion): \(text($0.path))" }
        let message =
            conflicts.count == 1
            ? "Apply failed with 1 conflict: \(using[0])"
            : "Apply failed with \(conflicts.count) conflicts: " + using.joined(separator: "\n")
        return Answer(
            409, "Conflict", message,
            details: [
                "causes": .array(
                    conflicts.map {
                        [
                            "reason": "FieldManagerConflict", "field": .string(text($0.path)),
                            "message": .string("conflict with \"\($0.owner.manager)\" using \(kind.apiVersion)"),
                        ]
                    })
            ])
    }

    mutating func delete(_ request: RecordedRequest, _ kind: KindTable.Entry, _ target: RequestTarget) -> Answer {
        let place = place(kind, target)
        guard let old = objects[place] else { return .notFound(kind, place.name) }
        if !request.body.isEmpty {
            guard request.mediaType == "application/json" else {
                return .unsupportedMediaType([
                    "application/json", "application/yaml", "application/vnd.kubernetes.protobuf",
                ])
            }
            guard let options = Value(request.body), options["kind"] == "DeleteOptions" else {
                return .badRequest("the object provided is unrecognized (must be of type DeleteOptions)")
            }
            let wanted: Value = ["metadata": options["preconditions"]]
            if let refusal = mismatch(wanted, old, place) { return refusal }
        }
        if request.query["dryRun"] == nil { objects[place] = nil }
        return Answer(
            200,
            [
                "kind": "Status", "apiVersion": "v1", "metadata": [:], "status": "Success",
                "details": kind.details(place.name).merged(with: ["uid": old.value["metadata"]["uid"]]),
            ])
    }

    private mutating func write(
        _ request: RecordedRequest, _ place: Place, _ old: StoredObject?, _ next: StoredObject, _ code: Int
    ) -> Answer {
        if old == nil, let namespace = place.namespace,
            !objects.keys.contains(where: { $0.kind.plural == "namespaces" && $0.name == namespace })
        {
            return Answer(
                404, "NotFound", "namespaces \"\(namespace)\" not found",
                details: ["name": .string(namespace), "kind": "namespaces"])
        }
        let problems = ObjectRules.problems(next.value, old?.value, place.kind)
        guard problems.isEmpty else { return .invalid(place.kind.kind, place.kind.group, place.name, problems) }
        return Answer(code, store(place, next, old: old, isDryRun: request.query["dryRun"] != nil))
    }
}

/// Selectors by equality and by presence, which is what is asked for here.
enum Selector {
    static func matches(_ selector: String, _ labels: Value) -> Bool {
        selector.split(separator: ",").allSatisfy { requirement in
            let parts = requirement.split(separator: "=").map(String.init)
            if requirement.hasPrefix("!") { return labels[String(requirement.dropFirst())] == .null }
            if parts.count == 1 { return labels[parts[0]] != .null }
            return labels[parts[0]].text == parts.last
        }
    }

    static func matchesName(_ selector: String, _ name: String) -> Bool {
        selector.isEmpty || selector == "metadata.name=\(name)"
    }
}
