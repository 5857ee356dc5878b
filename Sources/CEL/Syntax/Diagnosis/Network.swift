/// The grammar as an augmented transition network: states joined by tokens, calls of rules and free moves.
struct Network {
    enum Kind {
        case plain, ruleEnd
        /// The way in to an optional part or a choice.
        case choice
        /// The ways on before the first turn of a loop, and after one.
        case loopEntry, loopBack
        /// The way in to a part that stands once or more, and the way on behind it.
        case oneOrMore, oneOrMoreBack
    }

    enum Move {
        /// To `target`; the last thing in a rule called without precedence says so in `ends`.
        case free(target: Int, ends: Grammar.Rule?)
        case tokens(TokenSet, target: Int)
        case call(Grammar.Rule, precedence: Int, target: Int)
        case precedence(Int, target: Int)

        var target: Int {
            switch self {
            case .free(let target, _), .tokens(_, let target), .call(_, _, let target), .precedence(_, let target):
                target
            }
        }

        var isFree: Bool {
            if case .tokens = self { return false }
            return true
        }
    }

    struct State {
        var kind = Kind.plain
        let rule: Grammar.Rule
        var lookahead = Grammar.Lookahead.oneToken
        var moves: [Move] = []
        /// Where the decision is described that is made here.
        var decision = -1
        /// The last of the ways on leads past the part, and needs no token of its own.
        var canPass = false
    }

    private(set) var states: [State] = []
    private(set) var entries: [Int] = []
    private(set) var ends: [Int] = []
    /// What can come next from each state, up to the end of its rule.
    private(set) var next: [TokenSet] = []

    static let shared = Network()

    private init() {
        for rule in Grammar.Rule.allCases {
            entries.append(add(.plain, rule))
            ends.append(add(.ruleEnd, rule))
        }
        for rule in Grammar.Rule.allCases {
            let end = build(Grammar.parts(of: rule), from: entries[rule.rawValue], in: rule)
            join(end, ends[rule.rawValue])
        }
        linkEndsToCallers()
        next = states.indices.map { firstTokens(from: $0, returning: nil) }
    }

    /// Where `state` goes on once the rule that it calls has ended.
    func follow(of state: Int) -> Int { states[state].moves[0].target }

    // MARK: building

    private mutating func add(_ kind: Kind, _ rule: Grammar.Rule) -> Int {
        states.append(State(kind: kind, rule: rule))
        return states.count - 1
    }

    private mutating func join(_ state: Int, _ target: Int) {
        states[state].moves.append(.free(target: target, ends: nil))
    }

    private mutating func build(_ parts: [Grammar.Part], from state: Int, in rule: Grammar.Rule) -> Int {
        var state = state
        for part in parts { state = build(part, from: state, in: rule) }
        return state
    }

    /// Builds an alternative that ends at `end`: its last part leads there itself, so that alternatives that end alike
    /// are recognised as being in the same place.
    private mutating func build(_ parts: [Grammar.Part], from state: Int, to end: Int, in rule: Grammar.Rule) {
        guard let last = parts.last, let move = simpleMove(last) else {
            return join(build(parts, from: state, in: rule), end)
        }
        step(build(Array(parts.dropLast()), from: state, in: rule), rule, to: end, move)
    }

    private mutating func step(_ state: Int, _ rule: Grammar.Rule, to target: Int, _ move: (Int) -> Move) {
        let here = add(.plain, rule)
        join(state, here)
        states[here].moves.append(move(target))
    }

    /// The one move that a part is, where it is one.
    private func simpleMove(_ part: Grammar.Part) -> ((Int) -> Move)? {
        switch part {
        case .token(let kind): { .tokens(TokenSet(kind), target: $0) }
        case .anyOf(let kinds): { .tokens(TokenSet(kinds), target: $0) }
        case .rule(let called, let precedence): { .call(called, precedence: precedence, target: $0) }
        case .precedence(let precedence): { .precedence(precedence, target: $0) }
        case .optional, .choice, .repeated, .oneOrMore: nil
        }
    }

    private mutating func build(_ part: Grammar.Part, from state: Int, in rule: Grammar.Rule) -> Int {
        switch part {
        case .optional(let parts):
            return choice([parts, []], .oneToken, canPass: true, from: state, in: rule)
        case .choice(let alternatives, let lookahead):
            return choice(alternatives, lookahead, from: state, in: rule)
        case .repeated(let alternatives, let lookahead):
            return loop(alternatives, lookahead, from: state, in: rule)
        case .oneOrMore(let parts, let lookahead):
            return oneOrMore(parts, lookahead, from: state, in: rule)
        case .token, .anyOf, .rule, .precedence:
            let target = add(.plain, rule)
            if let move = simpleMove(part) { step(state, rule, to: target, move) }
            return target
        }
    }

    private mutating func choice(
        _ alternatives: [[Grammar.Part]], _ lookahead: Grammar.Lookahead, canPass: Bool = false, from state: Int,
        in rule: Grammar.Rule
    ) -> Int {
        let entry = add(.choice, rule)
        let end = add(.plain, rule)
        join(state, entry)
        states[entry].decision = entry
        states[entry].lookahead = lookahead
        states[entry].canPass = canPass
        for alternative in alternatives {
            let start = add(.plain, rule)
            join(entry, start)
            build(alternative, from: start, to: end, in: rule)
        }
        return end
    }

    private mutating func loop(
        _ alternatives: [[Grammar.Part]], _ lookahead: Grammar.Lookahead, from state: Int, in rule: Grammar.Rule
    ) -> Int {
        let entry = add(.loopEntry, rule)
        let back = add(.loopBack, rule)
        let body = add(.plain, rule)
        let end = add(.plain, rule)
        join(state, entry)
        join(entry, body)
        join(entry, end)
        for index in [entry, back] {
            states[index].decision = entry
            states[index].lookahead = lookahead
            states[index].canPass = true
        }
        if alternatives.count == 1 {
            build(alternatives[0], from: body, to: back, in: rule)
        } else {
            join(choice(alternatives, .adaptive, from: body, in: rule), back)
        }
        join(back, entry)
        return end
    }

    private mutating func oneOrMore(
        _ parts: [Grammar.Part], _ lookahead: Grammar.Lookahead, from state: Int, in rule: Grammar.Rule
    ) -> Int {
        let entry = add(.oneOrMore, rule)
        let back = add(.oneOrMoreBack, rule)
        let end = add(.plain, rule)
        join(state, entry)
        build(parts, from: entry, to: back, in: rule)
        join(back, entry)
        join(back, end)
        states[back].decision = back
        states[back].lookahead = lookahead
        states[back].canPass = true
        return end
    }

    /// Where a rule ends, everything that can follow a call of it can follow.
    private mutating func linkEndsToCallers() {
        for state in states {
            for case .call(let rule, let precedence, let target) in state.moves {
                let ends = Grammar.isLeftRecursive(rule) && precedence == 0 ? rule : nil
                states[self.ends[rule.rawValue]].moves.append(.free(target: target, ends: ends))
            }
        }
    }
}

// MARK: what can come next

extension Network {
    /// The tokens that can come next from `state`, given where the calls around it return to, innermost last; without
    /// such a list the end of the rule counts as `beyond`.
    func firstTokens(from state: Int, returning returns: [Int]?) -> TokenSet {
        var found: TokenSet = []
        var depth = returns?.count ?? 0
        var open = [(state, [Int]())]
        while true {
            var seen: Set<[Int]> = []
            var endsRule = false
            while let (state, calls) = open.popLast() {
                guard seen.insert([state] + calls).inserted else { continue }
                if states[state].kind == .ruleEnd, calls.isEmpty {
                    endsRule = true
                } else {
                    visit(state, calls, &found, &open)
                }
            }
            guard endsRule else { return found }
            guard let returns else { return found.union(.beyond) }
            guard depth > 0 else { return found.union(TokenSet(.end)) }
            depth -= 1
            open = [(returns[depth], [])]
        }
    }

    private func visit(_ state: Int, _ calls: [Int], _ found: inout TokenSet, _ open: inout [(Int, [Int])]) {
        if states[state].kind == .ruleEnd {
            if let last = calls.last { open.append((last, calls.dropLast())) }
            return
        }
        for move in states[state].moves {
            switch move {
            case .tokens(let set, _): found.formUnion(set)
            case .call(let rule, _, let target): open.append((entries[rule.rawValue], calls + [target]))
            case .free(let target, _), .precedence(_, let target): open.append((target, calls))
            }
        }
    }
}

extension Network.State {
    /// Whether the state is left without a token.
    var isFree: Bool { !moves.isEmpty && moves[0].isFree }
}
