extension CheckedExpression {
    /// The tree, a line for each node: what it is, its type, what it refers to, and where it stands.
    public var outline: String {
        var lines: [String] = []
        var open = [(tree.root, 0)]
        while let (id, depth) = open.popLast() {
            lines.append(String(repeating: "  ", count: depth) + line(id))
            for child in tree.children(of: id).reversed() { open.append((child, depth + 1)) }
        }
        return lines.map { $0 + "\n" }.joined()
    }

    private func line(_ id: ExpressionID) -> String {
        var line = Self.head(tree, id)
        if !isUnchecked { line += " : \(type(of: id))" }
        if case .overloads(let ids) = reference(of: id) { line += " (\(ids.joined(separator: ", ")))" }
        let place = tree.location(of: id)
        return place == .none ? line : line + " @\(place.line):\(place.column + 1)"
    }

    private static func head(_ tree: SyntaxTree, _ id: ExpressionID) -> String {
        switch tree[id] {
        case .missing, .literal: tree.text(of: id)
        case .identifier(let name): "name \(name)"
        case .select(_, let field, let isTest): isTest ? "has field \(field)" : "field \(field)"
        case .call(let function, let target, _): "\(target == nil ? "call" : "method") \(function)"
        case .list(let elements, _): "list of \(elements.count)"
        case .map(let entries): "map of \(entries.count)"
        case .object(let type, _): "object \(type)"
        case .comprehension(let loop): "loop \(loop.variable) \(loop.secondVariable) → \(loop.accumulator)"
        }
    }
}
