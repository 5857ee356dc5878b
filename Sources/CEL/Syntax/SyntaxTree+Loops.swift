// Loops as the macros that they were written as: what people are shown of one.

/// The macro that a loop was made of.
public struct LoopMacro: Sendable {
    /// Its name.
    public let name: String
    /// What it evaluates for each element, behind the variables.
    public let arguments: [ExpressionID]

    /// Whether the first argument says yes or no of each element.
    public var isTest: Bool { arguments.count == 1 && ["all", "exists", "exists_one", "filter"].contains(name) }
}

extension SyntaxTree {
    /// The macro that made a loop, told by its step; nil for loops that no such macro makes.
    public func macro(of loop: Comprehension) -> LoopMacro? {
        let hasTwo = !loop.secondVariable.isEmpty
        guard case .call(let function, nil, let parts) = self[loop.step] else { return nil }
        switch (function, parts.count) {
        case (Operator.logicalAnd, 2) where isAccumulator(parts[0], loop):
            return LoopMacro(name: "all", arguments: [parts[1]])
        case (Operator.logicalOr, 2) where isAccumulator(parts[0], loop):
            return LoopMacro(name: "exists", arguments: [parts[1]])
        case (Operator.conditional, 3) where isAccumulator(parts[2], loop):
            return macro(of: loop, filter: parts[0], parts[1])
        default:
            guard let element = added(by: loop.step, loop) else { return nil }
            return LoopMacro(name: hasTwo ? "transformList" : "map", arguments: [element])
        }
    }

    private func macro(of loop: Comprehension, filter: ExpressionID, _ step: ExpressionID) -> LoopMacro? {
        if let element = added(by: step, loop) {
            if !loop.secondVariable.isEmpty { return LoopMacro(name: "transformList", arguments: [filter, element]) }
            if case .identifier(loop.variable) = self[element] { return LoopMacro(name: "filter", arguments: [filter]) }
            return LoopMacro(name: "map", arguments: [filter, element])
        }
        guard case .call(Operator.add, nil, let parts) = self[step], parts.count == 2, isAccumulator(parts[0], loop),
            case .literal(.int(1)) = self[parts[1]]
        else { return nil }
        return LoopMacro(name: "exists_one", arguments: [filter])
    }

    /// What a step adds to a list.
    private func added(by step: ExpressionID, _ loop: Comprehension) -> ExpressionID? {
        guard case .call(Operator.add, nil, let parts) = self[step], parts.count == 2, isAccumulator(parts[0], loop),
            case .list(let elements, let optionals) = self[parts[1]], elements.count == 1, optionals.isEmpty
        else { return nil }
        return elements[0]
    }

    private func isAccumulator(_ id: ExpressionID, _ loop: Comprehension) -> Bool {
        if case .identifier(loop.accumulator) = self[id] { return true }
        return false
    }

    /// An expression that gives what a loop's test says of each element, in their order; nil where there is no such test.
    public func textOfTests(_ id: ExpressionID) -> String? {
        guard case .comprehension(let loop) = self[id], let macro = macro(of: loop), macro.isTest else { return nil }
        let name = loop.secondVariable.isEmpty ? "map" : "transformList"
        return loopText(loop, name, macro.arguments)
    }

    /// A loop as a call of a macro.
    func loopText(_ loop: Comprehension, _ name: String, _ arguments: [ExpressionID]) -> String {
        let words = [loop.variable, loop.secondVariable].filter { !$0.isEmpty } + arguments.map { text(of: $0) }
        return "\(operandText(loop.range)).\(name)(\(words.joined(separator: ", ")))"
    }
}
