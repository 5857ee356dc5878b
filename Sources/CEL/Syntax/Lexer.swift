/// Cuts an expression into tokens.
///
/// The longest token wins, as in the grammar's own lexer. Where no token can start, what was read of the attempt is
/// reported and left out, one character past the point of failure included, and reading goes on behind it.
struct Lexer {
    private let bytes: [UInt8]
    private var position = 0

    /// The tokens of `source`, the last of kind `end`, and what between them is none.
    static func scan(_ source: ExpressionSource) -> (tokens: [Token], unreadable: [Range<Int>]) {
        var lexer = Lexer(bytes: source.bytes)
        var tokens: [Token] = []
        var unreadable: [Range<Int>] = []
        tokens.reserveCapacity(source.bytes.count / 3 + 1)
        while true {
            lexer.skipBlanks()
            let start = lexer.position
            guard start < lexer.bytes.count else { break }
            if let kind = lexer.next() {
                tokens.append(Token(kind: kind, start: start, end: lexer.position))
            } else {
                lexer.skipCharacter()
                unreadable.append(start..<lexer.position)
            }
        }
        tokens.append(Token(kind: .end, start: source.bytes.count, end: source.bytes.count))
        return (tokens, unreadable)
    }

    /// What is said about bytes that are no token.
    static func message(for range: Range<Int>, in source: ExpressionSource) -> String {
        "Syntax error: token recognition error at: '\(source.text(range))'"
    }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    private func at(_ offset: Int) -> UInt8 {
        let index = position + offset
        return index < bytes.count ? bytes[index] : 0
    }

    /// White space, and comments to the end of their line.
    private mutating func skipBlanks() {
        while position < bytes.count {
            switch bytes[position] {
            case 0x20, 0x09, 0x0A, 0x0C, 0x0D: position += 1
            case UInt8(ascii: "/") where at(1) == UInt8(ascii: "/"):
                while position < bytes.count, bytes[position] != 0x0A { position += 1 }
            default: return
            }
        }
    }

    /// One whole code point, if there is one.
    private mutating func skipCharacter() {
        guard position < bytes.count else { return }
        position += 1
        while position < bytes.count, bytes[position] & 0xC0 == 0x80 { position += 1 }
    }

    /// Reads a token and moves behind it; nil where there is none, having moved to the character that made it fail.
    private mutating func next() -> Token.Kind? {
        let byte = bytes[position]
        if Self.isLetter(byte) { return word() }
        if Self.isDigit(byte) || byte == UInt8(ascii: ".") && Self.isDigit(at(1)) { return number() }
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "'"): return quoted(raw: false) ? .string : nil
        case UInt8(ascii: "`"): return escapedIdentifier()
        default: return symbol(byte)
        }
    }

    static func isLetter(_ byte: UInt8) -> Bool {
        byte | 0x20 >= UInt8(ascii: "a") && byte | 0x20 <= UInt8(ascii: "z") || byte == UInt8(ascii: "_")
    }

    static func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }

    static func isHexDigit(_ byte: UInt8) -> Bool {
        isDigit(byte) || byte | 0x20 >= UInt8(ascii: "a") && byte | 0x20 <= UInt8(ascii: "f")
    }
}

// MARK: symbols and words

extension Lexer {
    private mutating func symbol(_ byte: UInt8) -> Token.Kind? {
        switch byte {
        case UInt8(ascii: "="): return pair(UInt8(ascii: "="), .equals)
        case UInt8(ascii: "&"): return pair(UInt8(ascii: "&"), .logicalAnd)
        case UInt8(ascii: "|"): return pair(UInt8(ascii: "|"), .logicalOr)
        case UInt8(ascii: "!"): return either(.exclamation, orWithEquals: .notEquals)
        case UInt8(ascii: "<"): return either(.less, orWithEquals: .lessEquals)
        case UInt8(ascii: ">"): return either(.greater, orWithEquals: .greaterEquals)
        default: break
        }
        guard let kind = Self.singles[Int(byte)] else { return nil }
        position += 1
        return kind
    }

    private static let singles: [Token.Kind?] = {
        var table = [Token.Kind?](repeating: nil, count: 256)
        let kinds: [(Character, Token.Kind)] = [
            ("[", .leftBracket), ("]", .rightBracket), ("{", .leftBrace), ("}", .rightBrace),
            ("(", .leftParenthesis), (")", .rightParenthesis), (".", .dot), (",", .comma), ("-", .minus),
            ("?", .question), (":", .colon), ("+", .plus), ("*", .star), ("/", .slash), ("%", .percent),
        ]
        for (character, kind) in kinds { table[Int(character.asciiValue ?? 0)] = kind }
        return table
    }()

    private mutating func pair(_ second: UInt8, _ kind: Token.Kind) -> Token.Kind? {
        position += 1
        guard position < bytes.count, bytes[position] == second else { return nil }
        position += 1
        return kind
    }

    private mutating func either(_ kind: Token.Kind, orWithEquals longer: Token.Kind) -> Token.Kind {
        position += 1
        guard at(0) == UInt8(ascii: "="), position < bytes.count else { return kind }
        position += 1
        return longer
    }

    /// An identifier, a keyword, or a string with a prefix.
    private mutating func word() -> Token.Kind {
        if let kind = prefixedString() { return kind }
        let start = position
        while position < bytes.count, Self.isLetter(bytes[position]) || Self.isDigit(bytes[position]) { position += 1 }
        switch bytes[start..<position] {
        case let word where word.elementsEqual("in".utf8): return .in
        case let word where word.elementsEqual("true".utf8): return .true
        case let word where word.elementsEqual("false".utf8): return .false
        case let word where word.elementsEqual("null".utf8): return .null
        default: return .identifier
        }
    }

    /// `b`, `r` or `br` before a quote; back where it was when no string follows.
    private mutating func prefixedString() -> Token.Kind? {
        let start = position
        let isBytes = at(0) | 0x20 == UInt8(ascii: "b")
        if isBytes { position += 1 }
        let isRaw = at(0) | 0x20 == UInt8(ascii: "r")
        if isRaw { position += 1 }
        let quote = at(0)
        if isBytes || isRaw, quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'"), quoted(raw: isRaw) {
            return isBytes ? .bytes : .string
        }
        position = start
        return nil
    }

    private mutating func escapedIdentifier() -> Token.Kind? {
        position += 1
        let start = position
        while position < bytes.count, Self.belongsInEscapedIdentifier(bytes[position]) { position += 1 }
        guard position > start, at(0) == UInt8(ascii: "`"), position < bytes.count else { return nil }
        position += 1
        return .escapedIdentifier
    }

    private static func belongsInEscapedIdentifier(_ byte: UInt8) -> Bool {
        isLetter(byte) || isDigit(byte) || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-")
            || byte == UInt8(ascii: "/") || byte == UInt8(ascii: " ")
    }
}

// MARK: numbers

extension Lexer {
    private mutating func number() -> Token.Kind {
        if at(0) == UInt8(ascii: "0"), at(1) == UInt8(ascii: "x"), Self.isHexDigit(at(2)) {
            position += 3
            while Self.isHexDigit(at(0)) { position += 1 }
            return unsignedMark() ? .uint : .int
        }
        skipDigits()
        var isFloat = false
        if at(0) == UInt8(ascii: "."), Self.isDigit(at(1)) {
            position += 1
            skipDigits()
            isFloat = true
        }
        if at(0) | 0x20 == UInt8(ascii: "e") {
            let signed = at(1) == UInt8(ascii: "+") || at(1) == UInt8(ascii: "-")
            if Self.isDigit(at(signed ? 2 : 1)) {
                position += signed ? 2 : 1
                skipDigits()
                return .float
            }
        }
        if isFloat { return .float }
        return unsignedMark() ? .uint : .int
    }

    private mutating func skipDigits() {
        while Self.isDigit(at(0)) { position += 1 }
    }

    private mutating func unsignedMark() -> Bool {
        guard at(0) | 0x20 == UInt8(ascii: "u") else { return false }
        position += 1
        return true
    }
}

// MARK: strings

extension Lexer {
    /// A string from its opening quote. When it does not end, `position` is where that became certain.
    private mutating func quoted(raw: Bool) -> Bool {
        let quote = at(0)
        if at(1) == quote, at(2) == quote, position + 2 < bytes.count {
            if let end = tripleQuotedEnd(quote, raw: raw) {
                position = end
            } else {
                position += 2
            }
            return true
        }
        position += 1
        while position < bytes.count {
            let byte = bytes[position]
            if byte == quote {
                position += 1
                return true
            }
            if byte == 0x0A || byte == 0x0D { return false }
            if byte == UInt8(ascii: "\\"), !raw {
                guard escape() else { return false }
            } else {
                position += 1
            }
        }
        return false
    }

    /// Where a triple-quoted string ends; nil when it does not, and then its first two quotes are an empty string.
    private func tripleQuotedEnd(_ quote: UInt8, raw: Bool) -> Int? {
        var ahead = self
        ahead.position += 3
        while ahead.position < bytes.count {
            if ahead.at(0) == quote, ahead.at(1) == quote, ahead.at(2) == quote { return ahead.position + 3 }
            if ahead.at(0) == UInt8(ascii: "\\"), !raw {
                guard ahead.escape() else { return nil }
            } else {
                ahead.position += 1
            }
        }
        return nil
    }

    /// One escape sequence from its backslash. When it is none, `position` is at the character that shows it.
    private mutating func escape() -> Bool {
        position += 1
        guard position < bytes.count else { return false }
        let kind = bytes[position]
        switch kind {
        case UInt8(ascii: "x"), UInt8(ascii: "X"): return digits(2, Self.isHexDigit)
        case UInt8(ascii: "u"): return digits(4, Self.isHexDigit)
        case UInt8(ascii: "U"): return digits(8, Self.isHexDigit)
        case UInt8(ascii: "0")...UInt8(ascii: "3"):
            return digits(2) { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "7") }
        default:
            guard "abfnrtv\"'\\?`".utf8.contains(kind) else { return false }
            position += 1
            return true
        }
    }

    private mutating func digits(_ count: Int, _ isDigit: (UInt8) -> Bool) -> Bool {
        position += 1
        for _ in 0..<count {
            guard position < bytes.count, isDigit(bytes[position]) else { return false }
            position += 1
        }
        return true
    }
}
