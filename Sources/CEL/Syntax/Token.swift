/// One word of an expression: its kind and the bytes it covers.
struct Token: Equatable, Sendable {
    /// The kinds in the order of the grammar, which is also the order in which messages list them.
    enum Kind: UInt8, CaseIterable, Sendable {
        case equals, notEquals, `in`, less, lessEquals, greaterEquals, greater, logicalAnd, logicalOr
        case leftBracket, rightBracket, leftBrace, rightBrace, leftParenthesis, rightParenthesis
        case dot, comma, minus, exclamation, question, colon, plus, star, slash, percent
        case `true`, `false`, null
        case float, int, uint, string, bytes, identifier, escapedIdentifier
        case end
        /// What stands for an expression or a name that could not be read; no lexer makes it.
        case missing

        /// How messages name the kind.
        var display: String { Self.displays[Int(rawValue)] }

        private static let displays = [
            "'=='", "'!='", "'in'", "'<'", "'<='", "'>='", "'>'", "'&&'", "'||'",
            "'['", "']'", "'{'", "'}'", "'('", "')'",
            "'.'", "','", "'-'", "'!'", "'?'", "':'", "'+'", "'*'", "'/'", "'%'",
            "'true'", "'false'", "'null'",
            "NUM_FLOAT", "NUM_INT", "NUM_UINT", "STRING", "BYTES", "IDENTIFIER", "ESC_IDENTIFIER",
            "<EOF>", "<missing>",
        ]
    }

    let kind: Kind
    let start: Int
    let end: Int
}
