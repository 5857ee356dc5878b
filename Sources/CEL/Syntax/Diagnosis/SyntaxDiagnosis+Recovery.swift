/// What is done and said where a token does not fit: ANTLR's default strategy.
extension SyntaxDiagnosis {
    /// Checks, where a decision is due, that the current token can be part of it or of what follows; drops what
    /// cannot.
    mutating func synchronize() throws(Stop) -> Failure? {
        guard !isRecovering else { return nil }
        let next = network.next[state]
        guard !next.contains(.beyond), !next.contains(kind()) else { return nil }
        switch network.states[state].kind {
        case .plain, .ruleEnd: return nil
        case .choice, .loopEntry, .oneOrMore:
            return try dropOne() ? nil : .mismatch(expecting: expected)
        case .loopBack, .oneOrMoreBack:
            try reportUnwanted()
            let stops = expected.union(recoverySet)
            while kind() != .end, !stops.contains(kind()) { try consume() }
            return nil
        }
    }

    /// Deals with a token that is not the one that must come: drops it if the one behind it fits, or goes on as if the
    /// missing one were there if the current one fits after that.
    mutating func recoverInline() throws(Stop) -> Failure? {
        try countRecovery()
        if try dropOne() {
            repaired.append(tokens[position])
            try consume()
            return nil
        }
        let behind = network.firstTokens(from: network.follow(of: state), returning: returns)
        guard behind.contains(kind()) else { return .mismatch(expecting: expected) }
        if !isRecovering {
            isRecovering = true
            try report("missing \(expected.display) at \(display(position))", at: position)
        }
        invent()
        return nil
    }

    /// Leaves the current rule: skips to a token that something around it can go on with.
    mutating func recover() throws(Stop) {
        try countRecovery()
        var skipped = 0
        if lastErrorPosition == position, lastErrorStates.contains(state) { try skip(&skipped) }
        lastErrorPosition = position
        lastErrorStates.insert(state)
        let stops = recoverySet
        while kind() != .end, !stops.contains(kind()) { try skip(&skipped) }
    }

    mutating func endRecovery() {
        isRecovering = false
        lastErrorStates = []
        lastErrorPosition = -1
    }

    mutating func report(_ failure: Failure) throws(Stop) {
        guard !isRecovering else { return }
        isRecovering = true
        switch failure {
        case .mismatch(let expecting):
            try report("mismatched input \(display(position)) expecting \(expecting.display)", at: position)
        case .noAlternative(let ahead):
            let last = min(position + ahead, tokens.count - 1)
            let text = kind() == .end ? "<EOF>" : self.text(from: position, through: last)
            try report(Self.noAlternative(text), at: last)
        }
    }

    // MARK: parts

    private mutating func skip(_ skipped: inout Int) throws(Stop) {
        if skipped >= Limit.skippedTokens {
            try giveUp("error recovery token lookahead limit exceeded: \(Limit.skippedTokens)")
        }
        skipped += 1
        try consume()
    }

    private mutating func countRecovery() throws(Stop) {
        if recoveries == Limit.recoveries {
            try report("error recovery attempt limit exceeded: \(Limit.recoveries)", at: position)
            throw .gaveUp
        }
        recoveries += 1
    }

    /// Drops the current token if the one behind it is one that fits.
    private mutating func dropOne() throws(Stop) -> Bool {
        try notice(upTo: position + 1)
        guard expected.contains(kind(1)) else { return false }
        try reportUnwanted()
        try consume()
        endRecovery()
        return true
    }

    private mutating func reportUnwanted() throws(Stop) {
        guard !isRecovering else { return }
        isRecovering = true
        try report("extraneous input \(display(position)) expecting \(expected.display)", at: position)
    }

    /// The tokens that could come here, given the rules around.
    private var expected: TokenSet {
        var following = network.next[state]
        guard following.contains(.beyond) else { return following }
        var all = following
        for context in contexts.dropFirst().reversed() where following.contains(.beyond) {
            following = network.next[network.follow(of: context.caller)]
            all.formUnion(following)
        }
        if following.contains(.beyond) { all.formUnion(TokenSet(.end)) }
        return all.subtracting(.beyond)
    }

    /// The tokens that a rule around this one could go on with.
    private var recoverySet: TokenSet {
        returns.reduce(into: TokenSet()) { $0.formUnion(network.next[$1]) }.subtracting(.beyond)
    }

    // MARK: words

    private func display(_ token: Int) -> String {
        tokens[token].kind == .end ? "'<EOF>'" : Self.quoted(source.text(tokens[token].start..<tokens[token].end))
    }

    /// The text from one token through another, without what is no token.
    private func text(from first: Int, through last: Int) -> String {
        var text = ""
        var start = tokens[first].start
        let end = tokens[last].end
        for range in unreadable where range.lowerBound >= start && range.lowerBound < end {
            text += source.text(start..<range.lowerBound)
            start = range.upperBound
        }
        return text + source.text(start..<end)
    }

    private static func quoted(_ text: String) -> String {
        var quoted = "'"
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\t": quoted += "\\t"
            case "\n": quoted += "\\n"
            case "\r": quoted += "\\r"
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "'"
    }

    /// A word of the language in place of a name is called what it is.
    private static func noAlternative(_ text: String) -> String {
        let scalars = text.unicodeScalars
        let word = String(scalars.dropFirst())
        if !scalars.isEmpty, scalars.first != "\n", word == "true" || word == "false" || word == "null" {
            return "mismatched input '\(word)' expecting IDENTIFIER"
        }
        return "no viable alternative at input " + quoted(text)
    }
}
