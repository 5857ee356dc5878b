/// Fields of an object that are computed when they are first read, each by a program of its own.
///
/// A field's value is kept in a slot for as long as the evaluator's variables are. Its cost is counted apart, in
/// `fieldCost`, under a limit of its own: reading the field costs what reading any field costs. An object of such fields
/// is bound like any variable; it must live for as long as expressions run that may read it.
@safe public final class LazyFields: Sendable {
    /// One field.
    public struct Field: Sendable {
        /// Its name.
        public let name: String
        /// Where its value is kept; no program may use the slot, nor those that the field's own program uses.
        public let slot: Int
        /// What computes it.
        public let program: Program

        /// A field that a program computes.
        public init(name: String, slot: Int, program: Program) {
            self.name = name
            self.slot = slot
            self.program = program
        }
    }

    final class Entry: Sendable {
        let name: [UInt8]
        let slot: Int
        let program: Program

        init(_ field: Field) {
            name = Array(field.name.utf8)
            slot = field.slot
            program = field.program
        }
    }

    private let entries: [Entry]
    private let table: FixedTable<Unmanaged<Entry>>
    /// How many fields there are.
    public var count: Int { entries.count }

    /// An object of those fields.
    public init(_ fields: [Field]) {
        entries = fields.map(Entry.init)
        unsafe table = FixedTable(entries.map { unsafe Unmanaged.passUnretained($0) })
    }

    deinit { unsafe table.free() }

    static let family = OpaqueFamily(typeName: "kubernetes.variables", equals: { _, _ in false })

    /// The value of the object.
    public func value(_ evaluator: inout Evaluator) -> Value {
        evaluator.opaque(Self.family, LazyFieldsReference(self))
    }

    /// Forgets the values that were computed, so that the next reading computes them anew.
    public func forget(_ evaluator: inout Evaluator) {
        for index in 0..<entries.count {
            unsafe table[index]._withUnsafeGuaranteedRef { evaluator.unbind($0.slot) }
        }
    }

    fileprivate func read(_ name: ByteView, _ evaluator: inout Evaluator) -> Value? {
        for index in 0..<entries.count {
            let found: Value? = unsafe table[index]._withUnsafeGuaranteedRef { entry in
                guard entry.name.count == name.count else { return nil }
                for offset in 0..<name.count where entry.name[offset] != name[offset] { return nil }
                return evaluator.field(entry)
            }
            if let found { return found }
        }
        return nil
    }
}

/// What a value of lazy fields holds.
@safe private struct LazyFieldsReference: BitwiseCopyable {
    private let fields: UnsafeRawPointer

    init(_ fields: LazyFields) {
        unsafe self.fields = UnsafeRawPointer(Unmanaged.passUnretained(fields).toOpaque())
    }

    func read(_ name: ByteView, _ evaluator: inout Evaluator) -> Value? {
        let fields = unsafe Unmanaged<LazyFields>.fromOpaque(self.fields)
        return unsafe fields._withUnsafeGuaranteedRef { $0.read(name, &evaluator) }
    }
}

extension Evaluator {
    /// The field of an object of lazy fields; nil where it has none of that name.
    mutating func lazyField(_ key: Value, of object: Value) -> Value? {
        guard key.kind == .string else { return .noSuchOverload }
        return object.payload(as: LazyFieldsReference.self).read(key.bytes, &self)
    }

    fileprivate mutating func field(_ entry: LazyFields.Entry) -> Value {
        reserveSlots(max(entry.slot + 1, entry.program.slotCount))
        let known = unsafe slots[entry.slot]
        if !known.isUnset { return known }
        let position = Self.stackPosition()
        if fieldDepth == 0 { fieldStack = position }
        guard fieldStack &- position < Self.fieldStackBytesMax else {
            return failure(of: entry, .error("variables are nested too deeply"))
        }
        // Asking for a field while it is computed would not end.
        unsafe slots[entry.slot] = .noSuchOverload
        let outerCost = cost
        cost = 0
        fieldDepth += 1
        var value = evaluate(entry.program.root, entry.program)
        fieldDepth -= 1
        fieldCost &+= cost
        cost = outerCost
        if stop == .cost {
            stop = nil
            value = .error("operation cancelled: actual cost limit exceeded")
        }
        if stop != nil { return .stopped }
        if value.isError { value = failure(of: entry, value) }
        unsafe slots[entry.slot] = value
        return value
    }

    /// How much of the thread's stack fields that read fields may take: an eighth of the smallest that Linux gives.
    private static let fieldStackBytesMax: UInt = 1 << 20

    /// An address in the present frame: stacks grow towards zero.
    @inline(never) private static func stackPosition() -> UInt {
        var marker: UInt8 = 0
        return unsafe withUnsafeMutablePointer(to: &marker) { UInt(bitPattern: $0) }
    }

    @inline(never) private mutating func failure(of entry: LazyFields.Entry, _ value: Value) -> Value {
        let name = String(decoding: entry.name, as: UTF8.self)
        return error("composited variable \"\(name)\" fails to evaluate: \(value.errorMessage)")
    }

    /// Begins another expression on the same variables: what was computed stays, costs count from zero.
    public mutating func beginExpression() {
        cost = 0
        fieldCost = 0
        if stop == .cost { stop = nil }
    }

    /// Takes a variable's value away again.
    public mutating func unbind(_ slot: Int) {
        reserveSlots(slot + 1)
        unsafe slots[slot] = .unset
    }
}
