/// Repetition operators.
extension Parser {
    /// `*`, `+` or `?`.
    mutating func parseOperator(after lastRepeat: Int?) throws(LinearRegexError) {
        let start = position
        let kind: Node.Kind =
            switch pattern[start] {
            case UInt8(ascii: "*"): .star
            case UInt8(ascii: "+"): .plus
            default: .question
            }
        position += 1
        try repeatTop(Node(kind, flags), start: start, after: lastRepeat)
    }

    /// `{n}`, `{n,}` or `{n,m}`; anything else that begins with a brace is a literal brace, and the answer is false.
    mutating func parseCounts(after lastRepeat: Int?) throws(LinearRegexError) -> Bool {
        let start = position
        guard let (least, most) = scanCounts() else {
            position = start + 1
            try push(literal: Int32(UInt8(ascii: "{")))
            return false
        }
        let isBackwards = most >= 0 && least > most
        if least > 1000 || most > 1000 || isBackwards { throw failure(.invalidRepeatSize, start..<position) }
        var node = Node(.repetition, flags)
        node.least = least
        node.most = most
        try repeatTop(node, start: start, after: lastRepeat)
        return true
    }

    /// Moves past the counts when they are well formed.
    private mutating func scanCounts() -> (least: Int, most: Int)? {
        position += 1
        guard let least = scanInteger() else { return nil }
        var most = least
        if peek() == UInt8(ascii: ",") {
            position += 1
            if peek() == UInt8(ascii: "}") {
                most = -1
            } else {
                guard let greatest = scanInteger() else { return nil }
                most = greatest
            }
        }
        guard peek() == UInt8(ascii: "}") else { return nil }
        position += 1
        return (least, most)
    }

    /// A decimal number without leading zeros; one that is far too great comes back as merely too great.
    private mutating func scanInteger() -> Int? {
        let start = position
        var value = 0
        while let digit = peek(), digit >= UInt8(ascii: "0"), digit <= UInt8(ascii: "9") {
            value = min(value * 10 + Int(digit - UInt8(ascii: "0")), 100_000)
            position += 1
        }
        let count = position - start
        return count == 0 || (count > 1 && pattern[start] == UInt8(ascii: "0")) ? nil : value
    }

    /// Puts a repetition around the operand on top of the stack.
    private mutating func repeatTop(_ operation: Node, start: Int, after lastRepeat: Int?) throws(LinearRegexError) {
        var node = operation
        if peek() == UInt8(ascii: "?") {
            position += 1
            node.flags.formSymmetricDifference(.nonGreedy)
        }
        // `a**` is refused, and so is Perl's possessive `a++`.
        if let lastRepeat { throw failure(.invalidRepeatOperator, lastRepeat..<position) }
        guard let top = stack.last, !tree.nodes[top].isMarker else {
            throw failure(.missingRepeatArgument, start..<position)
        }
        node.children = [top]
        let index = add(node)
        stack[stack.count - 1] = index
        try checkLimits(index)
        let isCounted = node.kind == .repetition && (node.least >= 2 || node.most >= 2)
        if isCounted, tree.nodes[index].product > 1000 { throw failure(.invalidRepeatSize, start..<position) }
    }
}
