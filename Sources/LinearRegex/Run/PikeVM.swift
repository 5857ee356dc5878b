/// All threads of the automaton side by side, in order of preference: slower than the tables, but bounded by the size of
/// the program whatever the text, and it knows where the groups are.
struct PikeVM {
    private var current = SparseSet()
    private var next = SparseSet()
    /// The positions of each thread, a row for each instruction.
    private var currentSlots: [Int] = []
    private var nextSlots: [Int] = []
    /// The positions of the thread that is being followed.
    private var slots: [Int] = []
    private var pending: [Job] = []
    /// Instructions looked at since the caller was last asked whether to stop.
    private var work = 0
    private var width = 0

    private enum Job {
        case follow(UInt32)
        case restore(slot: Int, value: Int)
    }

    /// Finds the preferred match; `groups` has room for the slots that are wanted, and gets -1 for what took no part.
    mutating func run(
        _ program: borrowing Program, _ text: UnsafeBufferPointer<UInt8>, _ goal: LazyDFA.Goal,
        groups: inout [Int], shouldStop: () -> Bool
    ) -> Found {
        prepare(program, width: groups.count)
        var found = Found.nothing
        var position = goal.from
        while true {
            let isOpen = found == .nothing && (goal.isSearch || position == goal.from)
            if current.count == 0, !isOpen { break }
            if unsafe isOpen && (!goal.isSearch || canStart(text, position)) {
                let holding = unsafe Context.assertions(in: text, at: position)
                for slot in slots.indices { slots[slot] = -1 }
                if width > 0 { slots[0] = position }
                swap(&current, &next)
                swap(&currentSlots, &nextSlots)
                follow(program, program.start, position, holding)
                swap(&current, &next)
                swap(&currentSlots, &nextSlots)
            }
            let byte = position < goal.bound ? unsafe text[position] : nil
            let holding =
                unsafe program.assertions.isEmpty || byte == nil
                ? [] : Context.assertions(in: text, at: position + 1)
            if step(program, byte, position, holding, &groups) {
                found = .at(position)
                if goal.isEarliest { return found }
            }
            guard byte != nil else { break }
            swap(&current, &next)
            swap(&currentSlots, &nextSlots)
            next.removeAll()
            position += 1
            work += 1
            guard work > Pace.work else { continue }
            work = 0
            if shouldStop() { return .stopped }
        }
        return found
    }

    /// A search never begins inside a code point, where nothing but `\B` could hold.
    private func canStart(_ text: UnsafeBufferPointer<UInt8>, _ position: Int) -> Bool {
        unsafe position >= text.count || text[position] & 0xC0 != 0x80
    }

    private mutating func prepare(_ program: borrowing Program, width: Int) {
        self.width = width
        let count = program.instructions.count
        current.reserve(count)
        next.reserve(count)
        current.removeAll()
        next.removeAll()
        pending.removeAll(keepingCapacity: true)
        if currentSlots.count < count * width {
            currentSlots = [Int](repeating: -1, count: count * width)
            nextSlots = currentSlots
        }
        if slots.count != width { slots = [Int](repeating: -1, count: width) }
    }

    /// Lets every thread read a byte, nil at the bound; true when one matched, and those after it are dropped.
    private mutating func step(
        _ program: borrowing Program, _ byte: UInt8?, _ position: Int, _ holding: Assertion, _ groups: inout [Int]
    ) -> Bool {
        for place in 0..<current.count {
            let index = current.dense[place]
            let instruction = program.instructions[Int(index)]
            work += 1
            switch instruction.operation {
            case .match:
                for slot in 0..<width { groups[slot] = currentSlots[Int(index) * width + slot] }
                if width >= 2 { groups[1] = position }
                return true
            case .range, .table:
                guard let byte, let target = program.target(of: instruction, byte: byte) else { continue }
                // A preferred thread is there already.
                if next.index(of: target) != nil { continue }
                for slot in 0..<width { slots[slot] = currentSlots[Int(index) * width + slot] }
                follow(program, target, position + 1, holding)
            default: break
            }
        }
        return false
    }

    /// Adds to `next` everything that can be reached from an instruction without reading.
    private mutating func follow(
        _ program: borrowing Program, _ start: UInt32, _ position: Int, _ holding: Assertion
    ) {
        pending.append(.follow(start))
        while let job = pending.popLast() {
            guard case .follow(let index) = job else {
                if case .restore(let slot, let value) = job { slots[slot] = value }
                continue
            }
            guard next.insert(index) else { continue }
            work += 1
            let instruction = program.instructions[Int(index)]
            switch instruction.operation {
            case .split:
                pending.append(.follow(instruction.other))
                pending.append(.follow(instruction.next))
            case .capture:
                let slot = Int(instruction.other)
                if slot < width {
                    pending.append(.restore(slot: slot, value: slots[slot]))
                    slots[slot] = position
                }
                pending.append(.follow(instruction.next))
            case .assertion:
                let needed = Assertion(rawValue: UInt8(truncatingIfNeeded: instruction.other))
                if holding.isSuperset(of: needed) { pending.append(.follow(instruction.next)) }
            case .range, .table, .match:
                for slot in 0..<width { nextSlots[Int(index) * width + slot] = slots[slot] }
            case .fail: break
            }
        }
    }
}
