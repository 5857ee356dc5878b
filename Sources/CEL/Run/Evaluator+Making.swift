public import JSON

// Making values that lie in the arena.

extension Evaluator {
    /// A string or bytes of `count` that `fill` writes; it says how many it wrote.
    @unsafe public mutating func make(
        _ kind: Value.Kind, upTo count: Int, _ fill: (UnsafeMutableBufferPointer<UInt8>) -> Int
    ) -> Value {
        guard let memory = unsafe allocate(count) else { return .stopped }
        let bytes = unsafe memory.bindMemory(to: UInt8.self, capacity: max(count, 1))
        let written = unsafe fill(UnsafeMutableBufferPointer(start: bytes, count: count))
        return unsafe Value(kind, ByteView(base: bytes, count: min(max(written, 0), count)))
    }

    /// A string or bytes of up to `count` that `fill` writes; `fill` looks at the deadline where it takes long.
    @unsafe mutating func make(
        _ kind: Value.Kind, upTo count: Int, _ fill: (inout Evaluator, inout ByteOutput) -> Void
    ) -> Value {
        guard let memory = unsafe allocate(count) else { return .stopped }
        let bytes = unsafe memory.bindMemory(to: UInt8.self, capacity: max(count, 1))
        var output = unsafe ByteOutput(UnsafeMutableBufferPointer(start: bytes, count: count))
        fill(&self, &output)
        if stop != nil { return .stopped }
        return unsafe Value(kind, ByteView(base: bytes, count: output.count))
    }

    /// A string or bytes that `transform` makes of a text, a few kilobytes at a time, each byte of which becomes at
    /// most `bytesPerByte`; `around` stands before and behind it.
    @unsafe @inline(__always)
    public mutating func make(
        _ kind: Value.Kind, from text: ByteView, bytesPerByte: Int, around: ByteView = .empty,
        _ transform: (ByteView, inout ByteOutput) -> Void
    ) -> Value {
        unsafe make(kind, upTo: text.count * bytesPerByte + 2 * around.count) { evaluator, output in
            output.write(around)
            var position = 0
            while position < text.count {
                let end = min(text.count, position + Self.bytesBetweenChecks)
                if evaluator.mustStop(after: (end - position) / 32 + 1) { return }
                transform(text[view: position..<end], &output)
                position = end
            }
            output.write(around)
        }
    }

    /// How much of a text is worked through before the next look at the deadline.
    static let bytesBetweenChecks = 16 << 10

    /// A string.
    public mutating func string(_ text: String) -> Value { copy(.string, Array(text.utf8)) }

    /// A copy of bytes, as a string or as bytes.
    public mutating func copy(_ kind: Value.Kind, _ bytes: some Collection<UInt8>) -> Value {
        unsafe make(kind, upTo: bytes.count) { unsafe $0.initialize(fromContentsOf: bytes) }
    }

    /// An error with a sentence of its own.
    public mutating func error(_ message: String) -> Value {
        let text = string(message)
        guard !text.isError else { return text }
        return Value(.error, detail: RunError.message.rawValue, length: text.length, word: text.word)
    }

    /// An error about a value.
    mutating func error(_ error: RunError, _ about: Value) -> Value {
        guard let box = unsafe box(about) else { return .stopped }
        return Value(.error, detail: error.rawValue, word: UInt64(UInt(bitPattern: box)))
    }

    /// An optional that has a value.
    public mutating func optional(_ value: Value) -> Value {
        guard let box = unsafe box(value) else { return .stopped }
        return Value(.optional, length: 1, word: UInt64(UInt(bitPattern: box)))
    }

    @unsafe private mutating func box(_ value: Value) -> UnsafeMutablePointer<Value>? {
        guard let memory = unsafe allocate(MemoryLayout<Value>.size) else { return nil }
        let box = unsafe memory.bindMemory(to: Value.self, capacity: 1)
        unsafe box.initialize(to: value)
        return unsafe box
    }

    /// A list of values that lie together.
    public mutating func list(_ values: some Collection<Value>) -> Value {
        unsafe makeList(upTo: values.count) { unsafe $0.initialize(fromContentsOf: values) }
    }

    @unsafe mutating func makeList(upTo count: Int, _ fill: (UnsafeMutableBufferPointer<Value>) -> Int) -> Value {
        guard let memory = unsafe allocate(count * MemoryLayout<Value>.stride) else { return .stopped }
        let values = unsafe memory.bindMemory(to: Value.self, capacity: max(count, 1))
        let written = unsafe fill(UnsafeMutableBufferPointer(start: values, count: count))
        return unsafe Value(list: values, count: written)
    }

    /// A list of `count` values that `element` makes one after the other.
    @unsafe @inline(__always)
    mutating func makeList(_ count: Int, _ element: (inout Evaluator, Int) -> Value) -> Value {
        guard let memory = unsafe allocate(count * MemoryLayout<Value>.stride) else { return .stopped }
        let values = unsafe memory.bindMemory(to: Value.self, capacity: max(count, 1))
        for index in 0..<count {
            if mustStop() { return .stopped }
            unsafe (values + index).initialize(to: element(&self, index))
        }
        return unsafe Value(list: values, count: count)
    }

    /// A map of entries whose keys are all different.
    public mutating func map(_ entries: [(key: Value, value: Value)]) -> Value {
        var map = makeMap(capacity: entries.count)
        for entry in entries where !map.isError { map = set(entry.key, entry.value, in: map) }
        return map
    }

    /// A library's value.
    public mutating func opaque<Payload: BitwiseCopyable>(_ family: OpaqueFamily, _ payload: Payload) -> Value {
        let size = Value.opaqueHeaderBytes + MemoryLayout<Payload>.stride
        guard let block = unsafe allocate(size) else { return .stopped }
        unsafe block.storeBytes(of: Unmanaged.passUnretained(family).toOpaque(), as: UnsafeMutableRawPointer.self)
        unsafe block.storeBytes(of: payload, toByteOffset: Value.opaqueHeaderBytes, as: Payload.self)
        return unsafe Value(opaqueAt: block)
    }

    /// A value of a document. A whole number that is no 64-bit signed integer is a double, as in Kubernetes.
    @inline(__always)
    public mutating func value(of node: JSONNode) -> Value {
        switch node.kind {
        case .null: return .null
        case .bool: return Value(node.bool ?? false)
        case .int: return Value(node.int ?? 0)
        case .uint, .double: return Value(node.double ?? 0)
        case .string:
            guard node.isVerbatim else { return decoded(node) }
            let bytes = unsafe node.rawBytes
            return unsafe Value(.string, ByteView(base: bytes.baseAddress, count: bytes.count))
        case .array: return Value(.jsonArray, node)
        case .object: return Value(.jsonObject, node)
        }
    }

    @inline(never) private mutating func decoded(_ node: JSONNode) -> Value {
        // What is decoded is no longer than what is written.
        let count = unsafe node.rawBytes.count
        if mustStop(after: count / 16 + 1) { return .stopped }
        return unsafe make(.string, upTo: count) { evaluator, output in
            unsafe output.fill { memory in
                unsafe node.copyUTF8(into: memory) { evaluator.mustStop(after: Self.stepsBetweenChecks) }
            }
        }
    }
}

extension Value {
    /// No value where one may be.
    public static let none = Value(.optional)

    @unsafe init(list values: UnsafePointer<Value>, count: Int) {
        self.init(.list, length: UInt32(truncatingIfNeeded: count), word: UInt64(UInt(bitPattern: values)))
    }

    /// The elements of a list that the expression made.
    @unsafe @inline(__always) var elements: UnsafeBufferPointer<Value> {
        unsafe UnsafeBufferPointer(start: UnsafePointer(bitPattern: UInt(truncatingIfNeeded: word)), count: Int(length))
    }

    @inline(__always) init(_ kind: Kind, _ node: JSONNode) {
        unsafe self.init(kind, length: node.index, word: UInt64(UInt(bitPattern: node.ownerAddress)))
    }

    /// The document's node that this array or object is.
    @inline(__always) var node: JSONNode {
        let owner = unsafe UnsafeRawPointer(bitPattern: UInt(truncatingIfNeeded: word)).unsafelyUnwrapped
        return unsafe JSONNode(ownerAddress: owner, index: length)
    }
}
