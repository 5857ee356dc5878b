/// A set of small numbers that remembers the order they came in and is emptied in no time.
struct SparseSet {
    private(set) var dense: [UInt32] = []
    private var sparse: [UInt32] = []
    private(set) var count = 0

    /// Makes room for numbers below `capacity`.
    mutating func reserve(_ capacity: Int) {
        guard sparse.count < capacity else { return }
        dense = [UInt32](repeating: 0, count: capacity)
        sparse = [UInt32](repeating: 0, count: capacity)
        count = 0
    }

    mutating func removeAll() { count = 0 }

    /// The place of a member, or nil.
    @inline(__always)
    func index(of value: UInt32) -> Int? {
        let place = Int(sparse[Int(value)])
        return place < count && dense[place] == value ? place : nil
    }

    /// Adds a number; false when it was there.
    @inline(__always)
    mutating func insert(_ value: UInt32) -> Bool {
        let place = Int(sparse[Int(value)])
        if place < count, dense[place] == value { return false }
        dense[count] = value
        sparse[Int(value)] = UInt32(truncatingIfNeeded: count)
        count += 1
        return true
    }
}

/// What working out a state of an automaton needs; one for all the programs of a scratch.
struct Workspace {
    var current = SparseSet()
    var next = SparseSet()
    /// Instructions still to be followed, the next on top.
    var pending: [UInt32] = []
    /// Where the threads of a state that is being made come in, before anything was followed.
    var roots: [UInt32] = []
    /// Members of a state that is being made.
    var members: [UInt32] = []
    /// Instructions looked at since the caller was last asked whether to stop.
    var work = 0

    mutating func reserve(_ program: borrowing Program) {
        current.reserve(program.instructions.count)
        next.reserve(program.instructions.count)
    }

    /// Lets a thread come in at an instruction, unless one that is preferred went there already.
    mutating func enter(_ program: borrowing Program, _ root: UInt32, where holding: Assertion) {
        guard next.index(of: root) == nil else { return }
        roots.append(root)
        Self.close(program, from: root, where: holding, into: &next, pending: &pending)
    }

    /// Adds to a set everything that can be reached from an instruction without reading, in order of preference.
    static func close(
        _ program: borrowing Program, from start: UInt32, where holding: Assertion, into set: inout SparseSet,
        pending: inout [UInt32]
    ) {
        pending.append(start)
        while let index = pending.popLast() {
            guard set.insert(index) else { continue }
            let instruction = program.instructions[Int(index)]
            switch instruction.operation {
            case .split:
                pending.append(instruction.other)
                pending.append(instruction.next)
            case .capture: pending.append(instruction.next)
            case .assertion:
                let needed = Assertion(rawValue: UInt8(truncatingIfNeeded: instruction.other))
                if holding.isSuperset(of: needed) { pending.append(instruction.next) }
            default: break
            }
        }
    }
}
