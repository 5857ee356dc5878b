package import JSON

/// What is registered otherwise than it should be.
package enum RegistrationDrift {
    /// The differences between a configuration and what it should be, a sentence each; the order of webhooks counts only
    /// where they change objects.
    package static func differences(_ found: JSONNode, _ wanted: JSONNode) -> [String] {
        var differences: [String] = []
        let (foundNames, wantedNames) = (names(found), names(wanted))
        for name in wantedNames where !foundNames.contains(name) { differences.append("\(name) is missing") }
        for name in foundNames where !wantedNames.contains(name) { differences.append("\(name) should not be there") }
        let isOrdered = wanted["kind"]?.string == Webhook.Phase.mutate.kind
        if isOrdered, Set(foundNames) == Set(wantedNames), foundNames != wantedNames {
            differences.append("the webhooks stand in another order than \(wantedNames.joined(separator: ", "))")
        }
        for name in wantedNames {
            guard let one = webhook(name, found), let other = webhook(name, wanted) else { continue }
            compare(name, one, other, &differences)
        }
        return differences
    }

    private static func names(_ root: JSONNode) -> [String] {
        root["webhooks"]?.elements.map { $0["name"]?.string ?? "" } ?? []
    }

    private static func webhook(_ name: String, _ root: JSONNode) -> JSONNode? {
        root["webhooks"]?.elements.first { $0["name"]?.string == name }
    }

    private static func compare(
        _ path: String, _ found: JSONNode?, _ wanted: JSONNode?, _ differences: inout [String]
    ) {
        if let found, let wanted, let one = named(found), let other = named(wanted) {
            // An API server keeps these by their names.
            for key in Set(one.keys).union(other.keys).sorted() {
                compare("\(path)[\(key)]", one[key], other[key], &differences)
            }
            return
        }
        guard let found, let wanted, found.isObject, wanted.isObject else {
            if let found, let wanted, found.isEqual(to: wanted) { return }
            differences.append("\(path) is \(text(found)), should be \(text(wanted))")
            return
        }
        let keys = Set((found.members.map(\.key) + wanted.members.map(\.key)).compactMap(\.string)).sorted()
        for key in keys { compare("\(path).\(key)", found[key], wanted[key], &differences) }
    }

    /// The elements of a list by their names; nil where they have none.
    private static func named(_ list: JSONNode) -> [String: JSONNode]? {
        guard list.isArray, list.count > 0 else { return nil }
        var elements: [String: JSONNode] = [:]
        for element in list.elements {
            guard let name = element["name"]?.string, elements.updateValue(element, forKey: name) == nil else {
                return nil
            }
        }
        return elements
    }

    private static let charactersMax = 80

    private static func text(_ node: JSONNode?) -> String {
        guard let text = node?.text() else { return "absent" }
        return text.count > charactersMax ? "\(text.prefix(charactersMax))…" : text
    }
}
