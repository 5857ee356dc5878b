/// What must hold at a position, without reading anything; the numbers are the bits of a DFA state's flags.
struct Assertion: OptionSet, Hashable, Sendable {
    let rawValue: UInt8
    static let beginLine = Assertion(rawValue: 1)
    static let endLine = Assertion(rawValue: 2)
    static let beginText = Assertion(rawValue: 4)
    static let endText = Assertion(rawValue: 8)
    static let wordBoundary = Assertion(rawValue: 16)
    static let notWordBoundary = Assertion(rawValue: 32)
    static let word: Assertion = [.wordBoundary, .notWordBoundary]
    static let line: Assertion = [.beginLine, .endLine]
}

/// One step of the automaton: 12 bytes.
struct Instruction: Sendable {
    enum Operation: UInt8, Sendable {
        /// Nothing goes on from here.
        case fail
        /// A byte from `low` to `high` leads to `next`.
        case range
        /// One of `other` transitions from index `next` of the program's list: sorted and apart.
        case table
        /// First `next`, then `other`.
        case split
        /// Position into slot `other`, then `next`.
        case capture
        /// Where the assertion `other` holds, `next`.
        case assertion
        /// The pattern has matched.
        case match
    }

    var operation: Operation
    var low: UInt8 = 0
    var high: UInt8 = 0
    var next: UInt32 = 0
    var other: UInt32 = 0
}

/// A byte from `low` to `high` leads to `target`.
struct Transition: Hashable, Sendable {
    var low: UInt8
    var high: UInt8
    var target: UInt32
}

/// A compiled pattern: an automaton over bytes, read in one direction.
struct Program: Sendable {
    var instructions: [Instruction] = []
    var transitions: [Transition] = []
    /// Where a match begins.
    var start: UInt32 = 0
    /// Where a search begins: skips any text, in vain preference to a match.
    var searchStart: UInt32 = 0
    /// True when matches can begin only at the start of the text.
    var isAnchored = false
    /// True when the longest match is wanted rather than the preferred one; only the reversed program is so.
    var isLongest = false
    var captureSlots = 2
    /// The assertions that occur.
    var assertions: Assertion = []
    /// For each byte the class of bytes that no instruction tells apart.
    var classes = [UInt8](repeating: 0, count: 256)
    /// A byte of each class.
    var representatives: [UInt8] = []

    /// Where a byte leads from an instruction that reads one, or nil.
    @inline(__always)
    func target(of instruction: Instruction, byte: UInt8) -> UInt32? {
        if instruction.operation == .range {
            return byte >= instruction.low && byte <= instruction.high ? instruction.next : nil
        }
        var low = Int(instruction.next)
        var high = low + Int(instruction.other)
        let end = high
        while low < high {
            let middle = (low + high) / 2
            if transitions[middle].high < byte { low = middle + 1 } else { high = middle }
        }
        return low < end && transitions[low].low <= byte ? transitions[low].target : nil
    }
}

extension Program {
    /// Works out which bytes need not be told apart.
    mutating func classify() {
        var isLast = [Bool](repeating: false, count: 256)
        isLast[255] = true
        func separate(_ low: UInt8, _ high: UInt8) {
            if low > 0 { isLast[Int(low) - 1] = true }
            isLast[Int(high)] = true
        }
        for instruction in instructions where instruction.operation == .range {
            separate(instruction.low, instruction.high)
        }
        for transition in transitions { separate(transition.low, transition.high) }
        if !assertions.isDisjoint(with: .line) { separate(10, 10) }
        if !assertions.isDisjoint(with: .word) {
            for byte in UInt8.min...UInt8.max where WordByte.contains(byte) { separate(byte, byte) }
        }
        representatives = []
        var isFirst = true
        for byte in UInt8.min...UInt8.max {
            if isFirst { representatives.append(byte) }
            classes[Int(byte)] = UInt8(truncatingIfNeeded: representatives.count - 1)
            isFirst = isLast[Int(byte)]
        }
    }
}
