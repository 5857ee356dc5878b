import JSON

// Equality is defined between values of all types; ordering only within numbers and within each other type.

extension Evaluator {
    /// Deeper nested values than this are not compared: documents are bounded below it.
    private static let depthMax = 1024

    /// Whether two values are equal as `==` sees them; errors are equal to nothing. Looks at the deadline as it goes
    /// through what they hold: the answer means nothing once `stop` is set.
    public mutating func areEqual(_ one: Value, _ other: Value) -> Bool { equality(of: one, other).isTrue }

    /// What `==` gives for two values: an error where a document is not what its shape says.
    @inline(__always)
    mutating func equality(of one: Value, _ other: Value) -> Value {
        equality(of: one, other, depthLeft: Self.depthMax)
    }

    @inline(__always)
    mutating func equality(of one: Value, _ other: Value, depthLeft: Int) -> Value {
        if one.isShaped || other.isShaped { return shapedEquality(of: one, other, depthLeft: depthLeft - 1) }
        return Value(areEqual(one, other, depthLeft: depthLeft))
    }

    /// Whether two values that hold no others are equal; those that do hold others are not, here.
    static func areEqualScalars(_ one: Value, _ other: Value) -> Bool {
        switch (one.kind, other.kind) {
        case (.string, .string), (.bytes, .bytes), (.type, .type): return one.bytes.hasSameBytes(as: other.bytes)
        case (.int, .int), (.uint, .uint), (.bool, .bool), (.duration, .duration): return one.word == other.word
        case (.null, .null): return true
        case (.timestamp, .timestamp): return one.word == other.word && one.length == other.length
        case (.opaque, .opaque): return one.family.map { other.isOf($0) && $0.equals(one, other) } ?? false
        default: break
        }
        return one.isNumber && other.isNumber && numericOrder(one, other) == 0
    }

    /// Negative, zero or positive as numbers of any types compare; nil where one is not a number.
    public static func numericOrder(_ one: Value, _ other: Value) -> Int? {
        switch (one.kind, other.kind) {
        case (.int, .int): return order(one.intValue, other.intValue)
        case (.uint, .uint): return order(one.uintValue, other.uintValue)
        case (.double, .double): return order(one.doubleValue, other.doubleValue)
        case (.int, .uint): return one.intValue < 0 ? -1 : order(UInt64(one.intValue), other.uintValue)
        case (.uint, .int): return other.intValue < 0 ? 1 : order(one.uintValue, UInt64(other.intValue))
        case (.int, .double): return order(Double(one.intValue), other.doubleValue)
        case (.uint, .double): return order(Double(one.uintValue), other.doubleValue)
        case (.double, .int): return order(one.doubleValue, Double(other.intValue))
        case (.double, .uint): return order(one.doubleValue, Double(other.uintValue))
        default: return nil
        }
    }

    private static func order<T: Comparable>(_ one: T, _ other: T) -> Int? {
        one < other ? -1 : one > other ? 1 : one == other ? 0 : nil
    }
}

extension Value {
    @inline(__always) var isNumber: Bool { kind == .int || kind == .uint || kind == .double }

    /// Objects are equal only to objects of their own type, maps only to maps.
    fileprivate func isOfSameObjectType(as other: Value) -> Bool {
        switch (objectTypeName, other.objectTypeName) {
        case (nil, nil): true
        case (let mine?, let theirs?): mine.hasSameBytes(as: theirs)
        default: false
        }
    }

    /// Whether there are values in this one.
    @inline(__always) var holdsValues: Bool {
        switch kind {
        case .list, .map, .jsonArray, .jsonObject, .shapedList, .shapedMap, .optional: true
        default: false
        }
    }
}

// Lists, maps and optionals. This needs no arena: document strings are compared where they lie.
extension Evaluator {
    private mutating func areEqual(_ one: Value, _ other: Value, depthLeft: Int) -> Bool {
        guard !one.holdsValues, !other.holdsValues else { return haveEqualParts(one, other, depthLeft) }
        if one.kind == .string || one.kind == .bytes { stepsUntilCheck &-= one.bytes.count / 64 }
        return Self.areEqualScalars(one, other)
    }

    private mutating func haveEqualParts(_ one: Value, _ other: Value, _ depthLeft: Int) -> Bool {
        guard depthLeft > 0 else { return false }
        // In lists and maps that have no shape only a difference counts: a comparison that fails is none.
        if one.isShaped || other.isShaped { return !shapedEquality(of: one, other, depthLeft: depthLeft - 1).isFalse }
        if one.isList, other.isList { return haveEqualElements(one, other, depthLeft) }
        if one.isMap, other.isMap { return haveEqualEntries(one, other, depthLeft) }
        guard one.kind == .optional, other.kind == .optional else { return false }
        guard let mine = one.boxed, let theirs = other.boxed else { return one.boxed == nil && other.boxed == nil }
        return areEqual(mine, theirs, depthLeft: depthLeft - 1)
    }

    private mutating func haveEqualElements(_ one: Value, _ other: Value, _ depthLeft: Int) -> Bool {
        guard one.count == other.count else { return false }
        var mine = PartCursor(one)
        var theirs = PartCursor(other)
        while let element = mine.next(), let counterpart = theirs.next() {
            if mustStop() || !areEqual(element, counterpart, depthLeft) { return false }
        }
        return true
    }

    private mutating func areEqual(_ one: Part, _ other: Part, _ depthLeft: Int) -> Bool {
        switch (one, other) {
        case (.value(let mine), .value(let theirs)): return areEqual(mine, theirs, depthLeft: depthLeft - 1)
        case (.escaped(let mine), .escaped(let theirs)):
            stepsUntilCheck &-= mine.utf8Count / 16
            return mine.hasSameString(as: theirs)
        case (.escaped(let node), .value(let value)), (.value(let value), .escaped(let node)):
            guard value.kind == .string else { return false }
            stepsUntilCheck &-= value.bytes.count / 16
            return unsafe node.equals(Span(_unsafeElements: value.bytes.buffer))
        }
    }

    private mutating func haveEqualEntries(_ one: Value, _ other: Value, _ depthLeft: Int) -> Bool {
        guard one.count == other.count, one.isOfSameObjectType(as: other) else { return false }
        var mine = PartCursor(one)
        // Most maps that are equal have their entries in the same order: only where they differ is a key looked up.
        var theirs = PartCursor(other)
        while let key = mine.nextKey(), let value = mine.next() {
            if mustStop() { return false }
            let isNext = theirs.nextKey().map { areEqual(key, $0, depthLeft) } ?? false
            guard let counterpart = theirs.next().flatMap({ isNext ? $0 : nil }) ?? find(key, in: other),
                areEqual(value, counterpart, depthLeft)
            else { return false }
        }
        return true
    }

    private mutating func find(_ key: Part, in map: Value) -> Part? {
        if map.kind == .jsonObject {
            stepsUntilCheck &-= map.count / 16
            switch key {
            case .escaped(let node): return map.node.value(forKey: node).map(Part.init)
            case .value(let value):
                guard value.kind == .string else { return nil }
                return unsafe map.node[Span(_unsafeElements: value.bytes.buffer)].map(Part.init)
            }
        }
        switch key {
        case .value(let value):
            return indexOf(value, in: map).map { unsafe .value(map.mapBlock.pointee.entries[2 * $0 + 1]) }
        case .escaped(let node):
            let decoded = self.value(of: node)
            return decoded.isError ? nil : find(.value(decoded), in: map)
        }
    }
}

/// An element or key: a value, or a document's string with escapes, which is not decoded to be compared.
private enum Part {
    case value(Value)
    case escaped(JSONNode)

    init(_ node: JSONNode) {
        switch node.kind {
        case .null: self = .value(.null)
        case .bool: self = .value(Value(node.bool ?? false))
        case .int: self = .value(Value(node.int ?? 0))
        case .uint, .double: self = .value(Value(node.double ?? 0))
        case .string:
            let bytes = unsafe node.rawBytes
            let view = unsafe ByteView(base: bytes.baseAddress, count: bytes.count)
            self = node.isVerbatim ? .value(Value(.string, view)) : .escaped(node)
        case .array: self = .value(Value(.jsonArray, node))
        case .object: self = .value(Value(.jsonObject, node))
        }
    }
}

/// Steps through elements, or through keys and values in turn.
private struct PartCursor {
    private let container: Value
    private var position = 0
    private var elements: JSONElements?
    private var members: JSONMembers?
    private var pending: JSONNode?

    init(_ container: Value) {
        self.container = container
        if container.kind == .jsonArray { elements = container.node.elements }
        if container.kind == .jsonObject { members = container.node.members }
    }

    mutating func nextKey() -> Part? {
        if container.kind == .jsonObject {
            guard let member = members?.next() else { return nil }
            pending = member.value
            return Part(member.key)
        }
        guard position < Int(container.length) else { return nil }
        return unsafe .value(container.mapBlock.pointee.entries[2 * position])
    }

    mutating func next() -> Part? {
        switch container.kind {
        case .jsonArray: return elements?.next().map(Part.init)
        case .jsonObject: return pending.map(Part.init)
        case .map:
            position += 1
            return unsafe .value(container.mapBlock.pointee.entries[2 * position - 1])
        default:
            guard position < Int(container.length) else { return nil }
            position += 1
            return unsafe .value(container.elements[position - 1])
        }
    }
}
