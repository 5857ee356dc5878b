/// An object as the API server keeps it: without managedFields, which are told apart by manager.
struct StoredObject: Sendable {
    /// Who set fields, and how: an apply and an update of the same manager are two owners.
    struct Owner: Hashable, Sendable {
        let manager: String
        let operation: String
    }

    var value: Value
    var owners: [Owner: FieldSet] = [:]

    /// The object as it is shown.
    func shown(_ kind: KindTable.Entry) -> Value {
        var shown = value
        let entries = owners.filter { !$0.value.isEmpty }.sorted {
            ($0.key.manager, $0.key.operation) < ($1.key.manager, $1.key.operation)
        }
        shown["metadata"]["managedFields"] =
            entries.isEmpty
            ? .null
            : .array(
                entries.map { owner, fields in
                    [
                        "manager": .string(owner.manager), "operation": .string(owner.operation),
                        "apiVersion": .string(kind.apiVersion), "fieldsType": "FieldsV1", "fieldsV1": fields.fieldsV1,
                        "time": "2026-01-01T00:00:00Z",
                    ]
                })
        return shown
    }

    /// Another state that `manager` has put in this one's place: what it changed is its own from now on.
    func updated(to next: Value, by manager: String) -> StoredObject {
        var result = StoredObject(value: next, owners: owners)
        let fields = next.fields()
        let changed = fields.filter { next.at($0[...]) != value.at($0[...]) }
        for owner in result.owners.keys { result.owners[owner]?.subtract(changed) }
        for owner in result.owners.keys { result.owners[owner]?.formIntersection(fields) }
        result.owners[Owner(manager: manager, operation: "Update"), default: []].formUnion(changed)
        return result
    }

    /// Fields of another owner that `applied` would change, with that owner.
    func conflicts(_ applied: Value, by manager: String) -> [(owner: Owner, path: [FieldStep])] {
        let own = Owner(manager: manager, operation: "Apply")
        return applied.fields().sorted { $0.lexicographicallyPrecedes($1) }.flatMap { path in
            guard value.at(path[...]) != .null, value.at(path[...]) != applied.at(path[...]), !Self.isItem(path) else {
                return [(owner: Owner, path: [FieldStep])]()
            }
            return owners.filter { $0.key != own && $0.value.contains(path) }.map { ($0.key, path) }
        }
    }

    /// The state after `manager` has applied `applied`: what it applied before and leaves out now goes, unless somebody else
    /// owns it too.
    func applied(_ applied: Value, by manager: String) -> StoredObject {
        let own = Owner(manager: manager, operation: "Apply")
        let fields = applied.fields()
        var result = StoredObject(value: value.merged(with: applied), owners: owners)
        for (owner, path) in conflicts(applied, by: manager) { result.owners[owner]?.remove(path) }
        let left = (owners[own] ?? []).subtracting(fields)
        for path in left.sorted(by: { $0.count > $1.count }) {
            let isShared = owners.contains { $0.key != own && $0.value.contains { $0.starts(with: path) } }
            if !isShared { result.value = result.value.removing(path[...]) }
        }
        result.owners[own] = fields
        return result
    }

    private static func isItem(_ path: [FieldStep]) -> Bool {
        if case .item = path.last { return true }
        return false
    }
}
