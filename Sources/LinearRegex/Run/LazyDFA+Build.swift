/// Making states.
extension LazyDFA {
    /// What a transition turned out to be.
    enum Built {
        case transition(UInt32)
        /// There is no room for another state.
        case full
    }

    /// The state to start in, between two bytes or ends of the text.
    mutating func start(
        _ program: borrowing Program, before: UInt8?, isSearch: Bool, accelerate: Bool, _ space: inout Workspace
    ) -> Built {
        let kind = before == nil ? 0 : before == 10 ? 1 : Context.isWord(before) ? 2 : 3
        let slot = kind + (isSearch ? 4 : 0)
        if starts[slot] != Self.unknown { return .transition(starts[slot]) }
        let holding: Assertion = kind == 0 ? [.beginText, .beginLine] : kind == 1 ? [.beginLine] : []
        space.reserve(program)
        space.next.removeAll()
        space.roots.removeAll(keepingCapacity: true)
        space.enter(program, isSearch ? program.searchStart : program.start, where: holding)
        space.work += space.next.count
        let built = intern(program, holding: holding, afterWord: kind == 2, isMatch: false, &space)
        guard case .transition(let value) = built else { return built }
        starts[slot] = value
        // Without assertions all starts are one state, and what leads back to it is a byte that was skipped.
        if accelerate, isSearch, program.assertions.isEmpty, value & Self.specialBit == 0 {
            acceleratedRow = value
            starts[slot] = value | Self.acceleratedBit
        }
        return .transition(starts[slot])
    }

    /// Works out where a state goes with a class of bytes, and notes it.
    @inline(never)
    mutating func build(
        _ program: borrowing Program, from row: UInt32, class kind: Int, _ space: inout Workspace
    ) -> Built {
        let state = states[Int(row) / stride]
        let byte = kind == endClass ? nil : program.representatives[kind]
        open(program, state, before: byte, &space)
        let isMatch = step(program, byte, &space)
        let holding: Assertion = byte == 10 ? [.beginLine] : []
        let built = intern(program, holding: holding, afterWord: Context.isWord(byte), isMatch: isMatch, &space)
        guard case .transition(var value) = built else { return built }
        if value == acceleratedRow { value |= Self.acceleratedBit }
        unsafe rows[Int(row) + kind] = value
        return .transition(value)
    }

    /// Puts in `space.current` the instructions that the byte to come meets.
    private func open(
        _ program: borrowing Program, _ state: State, before byte: UInt8?, _ space: inout Workspace
    ) {
        var holding = state.holding
        if byte == nil { holding.formUnion([.endText, .endLine]) }
        if byte == 10 { holding.insert(.endLine) }
        holding.insert(state.afterWord == Context.isWord(byte) ? .notWordBoundary : .wordBoundary)
        let isWaiting = !state.needed.isEmpty
        space.reserve(program)
        space.current.removeAll()
        for index in state.first..<state.first + state.count {
            if isWaiting {
                Workspace.close(
                    program, from: members[index], where: holding, into: &space.current, pending: &space.pending)
            } else {
                _ = space.current.insert(members[index])
            }
        }
        space.work += space.current.count
    }

    /// Reads a byte from every member of `space.current` into `space.next`; true when a match ended before it.
    private func step(_ program: borrowing Program, _ byte: UInt8?, _ space: inout Workspace) -> Bool {
        let holding: Assertion = byte == 10 ? [.beginLine] : []
        var isMatch = false
        space.next.removeAll()
        space.roots.removeAll(keepingCapacity: true)
        for place in 0..<space.current.count {
            let instruction = program.instructions[Int(space.current.dense[place])]
            switch instruction.operation {
            case .match:
                isMatch = true
                // Everything after it is less preferred.
                if !program.isLongest { return true }
            case .range, .table:
                guard let byte, let target = program.target(of: instruction, byte: byte) else { continue }
                space.enter(program, target, where: holding)
            default: break
            }
        }
        space.work += space.next.count
        return isMatch
    }

    /// The transition into the state that `space.next` makes: one that is known, or a new one.
    private mutating func intern(
        _ program: borrowing Program, holding: Assertion, afterWord: Bool, isMatch: Bool, _ space: inout Workspace
    ) -> Built {
        let needed = gather(program, &space)
        if space.members.isEmpty, !isMatch { return .transition(Self.dead) }
        // What is around matters only to those who ask, and less of it makes fewer states.
        let state = State(
            first: members.count, count: space.members.count, holding: needed.isEmpty ? [] : holding, needed: needed,
            afterWord: afterWord && !needed.isEmpty && !program.assertions.isDisjoint(with: .word), isMatch: isMatch)
        var bucket = Self.hash(space.members, state) & (buckets.count - 1)
        while buckets[bucket] != 0 {
            let known = Int(buckets[bucket]) - 1
            if isSame(states[known], state, space.members) { return .transition(transition(known)) }
            bucket = (bucket + 1) & (buckets.count - 1)
        }
        guard reserveRow(space.members.count) else { return .full }
        hasGrown = true
        members.append(contentsOf: space.members)
        states.append(state)
        buckets[bucket] = UInt32(truncatingIfNeeded: states.count)
        let row = (states.count - 1) * stride
        for kind in 0..<stride { unsafe rows[row + kind] = Self.unknown }
        if states.count * 2 > buckets.count { growBuckets() }
        return .transition(transition(states.count - 1))
    }

    /// Makes a state again in tables that were just emptied; there is room for one.
    mutating func readmit(_ program: borrowing Program, _ state: State, _ list: [UInt32]) -> UInt32 {
        _ = reserveRow(list.count)
        var again = state
        again.first = 0
        members = list
        states.append(again)
        buckets[Self.hash(list, again) & (buckets.count - 1)] = 1
        for kind in 0..<stride { unsafe rows[kind] = Self.unknown }
        return 0
    }

    private func transition(_ number: Int) -> UInt32 {
        UInt32(truncatingIfNeeded: number * stride) | (states[number].isMatch ? Self.matchBit : 0)
    }

    /// Fills `space.members` with what a state must keep; the answer is the assertions that wait for the byte to come.
    ///
    /// Without those it is the instructions that read. With them it is the roots, to be followed again once that byte is
    /// seen: to follow on from the assertions alone would forget which ways were taken before them, and so the order.
    private func gather(_ program: borrowing Program, _ space: inout Workspace) -> Assertion {
        var needed: Assertion = []
        space.members.removeAll(keepingCapacity: true)
        for place in 0..<space.next.count {
            let index = space.next.dense[place]
            let instruction = program.instructions[Int(index)]
            switch instruction.operation {
            case .range, .table: space.members.append(index)
            case .assertion:
                let assertion = Assertion(rawValue: UInt8(truncatingIfNeeded: instruction.other))
                needed.formUnion(assertion.subtracting([.beginLine, .beginText]))
            case .match: space.members.append(index)
            default: break
            }
            if instruction.operation == .match, !program.isLongest { break }
        }
        if !needed.isEmpty { swap(&space.members, &space.roots) }
        // The order matters only where there is a preference.
        if program.isLongest { space.members.sort() }
        return needed
    }

    private func isSame(_ known: State, _ state: State, _ list: [UInt32]) -> Bool {
        guard known.count == state.count, known.holding == state.holding, known.isMatch == state.isMatch,
            known.afterWord == state.afterWord, known.needed == state.needed
        else { return false }
        for index in 0..<known.count where members[known.first + index] != list[index] { return false }
        return true
    }

    private static func hash(_ list: [UInt32], _ state: State) -> Int {
        var hash = UInt64(state.holding.rawValue) | (state.isMatch ? 256 : 0) | (state.afterWord ? 512 : 0)
        for member in list { hash = (hash ^ UInt64(member)) &* 0x9E37_79B9_7F4A_7C15 ^ (hash >> 29) }
        return Int(truncatingIfNeeded: (hash ^ (hash >> 32)) & 0x7FFF_FFFF)
    }

    /// Makes room for another row and its members; false when that would pass the bound.
    private mutating func reserveRow(_ count: Int) -> Bool {
        let used = (states.count + 1) * stride
        let bytes = used * 4 + (states.count + 1) * (MemoryLayout<State>.stride + 8) + (members.count + count) * 4
        if bytes > bytesMax, !states.isEmpty { return false }
        if used > Int(Self.offsetMask) { return false }
        guard used > rowsCapacity else { return true }
        let capacity = max(used, rowsCapacity * 2)
        let larger = UnsafeMutablePointer<UInt32>.allocate(capacity: capacity)
        unsafe larger.update(from: rows, count: states.count * stride)
        unsafe rows.deallocate()
        unsafe rows = larger
        rowsCapacity = capacity
        return true
    }

    private mutating func growBuckets() {
        buckets = [UInt32](repeating: 0, count: buckets.count * 2)
        for (number, state) in states.enumerated() {
            let list = Array(members[state.first..<state.first + state.count])
            var bucket = Self.hash(list, state) & (buckets.count - 1)
            while buckets[bucket] != 0 { bucket = (bucket + 1) & (buckets.count - 1) }
            buckets[bucket] = UInt32(truncatingIfNeeded: number + 1)
        }
    }
}
