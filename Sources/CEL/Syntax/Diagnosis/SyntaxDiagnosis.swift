/// Says what is wrong with the syntax of an expression, once the parser has given up on it.
///
/// Kubernetes shows its users the sentences of an ANTLR parser, recovery and all, so this reads the expression again as
/// that one does: it walks the network of the grammar with a stack of the rules it is in, predicts where there is a
/// choice, and after an error drops, invents or skips tokens by the same rules. Nothing here runs for an expression that
/// can be read.
struct SyntaxDiagnosis {
    /// The bounds that the reference implementation sets itself.
    enum Limit {
        static let recoveries = 30
        static let skippedTokens = 256
        static let reports = 100
    }

    /// Ends the reading; what there was to say has been said.
    enum Stop: Error { case gaveUp }

    /// Why a rule cannot go on.
    enum Failure {
        case mismatch(expecting: TokenSet)
        /// No alternative fits the tokens from the current one on, up to the one this many further.
        case noAlternative(tokensAhead: Int)
    }

    /// A rule that was entered.
    struct Context {
        let rule: Grammar.Rule
        /// The state that called it.
        let caller: Int
        let precedence: Int
        /// Where in `repaired` the rule, or the current turn of its loop, began.
        var mark: Int
        /// The rule has read something whole before the current turn.
        var hasWhole = false
    }

    let network = Network.shared
    let source: ExpressionSource
    let tokens: [Token]
    let unreadable: [Range<Int>]
    private var prediction = Prediction()
    private(set) var issues = ExpressionIssues()
    private var reportCount = 0
    /// How many of `unreadable` the reading has passed.
    private var passedUnreadable = 0

    var position = 0
    /// Where in the network the last decision, token or call was.
    var state = 0
    var contexts: [Context] = []
    private var depths = [Int](repeating: 0, count: Grammar.Rule.allCases.count)

    /// The tokens as they were understood: with those that were invented, and without those that were dropped.
    var repaired: [Token] = []

    // What recovery remembers.
    var isRecovering = false
    var recoveries = 0
    var lastErrorPosition = -1
    var lastErrorStates: Set<Int> = []

    /// Everything that is wrong with `source`, whose syntax is.
    static func issues(in source: ExpressionSource, options: Parser.Options) -> ExpressionIssues {
        var diagnosis = SyntaxDiagnosis(source: source)
        do { try diagnosis.read() } catch { return diagnosis.issues }
        var issues = diagnosis.issues
        let end = diagnosis.tokens[diagnosis.tokens.count - 1]
        for issue in Parser.remarks(on: diagnosis.repaired + [end], in: source, options: options).kept {
            issues.report(issue.message, at: issue.location)
        }
        return issues
    }

    private init(source: ExpressionSource) {
        self.source = source
        (tokens, unreadable) = Lexer.scan(source)
    }

    // MARK: reporting

    mutating func report(_ message: String, at token: Int) throws(Stop) {
        try reportSyntax("Syntax error: " + message, at: tokens[token].start)
    }

    private mutating func reportSyntax(_ message: String, at offset: Int) throws(Stop) {
        reportCount += 1
        guard reportCount > Limit.reports else { return issues.report(message, at: source.location(of: offset)) }
        issues.report(
            "Syntax error: More than \(Limit.reports) syntax errors", at: source.location(of: offset))
        throw .gaveUp
    }

    /// Reports what belongs to no place, and gives up.
    mutating func giveUp(_ message: String) throws(Stop) -> Never {
        issues.report(message, at: .none)
        throw .gaveUp
    }

    /// What lies between tokens is noticed when the token behind it is looked at.
    mutating func notice(upTo token: Int) throws(Stop) {
        let end = tokens[min(token, tokens.count - 1)].start
        while passedUnreadable < unreadable.count, unreadable[passedUnreadable].lowerBound < end {
            let range = unreadable[passedUnreadable]
            passedUnreadable += 1
            try reportSyntax(Lexer.message(for: range, in: source), at: range.lowerBound)
        }
    }

    // MARK: tokens

    /// The kind of the token that stands `distance` after the current one.
    func kind(_ distance: Int = 0) -> Token.Kind { tokens[min(position + distance, tokens.count - 1)].kind }

    mutating func consume() throws(Stop) {
        guard position < tokens.count - 1 else { return }
        position += 1
        try notice(upTo: position)
    }
}

// MARK: walking

extension SyntaxDiagnosis {
    private enum Step {
        case to(Int)
        case failed(Failure)
        case finished
    }

    private mutating func read() throws(Stop) {
        try notice(upTo: 0)
        var here = try enter(.start, precedence: 0, from: -1)
        while true {
            switch try step(from: here) {
            case .to(let next): here = next
            case .finished: return
            case .failed(let failure):
                try report(failure)
                repairRule()
                try recover()
                here = network.ends[contexts[contexts.count - 1].rule.rawValue]
            }
        }
    }

    private mutating func enter(_ rule: Grammar.Rule, precedence: Int, from caller: Int) throws(Stop) -> Int {
        depths[rule.rawValue] += 1
        if depths[rule.rawValue] > Parser.depthMax {
            try giveUp("expression recursion limit exceeded: \(Parser.depthMax)")
        }
        contexts.append(Context(rule: rule, caller: caller, precedence: precedence, mark: repaired.count))
        return network.entries[rule.rawValue]
    }

    private mutating func step(from here: Int) throws(Stop) -> Step {
        switch network.states[here].kind {
        case .plain: return try move(from: here)
        case .ruleEnd: return leave()
        case .choice, .loopEntry, .loopBack, .oneOrMore, .oneOrMoreBack: break
        }
        state = here
        markTurn(network.states[here].kind)
        if let failure = try synchronize() { return .failed(failure) }
        let kind = network.states[here].kind
        return kind == .oneOrMore ? .to(network.follow(of: here)) : try decide(at: here)
    }

    private mutating func leave() -> Step {
        guard let left = contexts.popLast(), !contexts.isEmpty else { return .finished }
        depths[left.rule.rawValue] -= 1
        return .to(network.follow(of: left.caller))
    }

    private mutating func move(from here: Int) throws(Stop) -> Step {
        switch network.states[here].moves[0] {
        case .free(let target, _), .precedence(_, let target): return .to(target)
        case .call(let rule, let precedence, _):
            state = here
            return .to(try enter(rule, precedence: precedence, from: here))
        case .tokens(let set, let target):
            state = here
            guard set.contains(kind()) else {
                if let failure = try recoverInline() { return .failed(failure) }
                return .to(target)
            }
            endRecovery()
            repaired.append(tokens[position])
            try consume()
            return .to(target)
        }
    }

    private mutating func decide(at here: Int) throws(Stop) -> Step {
        let decision = network.states[here].decision
        let moves = network.states[decision].moves
        let alternative: Int
        switch network.states[here].lookahead {
        case .oneToken:
            let kind = kind()
            let fitting = moves.firstIndex { network.next[$0.target].contains(kind) }
            guard let chosen = fitting ?? (network.states[here].canPass ? moves.count - 1 : nil) else {
                return .failed(.noAlternative(tokensAhead: 0))
            }
            alternative = chosen
        case .adaptive:
            let (chosen, ahead) = try predict(decision)
            guard let chosen else { return .failed(.noAlternative(tokensAhead: ahead)) }
            alternative = chosen - 1
        }
        let target = moves[alternative].target
        // Another turn of a part that stands once or more does not pass its way in again.
        return .to(network.states[target].kind == .oneOrMore ? network.follow(of: target) : target)
    }

    private mutating func predict(_ decision: Int) throws(Stop) -> (Int?, Int) {
        let question = Prediction.Question(
            decision: decision, precedence: contexts[contexts.count - 1].precedence, returns: returns)
        let (tokens, position) = (tokens, position)
        let (alternative, ahead) = prediction.choose(question) { tokens[min(position + $0, tokens.count - 1)].kind }
        try notice(upTo: position + ahead)
        return (alternative, ahead)
    }

    /// Where the rules that were entered return to, outermost first.
    var returns: [Int] { contexts.dropFirst().map { network.follow(of: $0.caller) } }
}
