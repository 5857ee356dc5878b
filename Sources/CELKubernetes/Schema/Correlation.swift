import JSON

// What a value was before. A value whose rules are broken may stay as it is where it was so before: then errors become
// warnings. The elements of a list can be told apart only by keys.

/// A value, the one that it replaces, and the schema's node that both are of.
struct CorrelatedValue {
    let value: JSONNode
    let old: JSONNode?
    let place: Int

    init(_ value: JSONNode, _ old: JSONNode?, _ place: Int) {
        self.value = value
        self.old = old
        self.place = place
    }

    func key(_ name: String, _ schema: Schema) -> CorrelatedValue? {
        guard let member = value[name], let before = old?[name] else { return nil }
        let node = schema.nodes[place]
        guard let next = node.property(name) ?? node.additionalSchema else { return nil }
        return CorrelatedValue(member, before, next)
    }

    /// Whether the value is the one that it replaces; in lists with keys the order does not count.
    func isUnchanged(_ schema: Schema) -> Bool {
        guard let old, !value.isNull, !old.isNull else { return value.isNull && (old?.isNull ?? true) }
        if value.isArray, old.isArray {
            guard value.count == old.count else { return false }
            guard schema.nodes[place].isKeyedList else { return value.isEqual(to: old) }
            let earlier = KeyedElements(schema.nodes[place], old)
            let items = schema.nodes[place].items
            return value.elements.allSatisfy { element in
                guard let items, let before = earlier.find(element) else { return false }
                return CorrelatedValue(element, before, items).isUnchanged(schema)
            }
        }
        if value.isObject, old.isObject {
            guard value.count == old.count else { return false }
            return value.members.allSatisfy { key, _ in
                key.string.flatMap { self.key($0, schema) }?.isUnchanged(schema) ?? false
            }
        }
        return value.isEqual(to: old)
    }
}

/// The value that is being validated with what it replaces, or the nearest one around it of which that is known.
struct Correlation {
    var current: CorrelatedValue?
    var parent: CorrelatedValue?

    func key(_ name: String, _ schema: Schema) -> Correlation {
        guard let current else { return self }
        // A resource's version and kind are converted before anybody sees them.
        if parent == nil, name == "apiVersion" || name == "kind" { return Correlation() }
        return Correlation(current: current.key(name, schema), parent: current)
    }

    /// An element of the list, and the one with its keys that was there before.
    func index(_ element: JSONNode, _ before: JSONNode?, _ schema: Schema) -> Correlation {
        guard let current else { return self }
        let known = before.flatMap { before in
            schema.nodes[current.place].items.map { CorrelatedValue(element, before, $0) }
        }
        return Correlation(current: known, parent: current)
    }
}

extension Schema.Node {
    /// Whether the elements of a list are told apart by keys.
    var isKeyedList: Bool { type == "array" && listType == "map" && !listMapKeys.isEmpty }
}

/// The elements of a list with keys, by these.
struct KeyedElements {
    private let keys: [String]
    private var elements: [[ElementKey]: JSONNode] = [:]

    /// The elements of `list`; none where the schema names no keys.
    init(_ node: Schema.Node, _ list: JSONNode?) {
        keys = node.isKeyedList ? node.listMapKeys : []
        guard !keys.isEmpty, let list else { return }
        for element in list.elements {
            guard let key = key(of: element), elements[key] == nil else { continue }
            elements[key] = element
        }
    }

    /// The first element with the keys of another.
    func find(_ element: JSONNode) -> JSONNode? {
        elements.isEmpty ? nil : key(of: element).flatMap { elements[$0] }
    }

    /// Nil where a key is not there or no scalar.
    private func key(of element: JSONNode) -> [ElementKey]? {
        var key: [ElementKey] = []
        for name in keys {
            guard let value = element[name], let part = ElementKey(value) else { return nil }
            key.append(part)
        }
        return key
    }
}

/// One key of an element.
private enum ElementKey: Hashable {
    case bool(Bool)
    case int(Int64)
    case double(Double)
    case text([UInt8])

    init?(_ node: JSONNode) {
        switch node.kind {
        case .bool: self = .bool(node.bool ?? false)
        case .int: self = .int(node.int ?? 0)
        case .uint, .double: self = .double(node.double ?? 0)
        case .string:
            var bytes: [UInt8] = []
            node.appendUTF8(to: &bytes)
            self = .text(bytes)
        case .null, .array, .object: return nil
        }
    }
}
