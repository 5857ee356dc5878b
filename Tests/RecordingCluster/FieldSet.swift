/// A step into an object, as the fields of server-side apply have it.
enum FieldStep: Hashable, Sendable, Comparable {
    case field(String)
    /// An item of a list that is a map: its key and the key's value.
    case item(key: String, value: String)

    static func < (one: FieldStep, other: FieldStep) -> Bool { one.text < other.text }

    var text: String {
        switch self {
        case .field(let name): "f:\(name)"
        case .item(let key, let value): "k:{\"\(key)\":\"\(value)\"}"
        }
    }
}

/// The fields that a manager owns: paths to values that are owned as a whole.
typealias FieldSet = Set<[FieldStep]>

/// What merges with what, of the kinds that there are here.
enum FieldSchema {
    /// The member by which items of a list are told apart; nil for lists that are replaced as a whole.
    static func itemKey(_ path: [FieldStep]) -> String? {
        switch path.last {
        case .field("webhooks") where path.count == 1: "name"
        case .field("matchConditions"): "name"
        case .field("ownerReferences"): "uid"
        default: nil
        }
    }

    /// Whether an object is owned as a whole.
    static func isAtomic(_ path: [FieldStep]) -> Bool {
        path.last == .field("namespaceSelector") || path.last == .field("objectSelector")
    }

    /// What identifies an object, or is the server's own, belongs to no manager.
    static func isOwnerless(_ path: [FieldStep]) -> Bool {
        if path == [.field("apiVersion")] || path == [.field("kind")] { return true }
        guard path.count >= 2, path[0] == .field("metadata"), case .field(let name) = path[1] else { return false }
        return !["labels", "annotations", "finalizers", "ownerReferences"].contains(name)
    }
}

extension Value {
    /// The paths of everything in the value that is owned as a whole.
    func fields(_ path: [FieldStep] = []) -> FieldSet {
        if FieldSchema.isOwnerless(path) { return [] }
        switch self {
        case .object(let members) where !members.isEmpty && !FieldSchema.isAtomic(path):
            return members.reduce(into: FieldSet()) { $0.formUnion($1.value.fields(path + [.field($1.key)])) }
        case .array(let elements) where FieldSchema.itemKey(path) != nil:
            let key = FieldSchema.itemKey(path) ?? ""
            return elements.reduce(into: FieldSet()) { set, element in
                let own = path + [.item(key: key, value: element[key].text ?? "")]
                set.insert(own)
                set.formUnion(element.fields(own))
            }
        default: return path.isEmpty ? [] : [path]
        }
    }

    /// What stands at a path; `null` where nothing does.
    func at(_ path: ArraySlice<FieldStep>) -> Value {
        guard let step = path.first else { return self }
        switch step {
        case .field(let name): return self[name].at(path.dropFirst())
        case .item(let key, let value):
            return (elements.first { $0[key].text == value } ?? .null).at(path.dropFirst())
        }
    }

    /// Without what stands at a path, and without objects that have nothing left in them thereby.
    func removing(_ path: ArraySlice<FieldStep>) -> Value {
        guard let step = path.first else { return .null }
        switch step {
        case .field(let name):
            guard isObject, self[name] != .null else { return self }
            var changed = self
            let rest = self[name].removing(path.dropFirst())
            let isEmpty = path.count > 1 && (rest == .object([:]) || rest == .array([]))
            changed[name] = isEmpty ? .null : rest
            return changed
        case .item(let key, let value):
            return .array(
                elements.compactMap { element in
                    guard element[key].text == value else { return element }
                    let rest = element.removing(path.dropFirst())
                    return rest == .null ? nil : rest
                })
        }
    }

    /// With everything that `other` says, as an apply would have it.
    public func merged(with other: Value) -> Value { merged(with: other, []) }

    func merged(with other: Value, _ path: [FieldStep]) -> Value {
        switch (self, other) {
        case (.object(let members), .object(let others)) where !FieldSchema.isAtomic(path):
            return .object(
                members.merging(
                    others.map { key, value in
                        (key, (members[key] ?? .null).merged(with: value, path + [.field(key)]))
                    }
                ) { $1 })
        case (.array(let elements), .array(let others)) where FieldSchema.itemKey(path) != nil:
            let key = FieldSchema.itemKey(path) ?? ""
            let kept = elements.map { element in
                let own = path + [.item(key: key, value: element[key].text ?? "")]
                return others.first { $0[key] == element[key] }.map { element.merged(with: $0, own) } ?? element
            }
            return .array(kept + others.filter { new in !elements.contains { $0[key] == new[key] } })
        default: return other
        }
    }
}

extension Set<[FieldStep]> {
    /// As `fieldsV1` has it.
    var fieldsV1: Value {
        var root = Value.object([:])
        for path in self { root = Self.adding(path[...], to: root) }
        return root
    }

    private static func adding(_ path: ArraySlice<FieldStep>, to value: Value) -> Value {
        var value = value
        guard let step = path.first else { return value }
        let inner = value[step.text] == .null ? Value.object([:]) : value[step.text]
        if path.count > 1 {
            value[step.text] = adding(path.dropFirst(), to: inner)
        } else if case .item = step {
            value[step.text] = inner.merged(with: [".": [:]])
        } else {
            value[step.text] = inner
        }
        return value
    }
}
