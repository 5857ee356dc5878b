/// The stack of operands and markers.
extension Parser {
    /// Adds a node to the tree.
    mutating func add(_ node: Node) -> Int {
        tree.nodes.append(node)
        tree.measure(tree.nodes.count - 1)
        return tree.nodes.count - 1
    }

    mutating func checkLimits(_ index: Int) throws(LinearRegexError) {
        let node = tree.nodes[index]
        if node.size > Self.sizeMax || rangesSeen > limits.setRangesMax { throw failure(.tooLarge, 0..<pattern.count) }
        if node.height > Self.heightMax { throw failure(.nestingDepth, 0..<pattern.count) }
    }

    mutating func push(_ node: Node) throws(LinearRegexError) {
        try push(add(node))
    }

    mutating func push(_ index: Int) throws(LinearRegexError) {
        joinLiterals()
        stack.append(index)
        try checkLimits(index)
    }

    mutating func push(literal point: Int32) throws(LinearRegexError) {
        var node = Node(.literal, flags)
        let folded = flags.contains(.foldCase) ? CaseFolding.least(point) : point
        node.text = [folded]
        try push(node)
    }

    /// Pushes a set; one that is a single character, or both cases of one, becomes a literal.
    mutating func push(set: CodePointSet) throws(LinearRegexError) {
        var node = Node(.set, flags.subtracting(.foldCase))
        let ranges = set.ranges
        rangesSeen += ranges.count
        if ranges.count == 1, ranges[0].low == ranges[0].high {
            node.kind = .literal
            node.text = [ranges[0].low]
        } else if let pair = Self.casePair(ranges) {
            node.kind = .literal
            node.text = [pair]
            node.flags.insert(.foldCase)
        } else {
            node.set = set
        }
        try push(node)
    }

    /// The lesser of two code points that are each other's only other case, when `ranges` are just those.
    private static func casePair(_ ranges: [CodePointRange]) -> Int32? {
        guard let first = ranges.first, let last = ranges.last, ranges.count <= 2 else { return nil }
        let isPair =
            ranges.count == 1
            ? first.high == first.low + 1 : first.low == first.high && last.low == last.high
        let (lesser, greater) = (first.low, last.high)
        return isPair && CaseFolding.next(lesser) == greater && CaseFolding.next(greater) == lesser ? lesser : nil
    }

    /// Joins the two literals on top of the stack. It is done only once a third thing comes, because until then an
    /// operator may still claim the last one: `ab*` is not `(ab)*`.
    func canJoin(_ first: Node, _ second: Node) -> Bool {
        first.kind == .literal && second.kind == .literal && first.isFolded == second.isFolded
    }

    private mutating func joinLiterals() {
        guard stack.count >= 2 else { return }
        let (first, second) = (stack[stack.count - 2], stack[stack.count - 1])
        guard canJoin(tree.nodes[first], tree.nodes[second]) else { return }
        tree.nodes[first].text.append(contentsOf: tree.nodes[second].text)
        tree.measure(first)
        stack.removeLast()
    }

    /// Takes the operands above the topmost marker off the stack.
    private mutating func popOperands() -> [Int] {
        var start = stack.count
        while start > 0, !tree.nodes[stack[start - 1]].isMarker { start -= 1 }
        let operands = Array(stack[start...])
        stack.removeLast(operands.count)
        return operands
    }

    /// Replaces the operands on top by their concatenation.
    mutating func concatenate() throws(LinearRegexError) {
        joinLiterals()
        let operands = popOperands()
        try push(operands.isEmpty ? add(Node(.empty)) : try collapse(operands, .concatenation, depth: 0))
    }

    mutating func verticalBar() throws(LinearRegexError) {
        position += 1
        try concatenate()
        if !sinkBelowBar() { try push(Node(.verticalBar, flags)) }
    }

    /// Moves the operand on top below the bar under it: operands below a bar are an alternation.
    private mutating func sinkBelowBar() -> Bool {
        guard stack.count >= 2, tree.nodes[stack[stack.count - 2]].kind == .verticalBar else { return false }
        stack.swapAt(stack.count - 1, stack.count - 2)
        return true
    }

    /// Replaces everything above the topmost parenthesis by one node.
    mutating func closeAlternation() throws(LinearRegexError) {
        try concatenate()
        if sinkBelowBar() { stack.removeLast() }
        try push(try collapse(popOperands(), .alternation, depth: 0))
    }

    /// A concatenation or alternation of `operands`, with those of the same kind taken apart.
    mutating func collapse(_ operands: [Int], _ kind: Node.Kind, depth: Int) throws(LinearRegexError) -> Int {
        if operands.count == 1 { return operands[0] }
        var node = Node(kind, flags)
        for operand in operands {
            if tree.nodes[operand].kind == kind {
                node.children.append(contentsOf: tree.nodes[operand].children)
            } else {
                node.children.append(operand)
            }
        }
        if kind == .alternation {
            node.children = try factor(node.children, depth: depth)
            if node.children.count == 1 { return node.children[0] }
        }
        return add(node)
    }
}
