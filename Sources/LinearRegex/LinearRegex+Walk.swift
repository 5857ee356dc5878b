extension LinearRegex {
    /// Which matches of a text are wanted.
    struct Walk {
        var from: Int
        var limit: Int
        var wantsGroups: Bool
        var isValidUTF8: Bool
    }

    /// Calls `body` with the slots of each match in turn, in positions of the original text.
    func walk(
        _ text: Span<UInt8>, _ walk: Walk, scratch: inout Scratch, shouldStop: () -> Bool, _ body: ([Int]) -> Void
    ) throws(LinearRegexStopped) {
        guard walk.limit > 0, walk.from >= 0, walk.from <= text.count else { return }
        let isDone = unsafe text.withUnsafeBufferPointer { text in
            if unsafe walk.isValidUTF8 || ReplacedText.isValid(text) {
                return unsafe engine.walk(text, walk, &scratch, shouldStop, body)
            }
            return unsafe engine.replacing(text, &scratch) { replaced, scratch in
                let original = scratch.replaced
                var inner = walk
                inner.from = original.position(of: walk.from)
                return unsafe engine.walk(replaced, inner, &scratch, shouldStop) { slots in
                    body(slots.map { $0 < 0 ? $0 : original.original(of: $0) })
                }
            }
        }
        if !isDone { throw LinearRegexStopped() }
    }
}

extension CompiledPattern {
    /// Runs `body` on the text with everything replaced that is not UTF-8.
    @inline(never)
    func replacing<Result>(
        _ text: UnsafeBufferPointer<UInt8>, _ scratch: inout LinearRegex.Scratch,
        _ body: (UnsafeBufferPointer<UInt8>, inout LinearRegex.Scratch) -> Result
    ) -> Result {
        unsafe scratch.replaced.replace(text)
        let bytes = scratch.replaced.bytes
        return unsafe bytes.withUnsafeBufferPointer { unsafe body($0, &scratch) }
    }

    /// The matches of a text that is UTF-8, as Go's `allMatches` goes through them; false when it was stopped.
    func walk(
        _ text: UnsafeBufferPointer<UInt8>, _ walk: LinearRegex.Walk, _ scratch: inout LinearRegex.Scratch,
        _ shouldStop: () -> Bool, _ body: ([Int]) -> Void
    ) -> Bool {
        let width = walk.wantsGroups ? forward.captureSlots : 2
        var groups = scratch.groups
        scratch.groups = []
        defer { scratch.groups = groups }
        if groups.count != width { groups = [Int](repeating: -1, count: width) }
        var position = walk.from
        var left = walk.limit
        var matchEnd = -1
        var steps = 0
        while left > 0, position <= text.count {
            // Short matches end before the machines themselves have looked.
            steps += 1
            if steps & 63 == 0, shouldStop() { return false }
            switch unsafe nextMatch(text, from: position, &groups, &scratch, shouldStop) {
            case .nothing, .thrashed: return true
            case .stopped: return false
            case .at: break
            }
            let (start, end) = (groups[0], groups[1])
            let isSkipped = end == position && start == matchEnd
            position = end == position ? unsafe end + Self.width(text, at: end) : end
            matchEnd = end
            // An empty match right after another match is none.
            if isSkipped { continue }
            left -= 1
            body(groups)
        }
        return true
    }

    /// How far the next code point reaches; one at the end of the text.
    static func width(_ text: UnsafeBufferPointer<UInt8>, at position: Int) -> Int {
        if position >= text.count { return 1 }
        return max(1, UTF8Decoder.width(at: position, end: text.count) { unsafe text[$0] })
    }

    /// Whether anything matches: the first sign of a match ends the run.
    func anyMatch(
        _ text: UnsafeBufferPointer<UInt8>, _ scratch: inout LinearRegex.Scratch, _ shouldStop: () -> Bool
    ) -> Found {
        let goal = LazyDFA.Goal(from: 0, bound: text.count, isSearch: !forward.isAnchored, isEarliest: true)
        let automata = unsafe scratch.automata(of: self)
        let found = unsafe automata.pointee.forward.forward(
            forward, text, goal, prefix: prefix, &scratch.workspace, shouldStop: shouldStop)
        unsafe scratch.settle(automata)
        if found != .thrashed { return found }
        var none: [Int] = []
        return unsafe scratch.pike.run(forward, text, goal, groups: &none, shouldStop: shouldStop)
    }

    /// Fills `groups`, as far as it has room, with the first match at or after a position.
    private func nextMatch(
        _ text: UnsafeBufferPointer<UInt8>, from position: Int, _ groups: inout [Int],
        _ scratch: inout LinearRegex.Scratch, _ shouldStop: () -> Bool
    ) -> Found {
        if forward.isAnchored, position > 0 { return .nothing }
        let found = unsafe extent(text, from: position, &groups, &scratch, shouldStop)
        guard case .at = found, groups.count > 2 else { return found }
        let range = groups[0]..<groups[1]
        if let onePass, unsafe onePass.run(text, range, groups: &groups) { return found }
        if Backtracker.fits(forward, bytes: range.count),
            unsafe scratch.backtracker.run(forward, text, range, groups: &groups)
        {
            return found
        }
        let goal = LazyDFA.Goal(from: range.lowerBound, bound: range.upperBound, isSearch: false, isEarliest: false)
        return unsafe scratch.pike.run(forward, text, goal, groups: &groups, shouldStop: shouldStop)
    }

    /// Fills the first two of `groups`: forward to the end of the match, then backward to its beginning.
    private func extent(
        _ text: UnsafeBufferPointer<UInt8>, from position: Int, _ groups: inout [Int],
        _ scratch: inout LinearRegex.Scratch, _ shouldStop: () -> Bool
    ) -> Found {
        let goal = LazyDFA.Goal(
            from: position, bound: text.count, isSearch: !forward.isAnchored, isEarliest: false)
        let automata = unsafe scratch.automata(of: self)
        let end = unsafe automata.pointee.forward.forward(
            forward, text, goal, prefix: prefix, &scratch.workspace, shouldStop: shouldStop)
        unsafe scratch.settle(automata)
        if case .at(let end) = end {
            groups[1] = end
            let start = unsafe beginning(text, of: end, from: position, &scratch, shouldStop)
            if case .at(let start) = start { groups[0] = start }
            if start == .stopped { return .stopped }
            if start != .thrashed { return .at(end) }
        } else if end != .thrashed {
            return end
        }
        return unsafe scratch.pike.run(forward, text, goal, groups: &groups, shouldStop: shouldStop)
    }

    private func beginning(
        _ text: UnsafeBufferPointer<UInt8>, of end: Int, from position: Int,
        _ scratch: inout LinearRegex.Scratch, _ shouldStop: () -> Bool
    ) -> Found {
        if forward.isAnchored { return .at(position) }
        if prefix.isWhole { return .at(end - prefix.bytes.count) }
        guard let backward else { return .thrashed }
        let goal = LazyDFA.Goal(from: end, bound: position, isSearch: false, isEarliest: false)
        let automata = unsafe scratch.automata(of: self)
        let found = unsafe automata.pointee.backward.backward(
            backward, text, goal, &scratch.workspace, shouldStop: shouldStop)
        unsafe scratch.settle(automata)
        // The same language read backward: a forward match without a backward one would be our own bug.
        return found == .nothing ? .thrashed : found
    }
}
