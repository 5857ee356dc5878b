/// Reads the tokens of an expression into a syntax tree, expanding macros on the way.
///
/// Recursive descent, with the depth of every rule that can nest bounded as the reference implementation bounds it: a
/// deeper expression is refused long before a thread's stack ends. A syntax error stops the descent at once; saying
/// what was expected is the business of `SyntaxDiagnosis`, which only runs then.
struct Parser {
    /// What may be written, beside the grammar.
    struct Options: Sendable {
        var macros: MacroTable = .standard
        /// `a.?b`, `a[?b]`, `[?e]` and `{?k: v}`
        var allowsOptionals = true
        /// `` a.`b-c` ``
        var allowsEscapedIdentifiers = true
    }

    static let depthMax = 250
    static let codePointsMax = 100_000

    /// Stops the descent; the issue was reported, or is to be diagnosed.
    enum Stop: Error {
        case syntax
        /// One rule of the grammar stands inside itself too often.
        case depth
        /// Operators, selections and calls together nest too deep.
        case height
    }

    let tokens: [Token]
    let options: Options
    var position = 0
    var tree: SyntaxTree
    var issues = ExpressionIssues()
    /// How deep expressions nest.
    private var expressionDepth = 0
    /// How many operators, selections and calls stand upon each other beneath each node.
    private var heights: [Int16] = []

    /// Parses `source`; throws everything that is wrong with it.
    static func parse(_ source: ExpressionSource, options: Options) throws(ExpressionIssues) -> SyntaxTree {
        var issues = ExpressionIssues()
        let count = source.codePointCount
        if count > codePointsMax {
            issues.report("expression code point size exceeds limit: size: \(count), limit \(codePointsMax)", at: .none)
            throw issues
        }
        let (tokens, unreadable) = Lexer.scan(source)
        // So much nonsense ends the reading before it is over.
        if unreadable.count > SyntaxDiagnosis.Limit.reports {
            throw SyntaxDiagnosis.issues(in: source, options: options)
        }
        for range in unreadable {
            issues.report(Lexer.message(for: range, in: source), at: source.location(of: range.lowerBound))
        }
        var parser = Parser(tokens: tokens, options: options, source: source)
        parser.issues = issues
        do {
            parser.tree.root = try parser.expression()
            try parser.expect(.end)
        } catch {
            throw parser.issues(for: error)
        }
        if !parser.issues.isEmpty { throw parser.issues }
        return parser.tree
    }

    /// What there is to say about an expression whose syntax is wrong, read as its diagnosis repaired it, beside that.
    static func remarks(on tokens: [Token], in source: ExpressionSource, options: Options) -> ExpressionIssues {
        var parser = Parser(tokens: tokens, options: options, source: source)
        _ = Result { () throws(Stop) in try parser.expression() }
        return parser.issues
    }

    private init(tokens: [Token], options: Options, source: ExpressionSource) {
        self.tokens = tokens
        self.options = options
        tree = SyntaxTree(source: source, reserving: source.bytes.count / 2)
    }

    private func issues(for stop: Stop) -> ExpressionIssues {
        switch stop {
        case .syntax:
            return SyntaxDiagnosis.issues(in: tree.source, options: options)
        case .depth:
            var issues = self.issues
            issues.report("expression recursion limit exceeded: \(Self.depthMax)", at: .none)
            return issues
        case .height:
            var issues = self.issues
            issues.report("max recursion depth exceeded", at: .none)
            return issues
        }
    }

    /// Adds a node that stands `levels` above the highest of the nodes beneath it, and bounds how high that is.
    mutating func add(
        _ node: Expression, at offset: Int, over children: [ExpressionID], levels: Int = 0
    ) throws(Stop) -> ExpressionID {
        try raise(tree.add(node, at: offset), over: children, levels: levels)
    }

    private mutating func raise(
        _ id: ExpressionID, over children: [ExpressionID], levels: Int
    ) throws(Stop) -> ExpressionID {
        var height = 0
        for child in children where child.index < heights.count { height = max(height, Int(heights[child.index])) }
        height += levels
        if height > Self.depthMax { throw .height }
        guard height > 0 else { return id }
        if heights.count <= id.index {
            heights.append(contentsOf: repeatElement(0, count: id.index + 1 - heights.count))
        }
        heights[id.index] = Int16(height)
        return id
    }
}

// MARK: tokens

extension Parser {
    var token: Token { tokens[position] }

    func peek(_ distance: Int) -> Token.Kind {
        let index = position + distance
        return index < tokens.count ? tokens[index].kind : .end
    }

    mutating func advance() -> Token {
        let token = tokens[position]
        if position < tokens.count - 1 { position += 1 }
        return token
    }

    mutating func take(_ kind: Token.Kind) -> Token? { token.kind == kind ? advance() : nil }

    @discardableResult mutating func expect(_ kind: Token.Kind) throws(Stop) -> Token {
        guard token.kind == kind else { throw .syntax }
        return advance()
    }

    func text(_ token: Token) -> String { tree.source.text(token.start..<token.end) }

    /// Reports an issue at a token and gives the node that stands in for what is not there.
    mutating func report(_ message: String, at token: Token) -> ExpressionID {
        issues.report(message, at: tree.source.location(of: token.start))
        return tree.add(.missing, at: token.start)
    }
}

// MARK: operators

extension Parser {
    /// Counts one more level around the nodes that `body` makes.
    mutating func nested<T>(_ body: (inout Parser) throws(Stop) -> T) throws(Stop) -> T {
        expressionDepth += 1
        defer { expressionDepth -= 1 }
        if expressionDepth > Self.depthMax { throw .depth }
        return try body(&self)
    }

    /// `expr: conditionalOr ('?' conditionalOr ':' expr)?`
    mutating func expression() throws(Stop) -> ExpressionID {
        try nested { parser throws(Stop) in
            let condition = try parser.disjunction()
            guard let question = parser.take(.question) else { return condition }
            let whenTrue = try parser.disjunction()
            try parser.expect(.colon)
            let whenFalse = try parser.expression()
            return try parser.call(Operator.conditional, [condition, whenTrue, whenFalse], at: question)
        }
    }

    private mutating func disjunction() throws(Stop) -> ExpressionID {
        try logical(.logicalOr, Operator.logicalOr) { parser throws(Stop) in
            try parser.logical(.logicalAnd, Operator.logicalAnd) { parser throws(Stop) in try parser.relation() }
        }
    }

    /// Terms joined by `&&` or `||`, as a balanced tree: they may be evaluated in any order that keeps the result.
    private mutating func logical(
        _ kind: Token.Kind, _ function: String, _ term: (inout Parser) throws(Stop) -> ExpressionID
    ) throws(Stop) -> ExpressionID {
        var terms = [try term(&self)]
        guard token.kind == kind else { return terms[0] }
        var operators: [Token] = []
        while let sign = take(kind) {
            operators.append(sign)
            terms.append(try term(&self))
        }
        return try balanced(function, terms, operators, 0, operators.count - 1)
    }

    private mutating func balanced(
        _ function: String, _ terms: [ExpressionID], _ operators: [Token], _ low: Int, _ high: Int
    ) throws(Stop) -> ExpressionID {
        let middle = (low + high + 1) / 2
        let left = middle == low ? terms[middle] : try balanced(function, terms, operators, low, middle - 1)
        let right = middle == high ? terms[middle + 1] : try balanced(function, terms, operators, middle + 1, high)
        return try call(function, [left, right], at: operators[middle])
    }

    private static let relations: [Token.Kind: String] = [
        .less: Operator.less, .lessEquals: Operator.lessEquals, .greater: Operator.greater,
        .greaterEquals: Operator.greaterEquals, .equals: Operator.equals, .notEquals: Operator.notEquals,
        .in: Operator.in,
    ]
    private static let sums: [Token.Kind: String] = [.plus: Operator.add, .minus: Operator.subtract]
    private static let products: [Token.Kind: String] = [
        .star: Operator.multiply, .slash: Operator.divide, .percent: Operator.modulo,
    ]

    private mutating func relation() throws(Stop) -> ExpressionID {
        try leftAssociative(Self.relations) { parser throws(Stop) in
            try parser.leftAssociative(Self.sums) { parser throws(Stop) in
                try parser.leftAssociative(Self.products) { parser throws(Stop) in try parser.unary() }
            }
        }
    }

    private mutating func leftAssociative(
        _ operators: [Token.Kind: String], _ operand: (inout Parser) throws(Stop) -> ExpressionID
    ) throws(Stop) -> ExpressionID {
        var left = try operand(&self)
        var length = 0
        while let function = operators[token.kind] {
            let sign = advance()
            length += 1
            if length >= Self.depthMax { throw .depth }
            left = try call(function, [left, try operand(&self)], at: sign)
        }
        return left
    }

    /// `member | '!'+ member | '-'+ member`; a minus right before a number belongs to the number.
    private mutating func unary() throws(Stop) -> ExpressionID {
        switch token.kind {
        case .exclamation: return try signs(.exclamation, Operator.logicalNot)
        case .minus where peek(1) != .int && peek(1) != .float: return try signs(.minus, Operator.negate)
        default: return try member()
        }
    }

    /// An even number of signs undoes itself.
    private mutating func signs(_ kind: Token.Kind, _ function: String) throws(Stop) -> ExpressionID {
        let first = token
        var count = 0
        while take(kind) != nil { count += 1 }
        let operand = try member()
        return count % 2 == 0 ? operand : try call(function, [operand], at: first)
    }

    private func isLogical(_ function: String) -> Bool {
        function == Operator.logicalAnd || function == Operator.logicalOr || function == Operator.logicalNot
            || function == Operator.negate
    }

    /// An operator applied to its operands.
    mutating func call(_ function: String, _ arguments: [ExpressionID], at sign: Token) throws(Stop) -> ExpressionID {
        let call = Expression.call(function: function, target: nil, arguments: arguments)
        return try add(call, at: sign.start, over: arguments, levels: isLogical(function) ? 0 : 1)
    }

    /// A call, or what its macro becomes.
    mutating func callOrMacro(
        _ function: String, target: ExpressionID?, _ arguments: [ExpressionID], at offset: Int
    ) throws(Stop) -> ExpressionID {
        let children = target.map { [$0] + arguments } ?? arguments
        let levels = target == nil ? 0 : 1
        guard let macro = options.macros.find(function, argumentCount: arguments.count, isMember: target != nil) else {
            let call = Expression.call(function: function, target: target, arguments: arguments)
            return try add(call, at: offset, over: children, levels: levels)
        }
        // The tree is handed over rather than shared, so that the macro's additions do not copy it.
        var expansion = MacroExpansion(tree: tree, offset: offset)
        tree = SyntaxTree(source: tree.source, reserving: 0)
        let outcome = Result { () throws(ExpressionIssue) in try macro(&expansion, target, arguments) }
        tree = expansion.tree
        switch outcome {
        case .success(let expanded?): return try raise(expanded, over: children, levels: levels)
        case .success(nil):
            let call = Expression.call(function: function, target: target, arguments: arguments)
            return try add(call, at: offset, over: children, levels: levels)
        case .failure(let issue):
            issues.report(issue.message, at: issue.location)
            return tree.add(.missing, at: offset)
        }
    }
}
