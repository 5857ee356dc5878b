import CELKubernetes
import JSON

extension ObjectKind {
    /// The kind that an object says it is of.
    init(of object: JSONNode) {
        let version = object["apiVersion"]?.string ?? ""
        let parts = version.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        self.init(
            group: parts.count == 2 ? String(parts[0]) : "", version: String(parts.last ?? ""),
            kind: object["kind"]?.string ?? "")
    }

    /// The group and version as objects have them.
    var apiVersion: String { group.isEmpty ? version : "\(group)/\(version)" }
}

extension MergeValue {
    /// A map that says it is of a kind, whatever it said before.
    func naming(_ kind: ObjectKind) -> MergeValue {
        let own = members.filter { $0.name != "apiVersion" && $0.name != "kind" }
        let names = [
            Member(name: "apiVersion", value: .string(kind.apiVersion)),
            Member(name: "kind", value: .string(kind.kind)),
        ]
        return .map(names + own)
    }
}

extension Mutator {
    /// Looks at a patched object as the API server does when it reads it again.
    func readAgain(_ object: JSONNode, was original: JSONNode) throws(MutationError) {
        for name: StaticString in ["kind", "apiVersion"] {
            if let value = object[name], value.isString, value.utf8Count > 0 { continue }
            let shown = name.description == "kind" ? "Kind" : "APIVersion"
            throw MutationError(
                "Internal error occurred: Object '\(shown)' is missing in '\(object.text(order: .source))'",
                isInternal: true)
        }
        guard refusesUnknownFields else { return }
        let unknown = unknownFields(of: object)
        guard !unknown.isEmpty else { return }
        let fields = unknown.map { "unknown field \(MergeValue.quoted($0))" }.joined(separator: ", ")
        throw MutationError("Internal error occurred: strict decoding error: \(fields)", isInternal: true)
    }

    /// The fields that an object of a known kind has and its schema does not.
    private func unknownFields(of object: JSONNode) -> [String] {
        let kind = ObjectKind(of: object)
        guard schemas.definition(of: kind) != nil else { return [] }
        var found: [String] = []
        collect(object, MergeType(of: kind, in: schemas), "", 256, &found)
        return found
    }

    private func collect(
        _ node: JSONNode, _ type: MergeType, _ path: String, _ depthLeft: Int, _ found: inout [String]
    ) {
        guard depthLeft > 0 else { return }
        if node.isArray, let list = type.list {
            for (index, element) in node.elements.enumerated() {
                collect(element, list.element, "\(path)[\(index)]", depthLeft - 1, &found)
            }
        }
        guard node.isObject, type.allowsMap else { return }
        for member in node.members {
            let name = member.key.string ?? ""
            let field = path.isEmpty ? name : "\(path).\(name)"
            if let inner = type.namedField(name) ?? type.otherField {
                collect(member.value, inner, field, depthLeft - 1, &found)
            } else {
                found.append(field)
            }
        }
    }
}
