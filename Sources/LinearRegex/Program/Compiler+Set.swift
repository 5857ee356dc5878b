/// Literals and sets, as bytes.
extension Compiler {
    mutating func compileLiteral(_ node: Node, next: UInt32) -> UInt32 {
        var entry = next
        for point in isReversed ? node.text : node.text.reversed() {
            if node.isFolded, CaseFolding.next(point) != point {
                let orbit = ByteSequences.of(CodePointSet(point, point).folded())
                entry = compileSet(orbit, next: entry)
            } else if (0xD800...0xDFFF).contains(point) {
                // A surrogate, which no text has.
                return 0
            } else {
                let bytes = UTF8Decoder.encode(point)
                for byte in isReversed ? bytes : bytes.reversed() {
                    entry = emit(Instruction(operation: .range, low: byte, high: byte, next: entry))
                }
            }
        }
        return entry
    }

    /// The entry of an automaton for sorted sequences, each of which leads to `next`.
    mutating func compileSet(_ sequences: [ByteSequence], next: UInt32) -> UInt32 {
        shared.removeAll(keepingCapacity: true)
        if sequences.isEmpty { return 0 }
        return isReversed
            ? compileReversed(sequences, next: next) : compileForward(sequences[...], at: 0, next: next)
    }

    /// Forward the sequences are a tree already: at each byte their ranges are equal or apart. It is at most four deep.
    private mutating func compileForward(_ sequences: ArraySlice<ByteSequence>, at index: Int, next: UInt32) -> UInt32 {
        var choices: [Transition] = []
        var start = sequences.startIndex
        while start < sequences.endIndex {
            let (low, high) = (sequences[start].low[index], sequences[start].high[index])
            var end = start + 1
            while end < sequences.endIndex, sequences[end].low[index] == low, sequences[end].high[index] == high {
                end += 1
            }
            let isLast = sequences[start].count == index + 1
            let target = isLast ? next : compileForward(sequences[start..<end], at: index + 1, next: next)
            if let last = choices.last, last.target == target, last.high &+ 1 == low {
                choices[choices.count - 1].high = high
            } else {
                choices.append(Transition(low: low, high: high, target: target))
            }
            start = end
        }
        return share(choices)
    }

    /// Backward their ranges may overlap, so each is a thread of its own but for common tails; ASCII is one table.
    private mutating func compileReversed(_ sequences: [ByteSequence], next: UInt32) -> UInt32 {
        var single: [Transition] = []
        var heads: Set<UInt32> = []
        var entry: UInt32?
        for sequence in sequences {
            if sequence.count == 1 {
                single.append(Transition(low: sequence.low[0], high: sequence.high[0], target: next))
                continue
            }
            var target = next
            for index in 0..<sequence.count {
                target = share([Transition(low: sequence.low[index], high: sequence.high[index], target: target)])
            }
            guard heads.insert(target).inserted else { continue }
            entry = entry.map { emit(Instruction(operation: .split, next: target, other: $0)) } ?? target
        }
        guard !single.isEmpty else { return entry ?? 0 }
        let ascii = share(single)
        return entry.map { emit(Instruction(operation: .split, next: ascii, other: $0)) } ?? ascii
    }

    /// The instruction with these transitions, made once for each set.
    private mutating func share(_ choices: [Transition]) -> UInt32 {
        if let known = shared[choices] { return known }
        let index: UInt32
        if choices.count == 1 {
            let only = choices[0]
            index = emit(Instruction(operation: .range, low: only.low, high: only.high, next: only.target))
        } else {
            let first = UInt32(truncatingIfNeeded: program.transitions.count)
            program.transitions.append(contentsOf: choices)
            let count = UInt32(truncatingIfNeeded: choices.count)
            index = emit(Instruction(operation: .table, next: first, other: count))
        }
        shared[choices] = index
        return index
    }
}
