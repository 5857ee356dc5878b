public import JSON

// Lists and maps that are read by a shape. Such a value's word is the address of this block, in an evaluator's arena:
//
//     header   the table of shapes
//     source   the document that the node belongs to, or the elements of a sum
//     place    the node's place in its document
//     shape    the shape's place in the table
//
// The value itself has the count; a list whose `detail` is one is a sum, whose elements have been read.

@safe struct ShapedBlock: BitwiseCopyable {
    let header: UnsafePointer<ShapeHeader>
    let source: UnsafeRawPointer
    let place: UInt32
    let shape: UInt32

    var reference: ShapeReference { unsafe ShapeReference(header: header, place: shape) }
    var node: JSONNode { unsafe JSONNode(ownerAddress: source, index: place) }
}

extension Value {
    /// Whether this is a list or map that is read by a shape.
    @inline(__always) var isShaped: Bool { kind == .shapedList || kind == .shapedMap }

    /// What a shaped list or map is made of.
    var shapedBlock: ShapedBlock {
        unsafe UnsafePointer<ShapedBlock>(bitPattern: UInt(truncatingIfNeeded: word)).unsafelyUnwrapped.pointee
    }

    /// Whether a shaped list is a sum, and not an array of a document.
    var isShapedSum: Bool { kind == .shapedList && detail == 1 }

    /// The elements of a shaped list that is a sum.
    @unsafe var sumElements: UnsafeBufferPointer<Value> {
        let source = unsafe shapedBlock.source.assumingMemoryBound(to: Value.self)
        return unsafe UnsafeBufferPointer(start: source, count: Int(length))
    }

    /// The array or object of a document that this is; nil for everything else.
    var documentNode: JSONNode? {
        switch kind {
        case .jsonArray, .jsonObject: node
        case .shapedMap: shapedBlock.node
        case .shapedList: isShapedSum ? nil : shapedBlock.node
        default: nil
        }
    }
}

extension Evaluator {
    /// A value of a document, read by a shape; an error where it is not what the shape says.
    public mutating func value(of node: JSONNode, as shape: Int, in table: ShapeTable) -> Value {
        let place = UInt32(exactly: shape) ?? .max
        return read(node, as: unsafe ShapeReference(header: UnsafePointer(table.header), place: place))
    }

    mutating func read(_ node: JSONNode, as shape: ShapeReference) -> Value {
        let entry = shape.entry
        if node.isNull {
            return entry.isNullable ? .null : .error("invalid data, got null for schema with nullable=false")
        }
        switch entry.kind {
        case .preserved: return value(of: node)
        case .intOrString:
            if node.isString || node.kind == .int { return value(of: node) }
            return .error("invalid data, expected XIntOrString value to be either a string or integer")
        case .object, .map, .closed:
            if node.isObject { return shaped(.shapedMap, node, shape) }
            return .error("invalid data, expected a map for the provided schema with type=object")
        case .list, .set, .keyedList:
            if node.isArray { return shaped(.shapedList, node, shape) }
            return .error("invalid data, expected an array for the provided schema with type=array")
        case .string, .duration, .date, .dateTime, .bytes: return readText(node, entry.kind)
        case .number: return node.double.map { Value($0) } ?? unexpected("float", node)
        case .integer: return node.int.map { Value($0) } ?? unexpected("int", node)
        case .bool: return node.bool.map { Value($0) } ?? unexpected("bool", node)
        case .unreadable:
            return entry.reason.isEmpty ? .error("invalid data, without a schema") : error(entry.reason.text)
        }
    }

    private mutating func readText(_ node: JSONNode, _ kind: ShapeEntry.Kind) -> Value {
        guard node.isString else { return unexpected("string", node) }
        let text = value(of: node)
        if text.isError { return text }
        switch kind {
        case .duration: return ShapedText.duration(text.bytes, &self)
        case .date: return ShapedText.date(text.bytes, &self)
        case .dateTime: return ShapedText.dateTime(text.bytes, &self)
        case .bytes: return ShapedText.bytes(text.bytes, &self)
        default: return text
        }
    }

    private mutating func unexpected(_ wanted: String, _ node: JSONNode) -> Value {
        let found =
            switch node.kind {
            case .null: "<nil>"
            case .bool: "bool"
            case .int: "int64"
            case .uint, .double: "float64"
            case .string: "string"
            case .array: "[]interface {}"
            case .object: "map[string]interface {}"
            }
        return error("invalid data, expected \(wanted), got \(found)")
    }

    private mutating func shaped(_ kind: Value.Kind, _ node: JSONNode, _ shape: ShapeReference) -> Value {
        let block = unsafe ShapedBlock(
            header: shape.header, source: node.ownerAddress, place: node.index, shape: shape.place)
        return shaped(kind, block, count: node.count, detail: 0)
    }

    mutating func shaped(_ kind: Value.Kind, _ block: ShapedBlock, count: Int, detail: UInt8) -> Value {
        guard let memory = unsafe allocate(MemoryLayout<ShapedBlock>.size) else { return .stopped }
        unsafe memory.bindMemory(to: ShapedBlock.self, capacity: 1).initialize(to: block)
        let address = UInt64(UInt(bitPattern: memory))
        return Value(kind, detail: detail, length: UInt32(truncatingIfNeeded: count), word: address)
    }
}

// MARK: parts

extension Evaluator {
    /// The value of a property as its shape reads it; nil where there is none that is seen.
    mutating func find(_ key: Value, inShaped map: Value) -> Value? {
        guard key.kind == .string else { return .noSuchOverload }
        let block = map.shapedBlock
        stepsUntilCheck &-= map.count / 16
        guard block.reference.entry.kind == .object else { return findProperty(key.bytes, of: block) }
        // In an object with named properties a null is as good as nothing, and names are escaped.
        guard Self.mayBeEscaped(key.bytes) else { return findProperty(key.bytes, of: block) }
        guard let name = PropertyName.unescaped(Array(key.bytes)) else { return nil }
        return unsafe name.withUnsafeBufferPointer {
            unsafe findProperty(ByteView(base: $0.baseAddress, count: $0.count), of: block)
        }
    }

    private mutating func findProperty(_ name: ByteView, of block: ShapedBlock) -> Value? {
        guard let node = unsafe block.node[Span(_unsafeElements: name.buffer)] else { return nil }
        return property(node, of: block.reference, block.reference.field(name))
    }

    /// The value of a property that is there; nil where it is not seen, as a null in an object is not.
    mutating func property(_ node: JSONNode, of reference: ShapeReference, _ shape: ShapeReference?) -> Value? {
        guard let shape, !node.isNull || reference.entry.kind != .object else { return nil }
        return read(node, as: shape)
    }

    static func mayBeEscaped(_ name: ByteView) -> Bool {
        var position = 1
        while position < name.count {
            if name[position] == UInt8(ascii: "_"), name[position - 1] == UInt8(ascii: "_") { return true }
            position += 1
        }
        return false
    }

    /// The element at a position that the list has.
    mutating func element(_ position: Int, ofShaped list: Value) -> Value {
        if list.isShapedSum { return unsafe list.sumElements[position] }
        let block = list.shapedBlock
        return block.node.element(position).map { read($0, as: block.reference.element) } ?? .noSuchOverload
    }

    /// The name of a property as an iteration gives it; nil for one that is not seen.
    mutating func shapedKey(_ key: JSONNode, of reference: ShapeReference) -> (name: Value, shape: ShapeReference)? {
        let name = value(of: key)
        guard !name.isError, let shape = reference.field(name.bytes) else { return nil }
        guard reference.entry.kind == .object, let escaped = PropertyName.escaped(name.text), escaped != name.text
        else { return (name, shape) }
        return (string(escaped), shape)
    }
}

extension ShapeReference {
    /// The shape of a property; nil where the object has none of that name.
    func field(of key: JSONNode) -> ShapeReference? {
        key.withUTF8 { name in
            unsafe name.withUnsafeBufferPointer { unsafe field(ByteView(base: $0.baseAddress, count: $0.count)) }
        }
    }

    /// Something with the kind and size that a node will have once it is read: for what looks at nothing else.
    func outline(_ node: JSONNode) -> Value? {
        guard node.isString else { return nil }
        switch entry.kind {
        case .duration: return Value(durationNanoseconds: 0)
        case .date, .dateTime: return Value(timestampSeconds: 0, nanoseconds: 0)
        case .bytes:
            let text = unsafe node.rawBytes
            let padding = unsafe text.suffix(2).count { $0 == UInt8(ascii: "=") }
            let count = max(0, text.count / 4 * 3 - padding)
            return unsafe Value(.bytes, ByteView(base: text.baseAddress, count: count))
        default: return nil
        }
    }
}
