// What an expression would have been without its errors, so that more can be said about it.

extension SyntaxDiagnosis {
    /// Adds the token that the current state waits for, where the current token stands.
    mutating func invent() {
        guard case .tokens(let set, _) = network.states[state].moves.first,
            let kind = Token.Kind.allCases.first(where: { set.contains($0) })
        else { return }
        append(kind)
    }

    private mutating func append(_ kind: Token.Kind) {
        let start = tokens[position].start
        repaired.append(Token(kind: kind, start: start, end: start))
    }

    /// Notes that a loop is at the start or the end of a turn: what was read before it stays, whatever comes.
    mutating func markTurn(_ kind: Network.Kind) {
        guard kind == .loopEntry || kind == .loopBack else { return }
        contexts[contexts.count - 1].mark = repaired.count
        contexts[contexts.count - 1].hasWhole = true
    }

    /// Makes something whole of what the current rule, which is given up, has read so far: what is open is closed, and
    /// what is only begun is left out.
    mutating func repairRule() {
        if case .tokens(let set, _) = network.states[state].moves.first, !set.isDisjoint(with: Self.closers) {
            return invent()
        }
        let context = contexts[contexts.count - 1]
        let first = context.mark < repaired.count ? repaired[context.mark].start : tokens[position].start
        repaired.removeSubrange(context.mark...)
        guard !context.hasWhole, !Self.lists.contains(context.rule) else { return }
        repaired.append(Token(kind: .missing, start: first, end: first))
    }

    private static let closers = TokenSet([.rightParenthesis, .rightBracket, .rightBrace])
    private static let lists: Set<Grammar.Rule> = [
        .start, .exprList, .listInit, .mapInitializerList, .fieldInitializerList,
    ]
}
