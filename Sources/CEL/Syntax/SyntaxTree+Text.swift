// A tree written as an expression again: what people are shown of a part of one.

extension SyntaxTree {
    /// The nodes right beneath a node, in reading order.
    public func children(of id: ExpressionID) -> [ExpressionID] {
        switch self[id] {
        case .missing, .literal, .identifier: []
        case .select(let operand, _, _): [operand]
        case .call(_, let target, let arguments): (target.map { [$0] } ?? []) + arguments
        case .list(let elements, _): elements
        case .map(let entries): entries.flatMap { [$0.key ?? $0.value, $0.value] }
        case .object(_, let fields): fields.map(\.value)
        case .comprehension(let loop): [loop.range, loop.initial, loop.condition, loop.step, loop.result]
        }
    }

    /// The expression beneath a node. A loop is shown as the macro that made it, or else by what it loops over.
    public func text(of id: ExpressionID) -> String {
        switch self[id] {
        case .missing: "…"
        case .literal(let literal): Self.text(literal)
        case .identifier(let name): name
        case .select(let operand, let field, let isTest):
            isTest ? "has(\(operandText(operand)).\(field))" : "\(operandText(operand)).\(field)"
        case .call(let function, let target, let arguments): callText(function, target, arguments)
        case .list(let elements, let optionals):
            "[" + joined(elements.indices.map { (optionals.contains($0) ? "?" : "") + text(of: elements[$0]) }) + "]"
        case .map(let entries): "{" + joined(entries.map(entryText)) + "}"
        case .object(let type, let fields): "\(type){" + joined(fields.map(entryText)) + "}"
        case .comprehension(let loop): loopText(loop)
        }
    }

    private func joined(_ parts: [String]) -> String { parts.joined(separator: ", ") }

    private func entryText(_ entry: EntryExpression) -> String {
        let label = entry.key.map { text(of: $0) } ?? entry.field
        return "\(entry.isOptional ? "?" : "")\(label): \(text(of: entry.value))"
    }

    private func loopText(_ loop: Comprehension) -> String {
        if let macro = macro(of: loop) { return loopText(loop, macro.name, macro.arguments) }
        let names = [loop.variable, loop.secondVariable].filter { !$0.isEmpty }.joined(separator: ", ")
        return "loop(\(names) in \(text(of: loop.range)))"
    }

    private func callText(_ function: String, _ target: ExpressionID?, _ arguments: [ExpressionID]) -> String {
        if let target { return "\(operandText(target)).\(function)(\(joined(arguments.map { text(of: $0) })))" }
        let operands = arguments.map { operandText($0) }
        switch (function, operands.count) {
        case (Operator.conditional, 3): return "\(operands[0]) ? \(operands[1]) : \(operands[2])"
        case (Operator.index, 2): return "\(operands[0])[\(text(of: arguments[1]))]"
        case (Operator.optionalIndex, 2): return "\(operands[0])[?\(text(of: arguments[1]))]"
        case (Operator.optionalSelect, 2): return "\(operands[0]).?\(Self.unquoted(operands[1]))"
        case (Operator.logicalNot, 1), (Operator.negate, 1): return Operator.display(function) + operands[0]
        case (_, 2) where isOperator(function): return "\(operands[0]) \(Operator.display(function)) \(operands[1])"
        default: return "\(function)(\(joined(arguments.map { text(of: $0) })))"
        }
    }

    private func isOperator(_ function: String) -> Bool { Operator.display(function) != function }

    /// A part that something is done to: operators within stand in parentheses.
    func operandText(_ id: ExpressionID) -> String {
        guard case .call(let function, nil, _) = self[id],
            isOperator(function) || function == Operator.conditional
        else { return text(of: id) }
        return "(\(text(of: id)))"
    }

    private static func unquoted(_ text: String) -> String {
        text.count >= 2 && text.hasPrefix("\"") ? String(text.dropFirst().dropLast()) : text
    }

    private static func text(_ literal: Literal) -> String {
        switch literal {
        case .null: "null"
        case .bool(let value): "\(value)"
        case .int(let value): "\(value)"
        case .uint(let value): "\(value)u"
        case .double(let value): "\(value)"
        case .string(let text): LiteralText.quoted(text)
        case .bytes(let bytes): "b" + LiteralText.quoted(String(decoding: bytes, as: UTF8.self))
        }
    }
}

/// Texts as an expression writes them.
enum LiteralText {
    static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\n": quoted += "\\n"
            case "\r": quoted += "\\r"
            case "\t": quoted += "\\t"
            case "\"", "\\": quoted += "\\\(scalar)"
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}
