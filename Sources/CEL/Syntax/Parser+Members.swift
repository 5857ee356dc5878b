extension Parser {
    /// A primary and everything selected from it, indexed or called on it.
    mutating func member() throws(Stop) -> ExpressionID {
        var name = QualifiedName()
        var operand = try primary(&name)
        var length = 0
        while true {
            switch token.kind {
            case .dot:
                operand = try selection(of: operand, name: &name)
            case .leftBracket:
                operand = try indexing(of: operand)
                name = QualifiedName()
            case .leftBrace where name.isPlain:
                operand = try object(named: name)
                name = QualifiedName()
            default:
                return operand
            }
            length += 1
            if length >= Self.depthMax { throw .depth }
        }
    }

    /// The dotted name that a member has been so far: what may stand before the brace of an object literal.
    struct QualifiedName {
        var parts: [String] = []
        var hasLeadingDot = false
        var isPlain: Bool { !parts.isEmpty }
        var text: String { (hasLeadingDot ? "." : "") + parts.joined(separator: ".") }
    }

    /// `'.' '?'? escapeIdent | '.' IDENTIFIER '(' exprList? ')'`
    private mutating func selection(of operand: ExpressionID, name: inout QualifiedName) throws(Stop) -> ExpressionID {
        let dot = advance()
        let question = take(.question)
        let word = token
        if word.kind == .missing { return report("unsupported ident kind", at: advance()) }
        guard word.kind == .identifier || word.kind == .escapedIdentifier else { throw .syntax }
        _ = advance()
        if question == nil, word.kind == .identifier, let open = take(.leftParenthesis) {
            name = QualifiedName()
            let arguments = try expressions(until: .rightParenthesis)
            return try callOrMacro(text(word), target: operand, arguments, at: open.start)
        }
        let written = identifier(word)
        // What is around a field without a name is looked at all the same.
        if written == nil { _ = report("unsupported syntax: '`'", at: word) }
        let field = written ?? ""
        if question == nil, word.kind == .identifier, name.isPlain {
            name.parts.append(field)
        } else {
            name = QualifiedName()
        }
        guard question != nil else {
            let select = Expression.select(operand: operand, field: field, isTest: false)
            return try add(select, at: dot.start, over: [operand], levels: 1)
        }
        guard options.allowsOptionals else { return report("unsupported syntax '.?'", at: dot) }
        let literal = tree.add(.literal(.string(field)), at: word.start)
        let call = Expression.call(function: Operator.optionalSelect, target: nil, arguments: [operand, literal])
        return try add(call, at: dot.start, over: [operand], levels: 1)
    }

    /// The name that a token spells; nil where it is written in a way that is not allowed here.
    private func identifier(_ token: Token) -> String? {
        guard token.kind == .escapedIdentifier else { return text(token) }
        return options.allowsEscapedIdentifiers ? tree.source.text(token.start + 1..<token.end - 1) : nil
    }

    /// `'[' '?'? expr ']'`
    private mutating func indexing(of operand: ExpressionID) throws(Stop) -> ExpressionID {
        let bracket = advance()
        let question = take(.question)
        let index = try expression()
        try expect(.rightBracket)
        guard question != nil else { return try call(Operator.index, [operand, index], at: bracket) }
        guard options.allowsOptionals else { return report("unsupported syntax '[?'", at: bracket) }
        return try call(Operator.optionalIndex, [operand, index], at: bracket)
    }

    private mutating func primary(_ name: inout QualifiedName) throws(Stop) -> ExpressionID {
        switch token.kind {
        case .dot, .identifier: return try identifierOrCall(&name)
        case .leftParenthesis:
            _ = advance()
            let inner = try expression()
            try expect(.rightParenthesis)
            return inner
        case .leftBracket: return try list()
        case .leftBrace: return try map()
        case .missing: return tree.add(.missing, at: advance().start)
        default: return try literal()
        }
    }

    /// `'.'? IDENTIFIER ('(' exprList? ')')?`
    private mutating func identifierOrCall(_ name: inout QualifiedName) throws(Stop) -> ExpressionID {
        let first = token
        let hasLeadingDot = take(.dot) != nil
        let word = try expect(.identifier)
        let spelled = text(word)
        if let open = take(.leftParenthesis) {
            let arguments = try expressions(until: .rightParenthesis)
            if Self.reserved.contains(spelled) { return report("reserved identifier: \(spelled)", at: first) }
            return try callOrMacro((hasLeadingDot ? "." : "") + spelled, target: nil, arguments, at: open.start)
        }
        name = QualifiedName(parts: [spelled], hasLeadingDot: hasLeadingDot)
        if Self.reserved.contains(spelled), !startsObject() {
            return report("reserved identifier: \(spelled)", at: first)
        }
        return tree.add(.identifier((hasLeadingDot ? "." : "") + spelled), at: word.start)
    }

    /// Whether the dotted name that goes on here ends at the brace of an object literal.
    private func startsObject() -> Bool {
        var distance = 0
        while peek(distance) == .dot, peek(distance + 1) == .identifier { distance += 2 }
        return peek(distance) == .leftBrace
    }

    /// Words that other languages would claim; they are no names of variables.
    static let reserved: Set<String> = [
        "as", "break", "const", "continue", "else", "false", "for", "function", "if", "import", "in", "let", "loop",
        "package", "namespace", "null", "return", "true", "var", "void", "while",
    ]

    private mutating func expressions(until close: Token.Kind) throws(Stop) -> [ExpressionID] {
        if take(close) != nil { return [] }
        var list = [try expression()]
        while take(.comma) != nil { list.append(try expression()) }
        try expect(close)
        return list
    }
}

// MARK: lists, maps and objects

extension Parser {
    /// `'[' (optExpr (',' optExpr)*)? ','? ']'`
    private mutating func list() throws(Stop) -> ExpressionID {
        let bracket = advance()
        var elements: [ExpressionID] = []
        var optionals: [Int] = []
        while token.kind != .rightBracket, token.kind != .comma {
            if takeOptionalMark() { optionals.append(elements.count) }
            elements.append(try expression())
            guard token.kind == .comma, peek(1) != .rightBracket else { break }
            _ = advance()
            if token.kind == .comma { throw .syntax }
        }
        _ = take(.comma)
        try expect(.rightBracket)
        return try add(.list(elements: elements, optionals: optionals), at: bracket.start, over: elements)
    }

    /// A `?` before an element, key or field; reported where such syntax is not allowed.
    private mutating func takeOptionalMark() -> Bool {
        guard let question = take(.question) else { return false }
        if !options.allowsOptionals { _ = report("unsupported syntax '?'", at: question) }
        return true
    }

    /// `'{' (optExpr ':' expr (',' optExpr ':' expr)*)? ','? '}'`
    private mutating func map() throws(Stop) -> ExpressionID {
        let brace = advance()
        let entries = try entries { parser throws(Stop) in (try parser.expression(), "") }
        return try add(.map(entries), at: brace.start, over: entries.flatMap { [$0.key ?? $0.value, $0.value] })
    }

    /// The fields of an object literal, from its brace.
    private mutating func object(named name: QualifiedName) throws(Stop) -> ExpressionID {
        let brace = advance()
        let fields = try entries { parser throws(Stop) in
            let word = parser.token
            guard word.kind == .identifier || word.kind == .escapedIdentifier else { throw .syntax }
            _ = parser.advance()
            if let field = parser.identifier(word) { return (nil, field) }
            _ = parser.report("unsupported syntax: '`'", at: word)
            return (nil, parser.text(word))
        }
        return try add(.object(type: name.text, fields: fields), at: brace.start, over: fields.map(\.value))
    }

    private mutating func entries(
        _ label: (inout Parser) throws(Stop) -> (key: ExpressionID?, field: String)
    ) throws(Stop) -> [EntryExpression] {
        var entries: [EntryExpression] = []
        while token.kind != .rightBrace, token.kind != .comma {
            let isOptional = takeOptionalMark()
            let (key, field) = try label(&self)
            let colon = try expect(.colon)
            let id = tree.add(.missing, at: colon.start)
            let value = try expression()
            entries.append(EntryExpression(id: id, key: key, field: field, value: value, isOptional: isOptional))
            guard token.kind == .comma, peek(1) != .rightBrace else { break }
            _ = advance()
            if token.kind == .comma { throw .syntax }
        }
        _ = take(.comma)
        try expect(.rightBrace)
        return entries
    }
}

// MARK: literals

extension Parser {
    private mutating func literal() throws(Stop) -> ExpressionID {
        let first = token
        let isNegative = token.kind == .minus && (peek(1) == .int || peek(1) == .float)
        if isNegative { _ = advance() }
        let word = token
        guard let value = value(of: word, isNegative: isNegative) else { throw .syntax }
        _ = advance()
        switch value {
        case .success(let literal): return tree.add(.literal(literal), at: first.start)
        case .failure(let failure): return report(failure.message, at: first)
        }
    }

    /// The constant that a token spells; nil where it spells none.
    private func value(of token: Token, isNegative: Bool) -> Result<Literal, Unescape.Failure>? {
        switch token.kind {
        case .int: integer(text(token), isNegative).map { .success(.int($0)) } ?? invalid("int")
        case .uint: unsigned(text(token).dropLast()).map { .success(.uint($0)) } ?? invalid("uint")
        case .float: double(text(token), isNegative).map { .success(.double($0)) } ?? invalid("double")
        case .string: quoted(token, asBytes: false).map { .string(String(decoding: $0, as: UTF8.self)) }
        case .bytes: quoted(token, asBytes: true).map { .bytes($0) }
        case .true: .success(.bool(true))
        case .false: .success(.bool(false))
        case .null: .success(.null)
        default: nil
        }
    }

    private func invalid(_ kind: String) -> Result<Literal, Unescape.Failure> {
        .failure(Unescape.Failure(message: "invalid \(kind) literal"))
    }

    private func quoted(_ token: Token, asBytes: Bool) -> Result<[UInt8], Unescape.Failure> {
        let text = tree.source.bytes[token.start + (asBytes ? 1 : 0)..<token.end]
        return Result { () throws(Unescape.Failure) in try Unescape.bytes(of: text, asBytes: asBytes) }
    }

    private func integer(_ text: String, _ isNegative: Bool) -> Int64? {
        let sign = isNegative ? "-" : ""
        return text.hasPrefix("0x") ? Int64(sign + text.dropFirst(2), radix: 16) : Int64(sign + text)
    }

    private func unsigned(_ text: Substring) -> UInt64? {
        text.hasPrefix("0x") ? UInt64(text.dropFirst(2), radix: 16) : UInt64(text)
    }

    /// A number too large to be finite is refused.
    private func double(_ text: String, _ isNegative: Bool) -> Double? {
        guard let value = Double(text), value.isFinite else { return nil }
        return isNegative ? -value : value
    }
}
