/// Follows one thread at a time, the preferred one first, and never the same instruction at the same position twice:
/// the quickest way to the groups of a short match.
struct Backtracker {
    /// Bits of `visited`: 32 KB.
    static let bitsMax = 1 << 18

    private enum Job {
        case visit(UInt32, Int)
        case restore(slot: Int, value: Int)
    }

    private var visited: [UInt64] = []
    private var pending: [Job] = []

    /// True when a program and a part of a text are small enough.
    static func fits(_ program: borrowing Program, bytes: Int) -> Bool {
        let (bits, overflow) = program.instructions.count.multipliedReportingOverflow(by: bytes + 1)
        return !overflow && bits <= bitsMax
    }

    /// Fills `groups` with the preferred match that begins at `range.lowerBound` and reads nothing past the other bound.
    mutating func run(
        _ program: borrowing Program, _ text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, groups: inout [Int]
    ) -> Bool {
        let width = range.count + 1
        let words = (program.instructions.count * width + 63) / 64
        if visited.count < words { visited = [UInt64](repeating: 0, count: words) }
        for word in 0..<words { visited[word] = 0 }
        for slot in groups.indices { groups[slot] = -1 }
        pending.removeAll(keepingCapacity: true)
        pending.append(.visit(program.start, range.lowerBound))
        while let job = pending.popLast() {
            switch job {
            case .restore(let slot, let value): groups[slot] = value
            case .visit(let index, let position):
                guard unsafe explore(program, text, range, index, position, &groups) else { continue }
                groups[0] = range.lowerBound
                return true
            }
        }
        return false
    }

    /// Follows a thread until it ends; true when that is a match.
    private mutating func explore(
        _ program: borrowing Program, _ text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, _ start: UInt32,
        _ from: Int, _ groups: inout [Int]
    ) -> Bool {
        var index = start
        var position = from
        let width = range.count + 1
        while true {
            let bit = Int(index) * width + position - range.lowerBound
            if visited[bit >> 6] & (1 << UInt64(bit & 63)) != 0 { return false }
            visited[bit >> 6] |= 1 << UInt64(bit & 63)
            let instruction = program.instructions[Int(index)]
            switch instruction.operation {
            case .fail: return false
            case .match:
                groups[1] = position
                return true
            case .split:
                pending.append(.visit(instruction.other, position))
                index = instruction.next
            case .capture:
                let slot = Int(instruction.other)
                if slot < groups.count {
                    pending.append(.restore(slot: slot, value: groups[slot]))
                    groups[slot] = position
                }
                index = instruction.next
            case .assertion:
                let needed = Assertion(rawValue: UInt8(truncatingIfNeeded: instruction.other))
                let holding = unsafe Context.assertions(in: text, at: position)
                if !holding.isSuperset(of: needed) { return false }
                index = instruction.next
            case .range, .table:
                guard position < range.upperBound,
                    let target = unsafe program.target(of: instruction, byte: text[position])
                else { return false }
                index = target
                position += 1
            }
        }
    }
}
