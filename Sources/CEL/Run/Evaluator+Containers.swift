import JSON

// Lists and maps: what the expression made, and what lies in a document.

extension Value {
    /// Whether this is a list of any kind.
    @inline(__always) public var isList: Bool { kind == .list || kind == .jsonArray || kind == .shapedList }
    /// Whether this is a map of any kind.
    @inline(__always) public var isMap: Bool { kind == .map || kind == .jsonObject || kind == .shapedMap }

    /// How many elements or entries a list or map has.
    @inline(__always) public var count: Int {
        switch kind {
        case .list, .map, .bytes, .shapedList, .shapedMap: Int(length)
        case .jsonArray, .jsonObject: node.count
        default: 0
        }
    }

    /// What cost accounting takes for the size of a value; one for everything that has none.
    public var costSize: UInt64 {
        switch kind {
        case .string: UInt64(bytes.codePointCount)
        case .bytes, .list, .map, .jsonArray, .jsonObject, .shapedList, .shapedMap: UInt64(count)
        case .optional: boxed.map(\.costSize) ?? 1
        case .opaque: family?.size?(self) ?? 1
        default: 1
        }
    }
}

/// Where an expression's own map keeps its entries: key, value, key, value, and for larger maps a table of places.
@safe struct MapBlock: BitwiseCopyable {
    var entries: UnsafeMutablePointer<Value>
    var capacity: Int
    /// Places in `entries` plus one, by hash; nil for a map that is searched from its start.
    var table: UnsafeMutablePointer<UInt32>?
    var tableMask: Int
    /// The name of the type that an object was made as; empty for a map.
    var typeName = ByteView.empty
}

extension Value {
    @unsafe @inline(__always) var mapBlock: UnsafeMutablePointer<MapBlock> {
        unsafe UnsafeMutablePointer(bitPattern: UInt(truncatingIfNeeded: word)).unsafelyUnwrapped
    }

    /// A number for which values that may be equal keys agree.
    var keyHash: UInt64 {
        switch kind {
        case .int, .uint: return Self.mix(word)
        case .double: return Self.mix(Int64(exactly: doubleValue).map { UInt64(bitPattern: $0) } ?? word)
        case .string, .bytes:
            var hash: UInt64 = 0xCBF2_9CE4_8422_2325
            for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
            return Self.mix(hash)
        default: return Self.mix(UInt64(kind.rawValue) &+ word)
        }
    }

    private static func mix(_ value: UInt64) -> UInt64 {
        var mixed = value &* 0x9E37_79B9_7F4A_7C15
        mixed ^= mixed >> 32
        return mixed
    }
}

extension Evaluator {
    /// From this many entries on, a map has a table of hashes.
    private static let tableEntriesMin = 9

    /// An empty map with room for entries.
    public mutating func makeMap(capacity: Int) -> Value {
        guard let memory = unsafe allocate(MemoryLayout<MapBlock>.size),
            let entries = unsafe allocate(max(capacity, 4) * 2 * MemoryLayout<Value>.stride)
        else { return .stopped }
        let block = unsafe memory.bindMemory(to: MapBlock.self, capacity: 1)
        let bound = unsafe entries.bindMemory(to: Value.self, capacity: max(capacity, 4) * 2)
        unsafe block.initialize(to: MapBlock(entries: bound, capacity: max(capacity, 4), table: nil, tableMask: 0))
        return Value(.map, word: UInt64(UInt(bitPattern: block)))
    }

    /// The map with one more entry, which must have a new key. The block is extended in place: an earlier value of the
    /// map sees its own entries only.
    mutating func insert(_ key: Value, _ value: Value, into map: Value) -> Value {
        let block = unsafe map.mapBlock
        let count = Int(map.length)
        if unsafe count == block.pointee.capacity, unsafe !grow(block, count) { return .stopped }
        unsafe block.pointee.entries[2 * count] = key
        unsafe block.pointee.entries[2 * count + 1] = value
        if count + 1 >= Self.tableEntriesMin, unsafe !note(block, count) { return .stopped }
        return Value(.map, length: map.length + 1, word: map.word)
    }

    @unsafe private mutating func grow(_ block: UnsafeMutablePointer<MapBlock>, _ count: Int) -> Bool {
        let capacity = count * 2
        guard let memory = unsafe allocate(capacity * 2 * MemoryLayout<Value>.stride) else { return false }
        let entries = unsafe memory.bindMemory(to: Value.self, capacity: capacity * 2)
        unsafe entries.update(from: block.pointee.entries, count: count * 2)
        unsafe block.pointee.entries = entries
        unsafe block.pointee.capacity = capacity
        return true
    }

    /// Enters a new entry in the table, making or widening it first where that is due.
    @unsafe private mutating func note(_ block: UnsafeMutablePointer<MapBlock>, _ index: Int) -> Bool {
        if unsafe block.pointee.table == nil || (index + 1) * 2 > block.pointee.tableMask {
            var size = 32
            while size < (index + 1) * 4 { size *= 2 }
            guard let memory = unsafe allocate(size * MemoryLayout<UInt32>.stride) else { return false }
            let table = unsafe memory.bindMemory(to: UInt32.self, capacity: size)
            unsafe table.initialize(repeating: 0, count: size)
            unsafe block.pointee.table = table
            unsafe block.pointee.tableMask = size - 1
            for earlier in 0..<index { unsafe place(block, earlier) }
        }
        unsafe place(block, index)
        return true
    }

    @unsafe private func place(_ block: UnsafeMutablePointer<MapBlock>, _ index: Int) {
        let mask = unsafe block.pointee.tableMask
        var slot = unsafe Int(truncatingIfNeeded: block.pointee.entries[2 * index].keyHash) & mask
        while unsafe block.pointee.table.unsafelyUnwrapped[slot] != 0 { slot = (slot + 1) & mask }
        unsafe block.pointee.table.unsafelyUnwrapped[slot] = UInt32(index + 1)
    }

    /// Where a key is among a map's entries.
    func indexOf(_ key: Value, in map: Value) -> Int? {
        let block = unsafe map.mapBlock.pointee
        let count = Int(map.length)
        guard let table = unsafe block.table else {
            for index in 0..<count where unsafe Self.areEqualKeys(block.entries[2 * index], key) { return index }
            return nil
        }
        var slot = Int(truncatingIfNeeded: key.keyHash) & block.tableMask
        while unsafe table[slot] != 0 {
            let index = unsafe Int(table[slot]) - 1
            if index < count, unsafe Self.areEqualKeys(block.entries[2 * index], key) { return index }
            slot = (slot + 1) & block.tableMask
        }
        return nil
    }

    /// Keys are equal as numbers are, whatever their types; a double is never a key but may name one.
    static func areEqualKeys(_ one: Value, _ other: Value) -> Bool {
        if one.kind == other.kind {
            if one.kind == .string { return one.bytes.hasSameBytes(as: other.bytes) }
            if one.kind == .int || one.kind == .uint || one.kind == .bool { return one.word == other.word }
        }
        return areEqualScalars(one, other)
    }

    /// The value under a key; nil where there is none.
    @inline(__always)
    public mutating func find(_ key: Value, in map: Value) -> Value? {
        if map.kind == .jsonObject {
            guard key.kind == .string else { return nil }
            return findMember(key.bytes, of: map.node)
        }
        if map.kind == .shapedMap { return find(key, inShaped: map) }
        return indexOf(key, in: map).map { unsafe map.mapBlock.pointee.entries[2 * $0 + 1] }
    }

    @inline(__always)
    mutating func findMember(_ name: ByteView, of object: JSONNode) -> Value? {
        // Members are looked through one after the other: those of a large object count as work.
        stepsUntilCheck &-= object.count / 16
        guard let member = unsafe object[Span(_unsafeElements: name.buffer)] else { return nil }
        return value(of: member)
    }

    /// The element at a position that the list has.
    public mutating func element(_ position: Int, of list: Value) -> Value {
        if list.kind == .list { return unsafe list.elements[position] }
        if list.kind == .shapedList { return element(position, ofShaped: list) }
        return list.node.element(position).map { value(of: $0) } ?? .noSuchOverload
    }
}

extension Value {
    /// Calls `body` with each element of a list, or each key and value of a map. A document's string comes as the bytes
    /// between its quotes: for what only looks at sizes and kinds.
    public func forEachPart(_ body: (_ key: Value?, _ value: Value) -> Void) {
        switch kind {
        case .list:
            for index in 0..<Int(length) { unsafe body(nil, elements[index]) }
        case .map:
            let entries = unsafe mapBlock.pointee.entries
            for index in 0..<Int(length) { unsafe body(entries[2 * index], entries[2 * index + 1]) }
        case .jsonArray: for element in node.elements { body(nil, Value(undecoded: element)) }
        case .jsonObject:
            for member in node.members { body(Value(undecoded: member.key), Value(undecoded: member.value)) }
        case .shapedList, .shapedMap: forEachShapedPart(body)
        default: break
        }
    }

    private func forEachShapedPart(_ body: (_ key: Value?, _ value: Value) -> Void) {
        if isShapedSum {
            for index in 0..<Int(length) { unsafe body(nil, sumElements[index]) }
            return
        }
        let block = shapedBlock
        let element = block.reference.element
        for node in block.node.elements { body(nil, element.outline(node) ?? Value(undecoded: node)) }
        for (key, node) in block.node.members {
            guard let shape = block.reference.field(of: key) else { continue }
            body(Value(undecoded: key), shape.outline(node) ?? Value(undecoded: node))
        }
    }

    private init(undecoded node: JSONNode) {
        switch node.kind {
        case .null: self = .null
        case .bool: self.init(node.bool ?? false)
        case .int: self.init(node.int ?? 0)
        case .uint, .double: self.init(node.double ?? 0)
        case .string:
            let bytes = unsafe node.rawBytes
            self = unsafe Value(.string, ByteView(base: bytes.baseAddress, count: bytes.count))
        case .array: self.init(.jsonArray, node)
        case .object: self.init(.jsonObject, node)
        }
    }
}

/// Steps through a list's elements, or a map's keys and values.
@safe public struct ValueCursor {
    private let container: Value
    private var position = 0
    private var elements: JSONElements?
    private var members: JSONMembers?

    /// At the start of a list or map; of anything else there is nothing.
    public init(_ container: Value) {
        self.container = container
        if container.kind == .jsonArray {
            elements = container.node.elements
        } else if container.kind == .jsonObject {
            members = container.node.members
        } else if container.isShaped, let node = container.documentNode {
            elements = node.elements
            members = node.members
        }
    }

    /// The next index or key, and the element or value with it.
    public mutating func next(_ evaluator: inout Evaluator) -> (key: Value, value: Value)? {
        switch container.kind {
        case .list:
            guard position < Int(container.length) else { return nil }
            position += 1
            return unsafe (Value(Int64(position - 1)), container.elements[position - 1])
        case .map:
            guard position < Int(container.length) else { return nil }
            position += 1
            let entries = unsafe container.mapBlock.pointee.entries
            return unsafe (entries[2 * position - 2], entries[2 * position - 1])
        case .jsonArray:
            guard let element = elements?.next() else { return nil }
            position += 1
            return (Value(Int64(position - 1)), evaluator.value(of: element))
        case .jsonObject:
            guard let member = members?.next() else { return nil }
            return (evaluator.value(of: member.key), evaluator.value(of: member.value))
        case .shapedList, .shapedMap: return nextShaped(&evaluator)
        default: return nil
        }
    }

    /// The next part of what is read by a shape; properties that the shape does not have are passed over.
    private mutating func nextShaped(_ evaluator: inout Evaluator) -> (key: Value, value: Value)? {
        if container.isShapedSum {
            guard position < Int(container.length) else { return nil }
            position += 1
            return unsafe (Value(Int64(position - 1)), container.sumElements[position - 1])
        }
        let reference = container.shapedBlock.reference
        if let element = elements?.next() {
            position += 1
            return (Value(Int64(position - 1)), evaluator.read(element, as: reference.element))
        }
        while let (key, node) = members?.next() {
            guard let found = evaluator.shapedKey(key, of: reference) else { continue }
            return (found.name, evaluator.read(node, as: found.shape))
        }
        return nil
    }
}
