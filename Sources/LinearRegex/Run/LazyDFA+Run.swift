/// Reading a text.
extension LazyDFA {
    /// What a run looks for.
    struct Goal {
        /// Where reading begins, and the bound where it ends.
        var from: Int
        var bound: Int
        /// True to find a match further on, false for one that begins at `from`.
        var isSearch: Bool
        /// True when any match will do, so that reading can stop at the first sign of one.
        var isEarliest: Bool
    }

    /// A state that reading cannot simply go on from.
    private enum Turn {
        case go(UInt32)
        case end(Found)
    }

    /// Reads forward to the end of the text; the answer is where the match ends.
    mutating func forward(
        _ program: borrowing Program, _ text: UnsafeBufferPointer<UInt8>, _ goal: Goal, prefix: borrowing Prefix,
        _ space: inout Workspace, shouldStop: () -> Bool
    ) -> Found {
        let before = unsafe Context.byte(text, goal.from - 1)
        guard var state = begin(program, before: before, goal, accelerate: prefix.isUseful, &space) else {
            return .thrashed
        }
        var found = Found.nothing
        var position = goal.from
        while position < goal.bound {
            if state >= Self.acceleratedBit {
                if state & Self.matchBit != 0 {
                    found = .at(position - 1)
                    if goal.isEarliest { return found }
                }
                if state & Self.specialBit != 0 { return found }
                if state & Self.acceleratedBit != 0 {
                    guard let next = unsafe prefix.find(in: text, from: position) else { return found }
                    position = next
                }
                state &= Self.offsetMask
            }
            let stop = min(goal.bound, position + Pace.bytes)
            let chunk = position
            let row = unsafe glide(text, &position, stop, &state)
            bytesSinceReset += position - chunk
            if state == Self.unknown {
                let kind = unsafe Int(classes[Int(text[position - 1])])
                guard let built = grow(program, row: row, class: kind, &space) else { return .thrashed }
                state = built
                guard space.work > Pace.work else { continue }
                space.work = 0
            } else if position < stop || position == goal.bound {
                continue
            }
            if shouldStop() { return .stopped }
        }
        return finish(program, state, at: position, late: position - 1, class: endClass, found, &space)
    }

    /// Reads backward from `goal.from` to `goal.bound`; the answer is the furthest place where the match can begin.
    mutating func backward(
        _ program: borrowing Program, _ text: UnsafeBufferPointer<UInt8>, _ goal: Goal,
        _ space: inout Workspace, shouldStop: () -> Bool
    ) -> Found {
        let before = unsafe Context.byte(text, goal.from)
        guard var state = begin(program, before: before, goal, accelerate: false, &space) else { return .thrashed }
        var found = Found.nothing
        var position = goal.from
        var sinceAsked = 0
        while position > goal.bound {
            if state & Self.matchBit != 0 { found = .at(position + 1) }
            if state & Self.specialBit != 0 { return found }
            let row = state & Self.offsetMask
            position -= 1
            let kind = unsafe Int(classes[Int(text[position])])
            state = unsafe rows[Int(row) + kind]
            bytesSinceReset += 1
            sinceAsked += 1
            if state == Self.unknown {
                guard let built = grow(program, row: row, class: kind, &space) else { return .thrashed }
                state = built
            }
            guard sinceAsked >= Pace.bytes || space.work > Pace.work else { continue }
            sinceAsked = 0
            space.work = 0
            if shouldStop() { return .stopped }
        }
        let next = unsafe Context.byte(text, position - 1)
        let kind = next.map { unsafe Int(classes[Int($0)]) } ?? endClass
        // A match shows one byte late, and here that is one place further on in the text.
        return finish(program, state, at: position, late: position + 1, class: kind, found, &space)
    }

    /// Follows known transitions to `stop`, or until one wants attention; the answer is the row that it is in.
    ///
    /// This is the loop that everything else is there for. Each load of a transition waits for the one before; the
    /// column, which does not, is added to the rows first so that nothing else is between them (a sixth of the time).
    @inline(__always)
    private func glide(
        _ text: UnsafeBufferPointer<UInt8>, _ position: inout Int, _ stop: Int, _ state: inout UInt32
    ) -> UInt32 {
        guard let bytes = text.baseAddress else { return state }
        let classes = unsafe self.classes
        let rows = unsafe self.rows
        var row = state
        var at = position
        while at < stop {
            let column = unsafe rows + Int(classes[Int(bytes[at])])
            let next = unsafe column[Int(row)]
            at &+= 1
            if next >= Self.acceleratedBit {
                position = at
                state = next
                return row
            }
            row = next
        }
        position = at
        state = row
        return row
    }

    private mutating func begin(
        _ program: borrowing Program, before: UInt8?, _ goal: Goal, accelerate: Bool, _ space: inout Workspace
    ) -> UInt32? {
        for _ in 0..<2 {
            let built = start(
                program, before: before, isSearch: goal.isSearch, accelerate: accelerate, &space)
            if case .transition(let state) = built { return state }
            reset()
        }
        return nil
    }

    /// The transition that was unknown; when there is no room for its state, everything else is forgotten first.
    ///
    /// Nil when that happens too often to be worth it: after fewer than ten bytes for each state, as in RE2.
    @inline(never)
    private mutating func grow(
        _ program: borrowing Program, row: UInt32, class kind: Int, _ space: inout Workspace
    ) -> UInt32? {
        if case .transition(let built) = build(program, from: row, class: kind, &space) { return built }
        if wasReset, bytesSinceReset < 10 * states.count { return nil }
        let kept = states[Int(row) / stride]
        let list = Array(members[kept.first..<kept.first + kept.count])
        reset()
        let again = readmit(program, kept, list)
        if case .transition(let built) = build(program, from: again, class: kind, &space) { return built }
        return nil
    }

    /// What the end of the text, or the byte there, says about the last state.
    private mutating func finish(
        _ program: borrowing Program, _ state: UInt32, at position: Int, late: Int, class kind: Int, _ found: Found,
        _ space: inout Workspace
    ) -> Found {
        var found = found
        if state & Self.matchBit != 0 { found = .at(late) }
        if state & Self.specialBit != 0 { return found }
        let row = state & Self.offsetMask
        var last = unsafe rows[Int(row) + kind]
        if last == Self.unknown {
            guard let built = grow(program, row: row, class: kind, &space) else { return .thrashed }
            last = built
        }
        return last & Self.matchBit != 0 ? .at(position) : found
    }
}
