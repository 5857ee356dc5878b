/// A set of token kinds, in the order in which messages list them: the end of the text first.
struct TokenSet: OptionSet, Hashable {
    let rawValue: UInt64

    /// What follows is not known: a rule can end here.
    static let beyond = TokenSet(rawValue: 1 << 63)

    init(rawValue: UInt64) { self.rawValue = rawValue }

    init(_ kind: Token.Kind) { rawValue = 1 << (kind == .end ? 0 : UInt64(kind.rawValue) + 1) }

    init(_ kinds: [Token.Kind]) {
        self = kinds.reduce(into: []) { $0.formUnion(TokenSet($1)) }
    }

    func contains(_ kind: Token.Kind) -> Bool { isSuperset(of: TokenSet(kind)) }

    /// The kinds as a message lists them.
    var display: String {
        let names = ([Token.Kind.end] + Token.Kind.allCases.prefix { $0 != .end }).filter(contains).map(\.display)
        return names.count == 1 ? names[0] : "{" + names.joined(separator: ", ") + "}"
    }
}
