/// Chooses between alternatives by looking as far ahead as it takes (ALL(*) of Parr, Harwell and Fisher, 2014).
///
/// A prediction first looks without regard to where the rule was called from, remembering what it found for each token;
/// only where that cannot decide it looks again with the calls around it.
struct Prediction {
    /// What one more token says, without regard to the surroundings.
    private enum Outcome {
        case undecided(Int)
        case decided(Int)
        case conflict
        case impossible
    }

    private struct Edge: Hashable {
        let from: Int
        let kind: Token.Kind
    }

    private struct Start: Hashable {
        let decision: Int
        let precedence: Int
    }

    /// The decision, and what it is made in.
    struct Question {
        let decision: Int
        /// What the innermost call of a left-recursive rule asks for.
        let precedence: Int
        /// Where the calls around return to, outermost first.
        let returns: [Int]
    }

    private let network = Network.shared
    private var stacks = CallStacks()
    private var sets: [ConfigurationSet] = []
    private var numbers: [ConfigurationSet: Int] = [:]
    private var starts: [Start: Int] = [:]
    private var edges: [Edge: Outcome] = [:]

    /// The alternative to take, from one; or how many tokens ahead the one stands that fits none.
    mutating func choose(
        _ question: Question, _ token: (Int) -> Token.Kind
    ) -> (alternative: Int?, tokensAhead: Int) {
        var current = start(question)
        var distance = 0
        while true {
            let kind = token(distance)
            switch outcome(of: kind, from: current, question) {
            case .decided(let alternative): return (alternative, distance)
            case .conflict: return chooseInFull(question, token)
            case .impossible: return (alternativeThatEnded(in: sets[current]), distance)
            case .undecided(let next): current = next
            }
            if kind != .end { distance += 1 }
        }
    }

    /// The lowest alternative that had already left the rule before the token that fits none.
    private func alternativeThatEnded(in set: ConfigurationSet) -> Int? {
        set.all.filter { one in
            one.isBeyond
                || network.states[one.state].kind == .ruleEnd && one.stacks.contains(CallStacks.empty)
        }.map(\.alternative).min()
    }
}

// MARK: without regard to the surroundings

extension Prediction {
    private mutating func number(_ set: ConfigurationSet) -> Int {
        if let number = numbers[set] { return number }
        sets.append(set)
        numbers[set] = sets.count - 1
        return sets.count - 1
    }

    private mutating func start(_ question: Question) -> Int {
        let start = Start(decision: question.decision, precedence: question.precedence)
        if let known = starts[start] { return known }
        var set = startSet(question, stack: CallStacks.empty, isFull: false)
        if isLoopOfLeftRecursion(question.decision) { set = withoutInnerClaims(set) }
        let new = number(set)
        starts[start] = new
        return new
    }

    private func isLoopOfLeftRecursion(_ decision: Int) -> Bool {
        let state = network.states[decision]
        return state.kind == .loopEntry && Grammar.isLeftRecursive(state.rule)
    }

    /// Another turn of the loop wins over leaving it for a turn of the same loop further out.
    private func withoutInnerClaims(_ set: ConfigurationSet) -> ConfigurationSet {
        var turns: [Int: Set<Int>] = [:]
        for one in set.all where one.alternative == 1 { turns[one.state] = one.stacks }
        var kept = ConfigurationSet(isFull: set.isFull)
        for one in set.all where one.alternative == 1 || one.keepsItsPlace || turns[one.state] != one.stacks {
            kept.add(one, stacks)
        }
        return kept
    }

    private mutating func outcome(of kind: Token.Kind, from set: Int, _ question: Question) -> Outcome {
        let edge = Edge(from: set, kind: kind)
        if let known = edges[edge] { return known }
        let found = newOutcome(of: kind, from: set, question)
        edges[edge] = found
        return found
    }

    private mutating func newOutcome(of kind: Token.Kind, from set: Int, _ question: Question) -> Outcome {
        let reached = reach(sets[set], kind, question)
        if reached.all.isEmpty { return .impossible }
        if let alternative = reached.onlyAlternative { return .decided(alternative) }
        if reached.all.allSatisfy({ network.states[$0.state].kind == .ruleEnd }) { return .conflict }
        if reached.conflicts.contains(where: { $0.count > 1 }), !reached.hasStateOfOneAlternative { return .conflict }
        return .undecided(number(reached))
    }
}

// MARK: with the calls around

extension Prediction {
    private mutating func chooseInFull(
        _ question: Question, _ token: (Int) -> Token.Kind
    ) -> (alternative: Int?, tokensAhead: Int) {
        var stack = CallStacks.empty
        for state in question.returns { stack = stacks.push(state, on: stack) }
        var current = startSet(question, stack: stack, isFull: true)
        var distance = 0
        while true {
            let kind = token(distance)
            let reached = reach(current, kind, question)
            if reached.all.isEmpty { return (alternativeThatEnded(in: current), distance) }
            if let alternative = reached.onlyAlternative { return (alternative, distance) }
            let lowest = Set(reached.conflicts.compactMap { $0.min() })
            if lowest.count == 1 { return (lowest.first, distance) }
            current = reached
            if kind != .end { distance += 1 }
        }
    }
}

// MARK: moving through the network

extension Prediction {
    /// A configuration on its way, with one stack.
    private struct Walker: Hashable {
        var state: Int
        var stack: Int
        var isBeyond: Bool
        var keepsItsPlace: Bool
        /// Still in the call that decides, where its precedence counts.
        var isInDecidingCall: Bool
    }

    private mutating func startSet(_ question: Question, stack: Int, isFull: Bool) -> ConfigurationSet {
        var set = ConfigurationSet(isFull: isFull)
        for (index, move) in network.states[question.decision].moves.enumerated() {
            let walker = Walker(
                state: move.target, stack: stack, isBeyond: false, keepsItsPlace: false, isInDecidingCall: true)
            close(walker, alternative: index + 1, into: &set, question, endCounts: false)
        }
        return set
    }

    /// Where `kind` leads from `set`.
    private mutating func reach(
        _ set: ConfigurationSet, _ kind: Token.Kind, _ question: Question
    ) -> ConfigurationSet {
        var ended: [Configuration] = []
        var moved = ConfigurationSet(isFull: set.isFull)
        for one in set.all {
            if network.states[one.state].kind == .ruleEnd {
                if set.isFull || kind == .end { ended.append(one) }
                continue
            }
            for case .tokens(let tokens, let target) in network.states[one.state].moves where tokens.contains(kind) {
                let next = Configuration(
                    state: target, alternative: one.alternative, stacks: one.stacks, isBeyond: one.isBeyond,
                    keepsItsPlace: one.keepsItsPlace)
                moved.add(next, stacks)
            }
        }
        if ended.isEmpty, kind != .end, moved.onlyAlternative != nil { return moved }
        var reached = closed(moved, question, endCounts: kind == .end)
        if kind == .end { reached = onlyEnded(reached) }
        let hasEnded = reached.all.contains { network.states[$0.state].kind == .ruleEnd }
        if !set.isFull || !hasEnded { for one in ended { reached.add(one, stacks) } }
        return reached
    }

    private mutating func closed(
        _ set: ConfigurationSet, _ question: Question, endCounts: Bool
    ) -> ConfigurationSet {
        var reached = ConfigurationSet(isFull: set.isFull)
        for one in set.all {
            for stack in one.stacks.sorted() {
                let walker = Walker(
                    state: one.state, stack: stack, isBeyond: one.isBeyond, keepsItsPlace: one.keepsItsPlace,
                    isInDecidingCall: false)
                close(walker, alternative: one.alternative, into: &reached, question, endCounts: endCounts)
            }
        }
        return reached
    }

    private func onlyEnded(_ set: ConfigurationSet) -> ConfigurationSet {
        var kept = ConfigurationSet(isFull: set.isFull)
        for one in set.all where network.states[one.state].kind == .ruleEnd { kept.add(one, stacks) }
        return kept
    }

    /// Adds every place that `walker` gets to without a token.
    private mutating func close(
        _ walker: Walker, alternative: Int, into set: inout ConfigurationSet, _ question: Question, endCounts: Bool
    ) {
        var seen: Set<Walker> = []
        var open = [walker]
        while let walker = open.popLast() {
            guard seen.insert(walker).inserted else { continue }
            let state = network.states[walker.state]
            if state.kind == .ruleEnd, walker.stack != CallStacks.empty {
                let (target, below) = stacks.pop(walker.stack)
                var next = walker
                (next.state, next.stack, next.keepsItsPlace) = (target, below, false)
                open.append(next)
                continue
            }
            if state.kind == .ruleEnd && set.isFull || !state.isFree {
                set.add(
                    Configuration(
                        state: walker.state, alternative: alternative, stacks: [walker.stack],
                        isBeyond: walker.isBeyond, keepsItsPlace: walker.keepsItsPlace), stacks)
            }
            if state.kind == .ruleEnd && set.isFull { continue }
            for move in state.moves.reversed() {
                if let next = step(walker, move, question, endCounts: endCounts) { open.append(next) }
            }
        }
    }

    private mutating func step(
        _ walker: Walker, _ move: Network.Move, _ question: Question, endCounts: Bool
    ) -> Walker? {
        var next = walker
        next.state = move.target
        switch move {
        case .tokens(let tokens, _): return endCounts && tokens.contains(.end) ? next : nil
        case .precedence(let precedence, _):
            return walker.isInDecidingCall && precedence < question.precedence ? nil : next
        case .call(let rule, _, let target):
            next.stack = stacks.push(target, on: walker.stack)
            next.state = network.entries[rule.rawValue]
            next.isInDecidingCall = false
        case .free(_, let ends):
            guard network.states[walker.state].kind == .ruleEnd else { break }
            next.isBeyond = true
            next.isInDecidingCall = false
            if let ends, isLoopOfLeftRecursion(question.decision), network.states[question.decision].rule == ends {
                next.keepsItsPlace = true
            }
        }
        return next
    }
}
