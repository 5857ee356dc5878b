import LinearRegex

// Calls whose outcome is known from a literal argument: what cannot succeed is refused.

extension Validation {
    /// Literals that `duration` does not take.
    public static let durationLiterals = literals(of: "duration") { isConversion("duration", possible: $0) }

    /// Literals that `timestamp` does not take.
    public static let timestampLiterals = literals(of: "timestamp") { isConversion("timestamp", possible: $0) }

    /// Literals that stand as the first argument of `matches` and are no regular expressions.
    public static let patternLiterals = literals(of: "matches") { literal in
        guard case .string(let pattern) = literal else { return true }
        return (try? LinearRegex(pattern)) != nil
    }

    private static func literals(of function: String, _ isGood: @escaping @Sendable (Literal) -> Bool) -> Validation {
        Validation { expression, issues in
            for id in expression.nodesInOrder {
                guard case .call(function, _, let arguments) = expression.tree[id], let first = arguments.first,
                    case .literal(let literal) = expression.tree[first], !isGood(literal)
                else { continue }
                issues.report("invalid \(function) argument", at: expression.tree.location(of: first))
            }
        }
    }

    private static func isConversion(_ name: String, possible literal: Literal) -> Bool {
        guard let function = Library.timeFunctions.first(where: { $0.name == name }) else { return true }
        var evaluator = Evaluator(limits: .init(arenaBytes: 1 << 20))
        let argument: Value
        switch literal {
        case .int(let number): argument = Value(number)
        case .string(let text): argument = evaluator.string(text)
        default: return false
        }
        return unsafe withUnsafePointer(to: argument) {
            unsafe !function.body(&evaluator, Arguments(base: $0, count: 1)).isError
        }
    }
}

extension CheckedExpression {
    /// Every node that is part of the expression, each before what is beneath it.
    var nodesInOrder: [ExpressionID] {
        var found: [ExpressionID] = []
        var pending = [tree.root]
        while let id = pending.popLast() {
            found.append(id)
            pending += tree[id].children.reversed()
        }
        return found
    }
}
