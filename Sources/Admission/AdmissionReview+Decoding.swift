public import JSON

extension AdmissionReview {
    /// Reads the envelope of a parsed review: one walk over its members, nothing copied.
    ///
    /// As in the API's own decoder names are case-sensitive, unknown ones are passed over, `null` is the same as absent,
    /// and the last of two equal names counts (the parser sees to that). Beyond that decoder, a review without `uid`,
    /// `kind`, `resource` or a known operation is refused: no rule could be matched against it.
    public init(decoding root: JSONNode) throws(ReviewError) {
        guard root.isObject else { throw .notAnObject }
        guard let kind = root["kind"], kind.equals("AdmissionReview") else { throw .kind }
        version = try Self.version(root["apiVersion"])
        guard let request = root["request"], !request.isNull else { throw .requestMissing }
        guard request.isObject else { throw .type(.request) }
        var fields = EnvelopeFields()
        for member in request.members where !member.value.isNull { fields.take(member.key, member.value) }
        self.request = request
        uid = try Self.needed(fields[.uid], .uid)
        self.kind = try Self.kind(fields[.kind], .kind)
        resource = try Self.resource(fields[.resource], .resource)
        subResource = try Self.text(fields[.subResource], .subResource)
        requestKind = try fields[.requestKind] == nil ? self.kind : Self.kind(fields[.requestKind], .requestKind)
        requestResource =
            try fields[.requestResource] == nil ? resource : Self.resource(fields[.requestResource], .requestResource)
        requestSubResource = try Self.text(fields[.requestSubResource], .requestSubResource)
        name = try Self.text(fields[.name], .name)
        namespace = try Self.text(fields[.namespace], .namespace)
        operation = try Self.operation(Self.needed(fields[.operation], .operation))
        userInfo = try Self.user(fields[.userInfo])
        object = try Self.object(fields[.object], .object)
        oldObject = try Self.object(fields[.oldObject], .oldObject)
        options = try Self.object(fields[.options], .options)
        isDryRun = try Self.flag(fields[.dryRun], .dryRun)
    }

    private static func version(_ node: JSONNode?) throws(ReviewError) -> ReviewVersion {
        if let node, node.equals(ReviewVersion.v1.apiVersion) { return .v1 }
        if let node, node.equals(ReviewVersion.v1beta1.apiVersion) { return .v1beta1 }
        throw .version
    }

    private static func text(_ node: JSONNode?, _ field: ReviewError.Field) throws(ReviewError) -> ReviewText {
        guard node.map(\.isString) ?? true else { throw .type(field) }
        return ReviewText(node)
    }

    private static func needed(_ node: JSONNode?, _ field: ReviewError.Field) throws(ReviewError) -> ReviewText {
        let text = try text(node, field)
        if text.isEmpty { throw .missing(field) }
        return text
    }

    private static func object(_ node: JSONNode?, _ field: ReviewError.Field) throws(ReviewError) -> JSONNode? {
        guard node.map(\.isObject) ?? true else { throw .type(field) }
        return node
    }

    private static func flag(_ node: JSONNode?, _ field: ReviewError.Field) throws(ReviewError) -> Bool {
        guard let node else { return false }
        guard let value = node.bool else { throw .type(field) }
        return value
    }

    private static func operation(_ text: ReviewText) throws(ReviewError) -> ReviewOperation {
        if text.equals("CREATE") { return .create }
        if text.equals("UPDATE") { return .update }
        if text.equals("DELETE") { return .delete }
        if text.equals("CONNECT") { return .connect }
        throw .operation
    }

    private static func kind(_ node: JSONNode?, _ field: ReviewError.Field) throws(ReviewError) -> ReviewKind {
        let (group, version, name) = try triple(node, "kind", field)
        return ReviewKind(group: group, version: version, kind: name)
    }

    private static func resource(_ node: JSONNode?, _ field: ReviewError.Field) throws(ReviewError) -> ReviewResource {
        let (group, version, name) = try triple(node, "resource", field)
        return ReviewResource(group: group, version: version, resource: name)
    }

    /// A group, a version, and a name under `key`; only the group may be empty.
    private static func triple(
        _ node: JSONNode?, _ key: StaticString, _ field: ReviewError.Field
    ) throws(ReviewError) -> (ReviewText, ReviewText, ReviewText) {
        guard let node else { throw .missing(field) }
        guard node.isObject else { throw .type(field) }
        let group = try text(member(node, "group"), field)
        return (group, try needed(member(node, "version"), field), try needed(member(node, key), field))
    }

    private static func user(_ node: JSONNode?) throws(ReviewError) -> ReviewUser {
        let node = try object(node, .userInfo)
        let groups = member(node, "groups")
        let extra = member(node, "extra")
        guard groups.map(isListOfStrings) ?? true, extra.map(isTableOfLists) ?? true else { throw .type(.userInfo) }
        return ReviewUser(
            username: try text(member(node, "username"), .userInfo), uid: try text(member(node, "uid"), .userInfo),
            groups: groups, extra: extra)
    }

    private static func member(_ node: JSONNode?, _ key: StaticString) -> JSONNode? {
        guard let value = node?[key], !value.isNull else { return nil }
        return value
    }

    private static func isListOfStrings(_ node: JSONNode) -> Bool {
        guard node.isArray else { return false }
        for element in node.elements where !element.isString { return false }
        return true
    }

    private static func isTableOfLists(_ node: JSONNode) -> Bool {
        guard node.isObject else { return false }
        for member in node.members where !member.value.isNull && !isListOfStrings(member.value) { return false }
        return true
    }
}

/// Where the known members of a request are, by field.
private struct EnvelopeFields {
    private var nodes = InlineArray<16, JSONNode?>(repeating: nil)

    subscript(_ field: ReviewError.Field) -> JSONNode? { nodes[Int(field.rawValue)] }

    /// Notes a member if its name is known.
    mutating func take(_ key: JSONNode, _ value: JSONNode) {
        if let field = Self.field(key) { nodes[Int(field.rawValue)] = value }
    }

    /// The field of that name: the length leaves one candidate or two.
    private static func field(_ key: JSONNode) -> ReviewError.Field? {
        switch key.utf8Count {
        case 3: match(key, "uid", .uid)
        case 4: match(key, "kind", .kind) ?? match(key, "name", .name)
        case 6: match(key, "object", .object) ?? match(key, "dryRun", .dryRun)
        case 7: match(key, "options", .options)
        case 8: match(key, "resource", .resource) ?? match(key, "userInfo", .userInfo)
        case 9: match(key, "namespace", .namespace) ?? match(key, "operation", .operation) ?? oldObject(key)
        case 11: match(key, "subResource", .subResource) ?? match(key, "requestKind", .requestKind)
        case 15: match(key, "requestResource", .requestResource)
        case 18: match(key, "requestSubResource", .requestSubResource)
        default: nil
        }
    }

    private static func oldObject(_ key: JSONNode) -> ReviewError.Field? { match(key, "oldObject", .oldObject) }

    @inline(__always)
    private static func match(
        _ key: JSONNode, _ name: StaticString, _ field: ReviewError.Field
    ) -> ReviewError.Field? { key.equals(name) ? field : nil }
}
