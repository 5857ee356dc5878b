/// A further check of an expression whose types are sound.
public struct Validation: Sendable {
    let run: @Sendable (CheckedExpression, inout ExpressionIssues) -> Void

    /// A check that reports what it finds.
    public init(_ run: @escaping @Sendable (CheckedExpression, inout ExpressionIssues) -> Void) { self.run = run }

    /// The elements of a list literal, and the keys and the values of a map literal, must be of one type.
    ///
    /// Literals inside a call of one of `exempt` may mix, as the arguments of `format` do.
    public static func homogeneousLiterals(exempt: Set<String> = ["format"]) -> Validation {
        Validation { expression, issues in
            var walk = LiteralWalk(expression: expression, exempt: exempt, issues: issues)
            walk.visit(expression.tree.root)
            issues = walk.issues
        }
    }
}

private struct LiteralWalk {
    let expression: CheckedExpression
    let exempt: Set<String>
    var issues: ExpressionIssues

    mutating func visit(_ id: ExpressionID) {
        let node = expression.tree[id]
        switch node {
        case .call(let function, _, _) where exempt.contains(function): return
        case .list(let elements, let optionals): compare(elements, optionals)
        case .map(let entries): compare(entries)
        default: break
        }
        for child in node.children { visit(child) }
    }

    /// The first element of another type than the first one is reported, and no further one.
    private mutating func compare(_ elements: [ExpressionID], _ optionals: [Int]) {
        guard let first = elements.first else { return }
        let expected = type(of: first, isOptional: optionals.contains(0))
        for (index, element) in elements.enumerated().dropFirst() {
            let found = type(of: element, isOptional: optionals.contains(index))
            if !expected.isExactly(found) { return report(expected, found, at: element) }
        }
    }

    private mutating func compare(_ entries: [EntryExpression]) {
        guard let first = entries.first, let firstKey = first.key else { return }
        let key = type(of: firstKey, isOptional: false)
        let value = type(of: first.value, isOptional: first.isOptional)
        for entry in entries.dropFirst() {
            if let entryKey = entry.key {
                let found = type(of: entryKey, isOptional: false)
                if !key.isExactly(found) { report(key, found, at: entryKey) }
            }
            let found = type(of: entry.value, isOptional: entry.isOptional)
            if !value.isExactly(found) { report(value, found, at: entry.value) }
        }
    }

    private func type(of id: ExpressionID, isOptional: Bool) -> CELType {
        let type = expression.type(of: id)
        return isOptional ? type.wrappedInOptional ?? type : type
    }

    private mutating func report(_ expected: CELType, _ found: CELType, at id: ExpressionID) {
        issues.report("expected type '\(expected)' but found '\(found)'", at: expression.tree.location(of: id))
    }
}

extension Expression {
    /// The nodes right beneath this one, in the order in which they are written.
    var children: [ExpressionID] {
        switch self {
        case .missing, .literal, .identifier: []
        case .select(let operand, _, _): [operand]
        case .call(_, let target, let arguments): (target.map { [$0] } ?? []) + arguments
        case .list(let elements, _): elements
        case .map(let entries), .object(_, let entries): entries.flatMap { ($0.key.map { [$0] } ?? []) + [$0.value] }
        case .comprehension(let loop): [loop.range, loop.initial, loop.condition, loop.step, loop.result]
        }
    }
}
