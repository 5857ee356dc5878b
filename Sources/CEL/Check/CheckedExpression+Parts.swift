extension CheckedExpression {
    /// The parts that have a value of their own, each before those within it, with how deep it stands: for explanations.
    /// Literals are left out, and the insides of loops, which have no one value.
    public var parts: [(id: ExpressionID, depth: Int)] {
        var parts: [(id: ExpressionID, depth: Int)] = []
        var open = [(id: tree.root, depth: 0)]
        while let part = open.popLast() {
            parts.append(part)
            var inner = tree.children(of: part.id)
            if case .comprehension(let loop) = tree[part.id] { inner = [loop.range] }
            for id in inner.reversed() where !isLiteral(id) { open.append((id, part.depth + 1)) }
        }
        return parts
    }

    private func isLiteral(_ id: ExpressionID) -> Bool {
        if case .literal = tree[id] { return true }
        return false
    }
}
