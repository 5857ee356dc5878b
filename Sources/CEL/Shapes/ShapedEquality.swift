import JSON

// How lists and maps compare that are read by a shape. The left side decides: a set on the left ignores the order of
// what is on the right, a plain list on the left does not. What is no list is an error to a list with a shape.

extension Evaluator {
    /// What `==` gives where at least one side is read by a shape.
    mutating func shapedEquality(of one: Value, _ other: Value, depthLeft: Int) -> Value {
        switch one.kind {
        case .shapedList:
            guard other.isList else { return other.kind == .null ? .false : Self.notComparable(other) }
            guard one.count == other.count else { return .false }
            switch one.shapedBlock.reference.entry.kind {
            case .set: return areSameSet(one, other)
            case .keyedList: return haveSameEntries(one, other, depthLeft)
            default: return haveEqualElements(one, other, depthLeft, stopsAtError: true)
            }
        case .shapedMap:
            guard other.isMap else { return other.kind == .null ? .false : Self.notComparable(other) }
            return haveEqualProperties(one, other, depthLeft)
        case .list, .jsonArray:
            guard other.isList, one.count == other.count else { return .false }
            return haveEqualElements(one, other, depthLeft, stopsAtError: false)
        case .map, .jsonObject: return haveEqualEntries(unshaped: one, other, depthLeft)
        default: return one.isError ? one : .false
        }
    }

    private static func notComparable(_ other: Value) -> Value { other.isError ? other : .noSuchOverload }

    private mutating func haveEqualElements(
        _ one: Value, _ other: Value, _ depthLeft: Int, stopsAtError: Bool
    ) -> Value {
        var mine = ValueCursor(one)
        var theirs = ValueCursor(other)
        while let (_, element) = mine.next(&self), let (_, counterpart) = theirs.next(&self) {
            if mustStop() { return .stopped }
            let result = element.isError ? element : equality(of: element, counterpart, depthLeft: depthLeft)
            if result.isFalse || result.isError && stopsAtError { return result }
        }
        return .true
    }

    /// A map that an expression made, and one with a shape.
    private mutating func haveEqualEntries(unshaped one: Value, _ other: Value, _ depthLeft: Int) -> Value {
        guard other.isMap, one.count == other.count else { return .false }
        var cursor = ValueCursor(one)
        while let (key, value) = cursor.next(&self) {
            if mustStop() { return .stopped }
            guard let counterpart = find(key, in: other) else { return .false }
            if equality(of: value, counterpart, depthLeft: depthLeft).isFalse { return .false }
        }
        return .true
    }

    /// Properties that the shape has are compared as they are read; others must not differ where both sides have them.
    private mutating func haveEqualProperties(_ one: Value, _ other: Value, _ depthLeft: Int) -> Value {
        guard one.count == other.count else { return .false }
        let reference = one.shapedBlock.reference
        // Mostly the properties come in the same order: only where they do not is one looked up.
        var theirs = other.documentNode?.members
        for (key, node) in one.shapedBlock.node.members {
            if mustStop() { return .stopped }
            let next = theirs?.next()
            let twin = next?.key.hasSameString(as: key) == true ? next?.value : nil
            guard let shape = reference.field(of: key) else {
                guard other.kind == .shapedMap else { return .noSuchOverload }
                let counterpart = twin ?? other.shapedBlock.node.value(forKey: key)
                if let counterpart, !areAlike(node, counterpart, depthLeft) { return .false }
                continue
            }
            let name = value(of: key)
            // A name that looks escaped is looked up as what it would mean.
            let isPlain = !Self.mayBeEscaped(name.bytes)
            let mine = isPlain ? property(node, of: reference, shape) : find(name, inShaped: one)
            let counterpart = isPlain && other.isShaped ? twin : nil
            let same =
                counterpart.map {
                    property($0, of: other.shapedBlock.reference, other.shapedBlock.reference.field(of: key))
                }
                ?? find(name, in: other)
            guard let mine, let same else {
                if mine == nil, same == nil { continue }
                return .false
            }
            let result = equalityOfProperty(mine, same, depthLeft)
            if !result.isTrue { return result }
        }
        return .true
    }

    /// What is kept without being looked at is equal only to what is written alike.
    private mutating func equalityOfProperty(_ mine: Value, _ theirs: Value, _ depthLeft: Int) -> Value {
        if mine.isError { return mine }
        if let one = mine.documentNode, let other = theirs.documentNode, !mine.isShaped, !theirs.isShaped {
            return Value(areAlike(one, other, depthLeft))
        }
        return equality(of: mine, theirs, depthLeft: depthLeft)
    }

    /// Whether two values of documents are written alike, but for the order of properties.
    private mutating func areAlike(_ one: JSONNode, _ other: JSONNode, _ depthLeft: Int) -> Bool {
        guard depthLeft > 0, !mustStop(), one.kind == other.kind, one.count == other.count else { return false }
        if one.isArray {
            var theirs = other.elements
            for element in one.elements {
                guard let counterpart = theirs.next(), areAlike(element, counterpart, depthLeft - 1) else {
                    return false
                }
            }
            return true
        }
        guard one.isObject else { return one.isEqual(to: other) }
        // Mostly the properties come in the same order: only where they do not is one looked up.
        var theirs = other.members
        for (key, value) in one.members {
            let next = theirs.next()
            let counterpart = next?.key.hasSameString(as: key) == true ? next?.value : other.value(forKey: key)
            guard let counterpart, areAlike(value, counterpart, depthLeft - 1) else { return false }
        }
        return true
    }
}

// MARK: sets and lists with keys

/// A scalar as the API server tells elements apart: a number that is written as a whole one differs from one that is not.
private enum ScalarKey: Hashable {
    case null
    case bool(Bool)
    case int(Int64)
    case double(Double)
    case string([UInt8])

    /// Nil for a list or map, which is no key.
    init?(_ node: JSONNode) {
        switch node.kind {
        case .null: self = .null
        case .bool: self = .bool(node.bool ?? false)
        case .int: self = .int(node.int ?? 0)
        case .uint, .double: self = .double(node.double ?? 0)
        case .string:
            var bytes: [UInt8] = []
            node.appendUTF8(to: &bytes)
            self = .string(bytes)
        case .array, .object: return nil
        }
    }

    /// Nil for what no document holds: a timestamp is no text.
    init?(_ value: Value) {
        switch value.kind {
        case .bool: self = .bool(value.boolValue)
        case .int: self = .int(value.intValue)
        case .double: self = .double(value.doubleValue)
        case .string: self = .string(Array(value.bytes))
        default: return nil
        }
    }
}

extension Value {
    /// What tells an element of a list with keys apart: the values of its keys; nil where it is no object.
    fileprivate func entryKey(_ reference: ShapeReference) -> [ScalarKey]? {
        documentNode.flatMap { reference.entryKey($0) }
    }
}

extension ShapeReference {
    fileprivate func entryKey(_ node: JSONNode) -> [ScalarKey]? {
        guard node.isObject else { return nil }
        var key: [ScalarKey] = []
        for index in 0..<Int(entry.count) {
            guard let value = unsafe node[Span(_unsafeElements: self.key(index).buffer)] else {
                key.append(.null)
                continue
            }
            guard let scalar = ScalarKey(value) else { return nil }
            key.append(scalar)
        }
        return key
    }
}

extension Evaluator {
    /// Telling an element apart by its keys takes as long as this many ordinary steps.
    private static let keySteps = 4

    /// The elements of a shaped list as they are told apart; not all of them where the run must stop.
    private mutating func scalarKeys(of list: Value) -> Set<ScalarKey> {
        var keys: Set<ScalarKey> = []
        if list.isShapedSum {
            for index in 0..<list.count where !mustStop(after: Self.keySteps) {
                if let key = unsafe ScalarKey(list.sumElements[index]) { keys.insert(key) }
            }
            return keys
        }
        for node in list.shapedBlock.node.elements {
            if mustStop(after: Self.keySteps) { break }
            if let key = ScalarKey(node) { keys.insert(key) }
        }
        return keys
    }

    private mutating func areSameSet(_ one: Value, _ other: Value) -> Value {
        let mine = scalarKeys(of: one)
        var cursor = ValueCursor(other)
        while let (_, element) = cursor.next(&self) {
            if mustStop() { return .stopped }
            guard let key = ScalarKey(element), mine.contains(key) else { return .false }
        }
        return .true
    }

    private mutating func haveSameEntries(_ one: Value, _ other: Value, _ depthLeft: Int) -> Value {
        let reference = one.shapedBlock.reference
        var places: [[ScalarKey]: Int] = [:]
        var mine: [Value] = []
        mine.reserveCapacity(one.count)
        var own = ValueCursor(one)
        while let (_, element) = own.next(&self) {
            if mustStop(after: Self.keySteps) { return .stopped }
            if let key = element.entryKey(reference) { places[key] = mine.count }
            mine.append(element)
        }
        var cursor = ValueCursor(other)
        while let (_, element) = cursor.next(&self) {
            if mustStop(after: Self.keySteps) { return .stopped }
            guard let key = element.entryKey(reference), let place = places[key] else { return .false }
            let result = equality(of: mine[place], element, depthLeft: depthLeft)
            if !result.isTrue { return result }
        }
        return .true
    }

    /// Whether a list with a shape holds a value; an element that cannot be read is an error where no other is found.
    mutating func contains(_ wanted: Value, inShaped list: Value) -> Value {
        var failure: Value?
        var cursor = ValueCursor(list)
        while let (_, element) = cursor.next(&self) {
            if mustStop() { return .stopped }
            let result = element.isError ? element : equality(of: element, wanted)
            if result.isTrue { return .true }
            if result.isError, failure == nil { failure = result }
        }
        return failure ?? .false
    }
}

// MARK: sums

extension Evaluator {
    /// A list with a shape and another: a set takes what it does not have, a list with keys replaces entries where they
    /// stand, any other list has all of both. What is added must be what a document may hold.
    mutating func sum(ofShaped one: Value, _ other: Value) -> Value {
        let reference = one.shapedBlock.reference
        var elements: [Value] = []
        var cursor = ValueCursor(one)
        while !mustStop(), let (_, element) = cursor.next(&self) { elements.append(element) }
        switch reference.entry.kind {
        case .set: add(other, toSet: one, &elements)
        case .keyedList: add(other, &elements, keyedBy: reference)
        default:
            var cursor = ValueCursor(other)
            while !mustStop(), let (_, element) = cursor.next(&self) {
                elements.append(added(element, reference.element))
            }
        }
        if stop != nil { return .stopped }
        let list = list(elements)
        if list.isError { return list }
        guard let values = unsafe list.elements.baseAddress else { return one }
        let block = unsafe ShapedBlock(
            header: reference.header, source: UnsafeRawPointer(values), place: 0, shape: reference.place)
        return shaped(.shapedList, block, count: elements.count, detail: 1)
    }

    private mutating func add(_ other: Value, toSet one: Value, _ elements: inout [Value]) {
        var known = scalarKeys(of: one)
        let shape = one.shapedBlock.reference.element
        var cursor = ValueCursor(other)
        while !mustStop(after: Self.keySteps), let (_, element) = cursor.next(&self) {
            if let key = ScalarKey(element), !known.insert(key).inserted { continue }
            elements.append(added(element, shape))
        }
    }

    private mutating func add(_ other: Value, _ elements: inout [Value], keyedBy reference: ShapeReference) {
        var places: [[ScalarKey]: Int] = [:]
        for (index, element) in elements.enumerated() where !mustStop(after: Self.keySteps) {
            if let key = element.entryKey(reference) { places[key] = index }
        }
        var cursor = ValueCursor(other)
        while !mustStop(after: Self.keySteps), let (_, element) = cursor.next(&self) {
            if let place = element.entryKey(reference).flatMap({ places[$0] }) {
                elements[place] = added(element, reference.element)
            } else {
                elements.append(added(element, reference.element))
            }
        }
    }

    /// An element of another list as the shape of this one reads it.
    private mutating func added(_ element: Value, _ shape: ShapeReference) -> Value {
        if let node = element.documentNode { return read(node, as: shape) }
        let found: String
        switch element.kind {
        case .timestamp: found = "time.Time"
        case .duration: found = "time.Duration"
        case .bytes: found = "[]uint8"
        default: return element
        }
        // What was read from a text is no text any more, which is an error to whoever looks at it.
        return error("invalid data, expected string, got \(found)")
    }
}
