/// A document that is being changed.
///
/// Only containers on the way to a change are taken apart; everything else stays a node of the document it came from.
/// Containers live in two arrays and are named by their index, so copying a value copies a word.
struct JSONTree {
    /// A value: unchanged, or a container that was taken apart.
    enum Value {
        case source(JSONNode)
        case object(Int)
        case array(Int)
        /// A `null` that no document holds.
        case null
    }

    /// Members in order; those removed leave a gap, so that positions stay.
    struct Object {
        private(set) var keys: [[UInt8]] = []
        private(set) var values: [Value?] = []
        private var table: [[UInt8]: Int] = [:]
        private static let steppedMax = 16

        func position(_ key: [UInt8]) -> Int? {
            if keys.count > Self.steppedMax { return table[key] }
            return keys.indices.first { values[$0] != nil && keys[$0] == key }
        }

        mutating func set(_ key: [UInt8], _ value: Value) {
            if let position = position(key) {
                values[position] = value
                return
            }
            keys.append(key)
            values.append(value)
            if keys.count == Self.steppedMax + 1 {
                for (position, key) in keys.enumerated() where values[position] != nil { table[key] = position }
            } else if keys.count > Self.steppedMax {
                table[key] = keys.count - 1
            }
        }

        mutating func replace(at position: Int, _ value: Value) { values[position] = value }

        mutating func remove(at position: Int) {
            values[position] = nil
            table[keys[position]] = nil
        }
    }

    private(set) var objects: [Object] = []
    private(set) var arrays: [[Value]] = []
    var root: Value

    init(_ node: JSONNode) { root = .source(node) }
}

extension JSONTree {
    /// The value taken apart, if it is a container.
    mutating func takenApart(_ value: Value) -> Value {
        guard case .source(let node) = value else { return value }
        if node.isObject {
            var object = Object()
            for member in node.members { object.set(member.key.decodedBytes, .source(member.value)) }
            objects.append(object)
            return .object(objects.count - 1)
        }
        guard node.isArray else { return value }
        arrays.append(node.elements.map { .source($0) })
        return .array(arrays.count - 1)
    }

    func count(ofArray index: Int) -> Int { arrays[index].count }
    func element(_ position: Int, ofArray index: Int) -> Value { arrays[index][position] }
    mutating func setElement(_ position: Int, ofArray index: Int, _ value: Value) { arrays[index][position] = value }
    mutating func insert(_ value: Value, at position: Int, inArray index: Int) {
        arrays[index].insert(value, at: position)
    }
    mutating func removeElement(_ position: Int, ofArray index: Int) -> Value { arrays[index].remove(at: position) }

    func position(_ key: [UInt8], ofObject index: Int) -> Int? { objects[index].position(key) }
    func member(_ position: Int, ofObject index: Int) -> Value { objects[index].values[position] ?? .null }
    mutating func setMember(_ key: [UInt8], ofObject index: Int, _ value: Value) { objects[index].set(key, value) }
    mutating func setMember(at position: Int, ofObject index: Int, _ value: Value) {
        objects[index].replace(at: position, value)
    }
    mutating func removeMember(at position: Int, ofObject index: Int) { objects[index].remove(at: position) }

    /// A copy that shares nothing which can still change; nil when it is nested deeper than `depth`.
    mutating func clone(_ value: Value, depth: Int) -> Value? {
        guard depth > 0 else { return nil }
        switch value {
        case .source, .null: return value
        case .array(let index):
            var copy: [Value] = []
            copy.reserveCapacity(arrays[index].count)
            for element in arrays[index] {
                guard let element = clone(element, depth: depth - 1) else { return nil }
                copy.append(element)
            }
            arrays.append(copy)
            return .array(arrays.count - 1)
        case .object(let index):
            var copy = Object()
            let original = objects[index]
            for (key, value) in zip(original.keys, original.values) {
                guard let value else { continue }
                guard let value = clone(value, depth: depth - 1) else { return nil }
                copy.set(key, value)
            }
            objects.append(copy)
            return .object(objects.count - 1)
        }
    }

    /// Adds a value to a document being built, whose own bound on nesting ends the recursion.
    func build(_ value: Value, into builder: inout JSONBuilder) {
        guard builder.isFine else { return }
        switch value {
        case .source(let node): builder.copy(node)
        case .null: builder.null()
        case .array(let index):
            builder.beginArray()
            for element in arrays[index] { build(element, into: &builder) }
            builder.endArray()
        case .object(let index):
            builder.beginObject()
            for (key, value) in zip(objects[index].keys, objects[index].values) {
                guard let value else { continue }
                builder.key(key.span)
                build(value, into: &builder)
            }
            builder.endObject()
        }
    }

    /// The value as a document of its own.
    func document(_ value: Value) throws(JSONError) -> JSONDocument {
        var builder = JSONBuilder()
        build(value, into: &builder)
        return try builder.finish()
    }
}
