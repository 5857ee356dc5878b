/// The fields that kinds have; an apply with any other is refused.
indirect enum FieldNames {
    /// Anything at all, such as the values of a map.
    case anything
    /// Exactly these.
    case object([String: FieldNames])
    /// Elements of that shape.
    case list(FieldNames)

    /// Fields of a value that its kind does not have, as the API server tells them.
    static func undeclared(_ value: Value, _ kind: KindTable.Entry) -> [String] {
        names(of: kind).undeclared(value, "")
    }

    private func undeclared(_ value: Value, _ path: String) -> [String] {
        switch self {
        case .anything: return []
        case .list(let element):
            return value.elements.enumerated().flatMap { index, item in
                let key = item["name"].text.map { "[name=\"\($0)\"]" } ?? "[\(index)]"
                return element.undeclared(item, path + key)
            }
        case .object(let fields):
            return value.members.sorted { $0.key < $1.key }.flatMap { name, member in
                fields[name].map { $0.undeclared(member, "\(path).\(name)") } ?? [
                    "\(path).\(name): field not declared in schema"
                ]
            }
        }
    }

    private static func fields(_ names: String, _ more: [String: FieldNames] = [:]) -> FieldNames {
        let simple = names.split(separator: " ").map { (String($0), FieldNames.anything) }
        return .object(Dictionary(simple, uniquingKeysWith: { $1 }).merging(more) { $1 })
    }

    private static func names(of kind: KindTable.Entry) -> FieldNames {
        let metadata = fields(
            "name namespace labels annotations finalizers ownerReferences generateName resourceVersion uid generation "
                + "creationTimestamp managedFields")
        let own: [String: FieldNames]
        switch kind.kind {
        case "Secret": own = ["data": .anything, "stringData": .anything, "type": .anything, "immutable": .anything]
        case "ConfigMap": own = ["data": .anything, "binaryData": .anything, "immutable": .anything]
        case "EndpointSlice": own = ["addressType": .anything, "endpoints": .anything, "ports": .anything]
        case "ValidatingWebhookConfiguration": own = ["webhooks": .list(webhook(isMutating: false))]
        case "MutatingWebhookConfiguration": own = ["webhooks": .list(webhook(isMutating: true))]
        default: own = ["spec": .anything, "status": .anything]
        }
        return fields("apiVersion kind", own.merging(["metadata": metadata]) { $1 })
    }

    private static func webhook(isMutating: Bool) -> FieldNames {
        let selector = fields("matchLabels", ["matchExpressions": .list(fields("key operator values"))])
        return fields(
            "name failurePolicy matchPolicy sideEffects timeoutSeconds admissionReviewVersions"
                + (isMutating ? " reinvocationPolicy" : ""),
            [
                "clientConfig": fields("url caBundle", ["service": fields("namespace name path port")]),
                "rules": .list(fields("operations apiGroups apiVersions resources scope")),
                "namespaceSelector": selector, "objectSelector": selector,
                "matchConditions": .list(fields("name expression")),
            ])
    }
}
