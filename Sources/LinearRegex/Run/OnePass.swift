/// A program of which, wherever it is, each byte lets at most one thread go on: groups are then found by just walking.
/// Most patterns that people write to take names and versions apart are of this kind.
///
///     action, 64 bits:  | node, 26 bits | assertions, 6 bits | slots set on the way, 32 bits |
///
/// A row is one action for each class of bytes, and a last one for the end of the match. Zero is no action: no byte
/// leads back to node 0, where nothing was read yet.
struct OnePass: Sendable {
    /// Actions in all rows: 128 KB.
    private static let actionsMax = 16384

    private let classes: [UInt8]
    private let stride: Int
    private var actions: [UInt64] = []
    /// The node that each instruction begins, and in that order the instructions.
    private var numbers: [UInt32: Int] = [:]
    private var heads: [UInt32] = []

    /// A place that can be reached without reading, and what has to hold and is set on the way.
    private struct Step {
        let index: UInt32
        let conditions: UInt64
    }

    /// Nil when the program is not of that kind, or too large.
    init?(_ program: Program) {
        classes = program.classes
        stride = program.representatives.count + 1
        guard program.captureSlots <= 32 else { return nil }
        _ = node(program.start)
        // Node 0 must stay apart, so an instruction that is read to again gets a second node.
        numbers.removeAll()
        var next = 0
        while next < heads.count {
            guard heads.count * stride <= Self.actionsMax, addRow(program, heads[next], next) else { return nil }
            next += 1
        }
        numbers = [:]
        heads = []
    }

    private mutating func node(_ index: UInt32) -> Int {
        if let known = numbers[index] { return known }
        heads.append(index)
        numbers[index] = heads.count - 1
        return heads.count - 1
    }

    /// Works out one node; false when two threads could go on.
    private mutating func addRow(_ program: Program, _ head: UInt32, _ number: Int) -> Bool {
        actions.append(contentsOf: repeatElement(0, count: stride))
        var seen: Set<UInt32> = []
        var pending = [Step(index: head, conditions: 0)]
        while let step = pending.popLast() {
            guard seen.insert(step.index).inserted else { return false }
            let instruction = program.instructions[Int(step.index)]
            switch instruction.operation {
            case .fail: break
            case .split:
                pending.append(Step(index: instruction.other, conditions: step.conditions))
                pending.append(Step(index: instruction.next, conditions: step.conditions))
            case .capture:
                let bit = UInt64(1) << UInt64(instruction.other)
                pending.append(Step(index: instruction.next, conditions: step.conditions | bit))
            case .assertion:
                let bits = UInt64(instruction.other) << 32
                pending.append(Step(index: instruction.next, conditions: step.conditions | bits))
            case .match: actions[number * stride + stride - 1] = 1 << 38 | step.conditions
            case .range, .table:
                for (kind, byte) in program.representatives.enumerated() {
                    guard let target = program.target(of: instruction, byte: byte) else { continue }
                    guard actions[number * stride + kind] == 0 else { return false }
                    let action = UInt64(node(target)) << 38 | step.conditions
                    actions[number * stride + kind] = action
                }
            }
        }
        return true
    }

    /// Fills `groups` for a match that is known to be `range`.
    func run(_ text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, groups: inout [Int]) -> Bool {
        for slot in groups.indices { groups[slot] = -1 }
        var row = 0
        for position in range {
            let action = unsafe actions[row + Int(classes[Int(text[position])])]
            guard unsafe apply(action, text, position, &groups) else { return false }
            row = Int(action >> 38) * stride
        }
        let last = actions[row + stride - 1]
        guard unsafe apply(last, text, range.upperBound, &groups) else { return false }
        groups[0] = range.lowerBound
        groups[1] = range.upperBound
        return true
    }

    @inline(__always)
    private func apply(
        _ action: UInt64, _ text: UnsafeBufferPointer<UInt8>, _ position: Int, _ groups: inout [Int]
    ) -> Bool {
        if action == 0 { return false }
        if action & 0x3F_FFFF_FFFF == 0 { return true }
        let needed = Assertion(rawValue: UInt8(truncatingIfNeeded: action >> 32 & 0x3F))
        if !needed.isEmpty, unsafe !Context.assertions(in: text, at: position).isSuperset(of: needed) { return false }
        var slots = UInt32(truncatingIfNeeded: action)
        while slots != 0 {
            let slot = slots.trailingZeroBitCount
            if slot < groups.count { groups[slot] = position }
            slots &= slots - 1
        }
        return true
    }
}
