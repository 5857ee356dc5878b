/// What alternatives have in common is taken out, as in Go: `abc|abd` is `ab[cd]`. Fewer threads run side by side, more
/// patterns have a literal prefix, and Go's size limit sees the same sizes.
extension Parser {
    /// The alternatives with everything common taken out; the order, and so the preference, stays.
    mutating func factor(_ alternatives: [Int], depth: Int) throws(LinearRegexError) -> [Int] {
        guard alternatives.count > 1 else { return alternatives }
        // Each level of factoring is two levels of tree.
        if depth > Self.heightMax / 2 { throw failure(.nestingDepth, 0..<pattern.count) }
        var result = try factorLiterals(alternatives, depth: depth)
        result = try factorSingles(result, depth: depth)
        result = mergeSingles(result)
        return dropRepeatedEmpty(result)
    }

    /// Runs that begin with the same literal text.
    private mutating func factorLiterals(_ alternatives: [Int], depth: Int) throws(LinearRegexError) -> [Int] {
        var result: [Int] = []
        var start = 0
        while start < alternatives.count {
            var common = leadingText(alternatives[start])
            var end = start + 1
            while end < alternatives.count, let first = common, let next = leadingText(alternatives[end]),
                first.isFolded == next.isFolded
            {
                let same = zip(first.text, next.text).prefix { $0 == $1 }.count
                if same == 0 { break }
                common?.text.removeLast(first.text.count - same)
                end += 1
            }
            if let common, end > start + 1 {
                var rest: [Int] = []
                for index in start..<end { rest.append(dropLeadingText(alternatives[index], common.text.count)) }
                result.append(try prefixed(add(common), rest, depth: depth))
            } else {
                result.append(alternatives[start])
            }
            start = end
        }
        return result
    }

    /// Runs that begin with the same set, or a fixed number of it. Longer things are left alone: to merge the paths of
    /// their operators could change which one is preferred.
    private mutating func factorSingles(_ alternatives: [Int], depth: Int) throws(LinearRegexError) -> [Int] {
        var result: [Int] = []
        var start = 0
        while start < alternatives.count {
            var end = start + 1
            if let first = leadingNode(alternatives[start]) {
                while end < alternatives.count, let next = leadingNode(alternatives[end]), isSameSingle(first, next) {
                    end += 1
                }
                if end > start + 1 {
                    var rest: [Int] = []
                    for index in start..<end { rest.append(dropLeadingNode(alternatives[index])) }
                    result.append(try prefixed(first, rest, depth: depth))
                    start = end
                    continue
                }
            }
            result.append(alternatives[start])
            start = end
        }
        return result
    }

    private mutating func prefixed(_ prefix: Int, _ rest: [Int], depth: Int) throws(LinearRegexError) -> Int {
        var node = Node(.concatenation, flags)
        node.children = [prefix, try collapse(rest, .alternation, depth: depth + 1)]
        let index = add(node)
        try checkLimits(index)
        return index
    }

    /// Runs of single characters and sets become one set.
    private mutating func mergeSingles(_ alternatives: [Int]) -> [Int] {
        var result: [Int] = []
        var start = 0
        while start < alternatives.count {
            var end = start
            while end < alternatives.count, tree.nodes[alternatives[end]].isSingle { end += 1 }
            if end - start < 2 {
                result.append(alternatives[start])
                start += 1
                continue
            }
            var node = Node(.set, flags)
            for alternative in alternatives[start..<end] {
                let single = tree.nodes[alternative]
                if single.kind == .set {
                    node.set.insert(single.set)
                } else if single.isFolded {
                    node.set.insertFolded(single.text[0], single.text[0])
                } else {
                    node.set.insert(single.text[0], single.text[0])
                }
            }
            node.set.normalize()
            result.append(add(node))
            start = end
        }
        return result
    }

    private func dropRepeatedEmpty(_ alternatives: [Int]) -> [Int] {
        var result: [Int] = []
        for alternative in alternatives {
            if tree.nodes[alternative].kind == .empty, let last = result.last, tree.nodes[last].kind == .empty {
                continue
            }
            result.append(alternative)
        }
        return result
    }

    /// The literal that an alternative begins with.
    private func leadingText(_ index: Int) -> Node? {
        let node = tree.nodes[index]
        let first = node.kind == .concatenation ? tree.nodes[node.children[0]] : node
        return first.kind == .literal && !first.text.isEmpty ? first : nil
    }

    /// The alternative without the first `count` code points of its leading literal.
    private mutating func dropLeadingText(_ index: Int, _ count: Int) -> Int {
        if tree.nodes[index].kind == .literal {
            if tree.nodes[index].text.count == count { return add(Node(.empty)) }
            tree.nodes[index].text.removeFirst(count)
            tree.measure(index)
            return index
        }
        let rest = dropLeadingText(tree.nodes[index].children[0], count)
        if tree.nodes[rest].kind == .empty { return dropLeadingNode(index) }
        tree.nodes[index].children[0] = rest
        tree.measure(index)
        return index
    }

    private func leadingNode(_ index: Int) -> Int? {
        let node = tree.nodes[index]
        return node.kind == .concatenation ? node.children[0] : index
    }

    private mutating func dropLeadingNode(_ index: Int) -> Int {
        guard tree.nodes[index].kind == .concatenation else { return add(Node(.empty)) }
        if tree.nodes[index].children.count == 2 { return tree.nodes[index].children[1] }
        tree.nodes[index].children.removeFirst()
        tree.measure(index)
        return index
    }

    private func isSameSingle(_ left: Int, _ right: Int) -> Bool {
        let (left, right) = (tree.nodes[left], tree.nodes[right])
        if left.kind == .repetition, right.kind == .repetition, left.least == left.most {
            let isSameCount = left.least == right.least && left.most == right.most
            let isSameGreed = left.flags.contains(.nonGreedy) == right.flags.contains(.nonGreedy)
            return isSameCount && isSameGreed && isEqual(tree.nodes[left.children[0]], tree.nodes[right.children[0]])
        }
        return isEqual(left, right)
    }

    private func isEqual(_ left: Node, _ right: Node) -> Bool {
        left.isSingle && left.kind == right.kind && left.text == right.text && left.set == right.set
            && (left.kind == .set || left.isFolded == right.isFolded)
    }
}
