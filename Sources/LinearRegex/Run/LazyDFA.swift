/// A deterministic automaton that is built as texts need it, within a bound of memory.
///
/// A state is the ordered list of instructions that could go on, and it is entered one byte late: whether a match ends
/// before a byte is known only once that byte was seen, since `$` and `\b` look at it. So there is one transition more
/// than there are classes of bytes, for the end of the text.
///
///     transition, 32 bits:  | match | special | accelerated | offset of the state's row, 29 bits |
///
/// A row is one transition for each class and one for the end. The special transitions are `unknown` and `dead`.
@safe struct LazyDFA: ~Copyable {
    static let matchBit: UInt32 = 1 << 31
    static let specialBit: UInt32 = 1 << 30
    static let acceleratedBit: UInt32 = 1 << 29
    static let offsetMask: UInt32 = acceleratedBit - 1
    static let unknown: UInt32 = specialBit
    static let dead: UInt32 = specialBit | 1

    /// What is known of a state besides its row.
    struct State {
        /// Where its members are in `members`.
        var first: Int
        var count: Int
        /// What holds before the byte that is read next.
        var holding: Assertion
        /// The assertions that wait for the byte that is read next; where there are any, the members are roots.
        var needed: Assertion
        var afterWord: Bool
        var isMatch: Bool
    }

    /// Transitions in a row.
    let stride: Int
    let bytesMax: Int
    /// The class of each byte, and after those the rows.
    let classes: UnsafeMutablePointer<UInt8>
    var rows: UnsafeMutablePointer<UInt32>
    var rowsCapacity: Int
    var states: [State] = []
    var members: [UInt32] = []
    /// An open hash table of state numbers plus one.
    var buckets: [UInt32] = []
    /// The starting states that are known: by what is before, twice, for searching and for matching right here.
    var starts: InlineArray<8, UInt32> = InlineArray(repeating: Self.unknown)
    /// The state of a search that has found nothing yet, when a prefix can be looked for instead.
    var acceleratedRow = Self.unknown
    /// True once states were added that `Scratch` has not counted.
    var hasGrown = true
    /// Bytes read since the tables were last emptied, and whether they ever were.
    var bytesSinceReset = 0
    var wasReset = false

    init(_ program: borrowing Program, bytesMax: Int) {
        stride = program.representatives.count + 1
        self.bytesMax = bytesMax
        rowsCapacity = stride * 8
        unsafe classes = .allocate(capacity: 256)
        unsafe rows = .allocate(capacity: rowsCapacity)
        for byte in 0..<256 { unsafe classes[byte] = program.classes[byte] }
        buckets = [UInt32](repeating: 0, count: 32)
    }

    deinit {
        unsafe classes.deallocate()
        unsafe rows.deallocate()
    }

    /// The bytes that the tables take.
    var bytes: Int {
        256 + rowsCapacity * 4 + states.capacity * MemoryLayout<State>.stride + members.capacity * 4
            + buckets.count * 4
    }

    /// The class that stands for an end of the text.
    var endClass: Int { stride - 1 }

    /// Forgets every state but keeps the memory.
    mutating func reset() {
        states.removeAll(keepingCapacity: true)
        members.removeAll(keepingCapacity: true)
        for index in buckets.indices { buckets[index] = 0 }
        starts = InlineArray(repeating: Self.unknown)
        acceleratedRow = Self.unknown
        bytesSinceReset = 0
        wasReset = true
    }
}
