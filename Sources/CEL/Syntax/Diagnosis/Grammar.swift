/// The grammar of the language, as data.
///
/// Every rule, alternative and repetition stands as it does in the reference grammar, because messages depend on where
/// its decisions are and on which of them look one token ahead only.
enum Grammar {
    enum Rule: Int, CaseIterable {
        case start, expr, conditionalOr, conditionalAnd, relation, calc, unary, member, primary
        case exprList, listInit, fieldInitializerList, optField, mapInitializerList, escapeIdent, optExpr, literal
    }

    indirect enum Part {
        case token(Token.Kind)
        case anyOf([Token.Kind])
        case rule(Rule, precedence: Int)
        /// Goes on only in a call of the rule that asks for this precedence or a lower one.
        case precedence(Int)
        case optional([Part])
        case repeated([[Part]], Lookahead)
        case oneOrMore([Part], Lookahead)
        case choice([[Part]], Lookahead)
    }

    /// How a decision is made.
    enum Lookahead {
        case oneToken
        /// As many tokens as it takes.
        case adaptive
    }

    static func parts(of rule: Rule) -> [Part] {
        switch rule {
        case .start: [call(.expr), .token(.end)]
        case .expr:
            [call(.conditionalOr), .optional([.token(.question), call(.conditionalOr), .token(.colon), call(.expr)])]
        case .conditionalOr: list(of: call(.conditionalAnd), by: .logicalOr)
        case .conditionalAnd: list(of: call(.relation), by: .logicalAnd)
        case .relation: relation
        case .calc: calc
        case .unary: unary
        case .member: member
        case .primary: primary
        case .exprList: list(of: call(.expr), by: .comma)
        case .listInit: [call(.optExpr), .repeated([[.token(.comma), call(.optExpr)]], .adaptive)]
        case .fieldInitializerList: entries(call(.optField))
        case .optField: [.optional([.token(.question)]), call(.escapeIdent)]
        case .mapInitializerList: entries(call(.optExpr))
        case .escapeIdent: [.choice([[.token(.identifier)], [.token(.escapedIdentifier)]], .oneToken)]
        case .optExpr: [.optional([.token(.question)]), call(.expr)]
        case .literal: literal
        }
    }

    /// Rules that call themselves on the left; they are read as a loop whose turns depend on precedence.
    static func isLeftRecursive(_ rule: Rule) -> Bool { rule == .relation || rule == .calc || rule == .member }

    private static func call(_ rule: Rule) -> Part { .rule(rule, precedence: 0) }

    private static func list(of item: Part, by separator: Token.Kind) -> [Part] {
        [item, .repeated([[.token(separator), item]], .oneToken)]
    }

    private static func entries(_ label: Part) -> [Part] {
        let entry = [label, .token(.colon), call(.expr)]
        return entry + [.repeated([[.token(.comma)] + entry], .adaptive)]
    }

    private static let relation: [Part] = [
        call(.calc),
        .repeated(
            [
                [
                    .precedence(1), .anyOf([.less, .lessEquals, .greaterEquals, .greater, .equals, .notEquals, .in]),
                    .rule(.relation, precedence: 2),
                ]
            ], .adaptive),
    ]

    private static let calc: [Part] = [
        call(.unary),
        .repeated(
            [
                [.precedence(2), .anyOf([.star, .slash, .percent]), .rule(.calc, precedence: 3)],
                [.precedence(1), .anyOf([.plus, .minus]), .rule(.calc, precedence: 2)],
            ], .adaptive),
    ]

    private static let unary: [Part] = [
        .choice(
            [
                [call(.member)],
                [.oneOrMore([.token(.exclamation)], .oneToken), call(.member)],
                [.oneOrMore([.token(.minus)], .adaptive), call(.member)],
            ], .adaptive)
    ]

    private static let arguments: [Part] = [
        .token(.leftParenthesis), .optional([call(.exprList)]), .token(.rightParenthesis),
    ]

    private static let member: [Part] = [
        call(.primary),
        .repeated(
            [
                [.precedence(3), .token(.dot), .optional([.token(.question)]), call(.escapeIdent)],
                [.precedence(2), .token(.dot), .token(.identifier)] + arguments,
                [
                    .precedence(1), .token(.leftBracket), .optional([.token(.question)]), call(.expr),
                    .token(.rightBracket),
                ],
            ], .adaptive),
    ]

    private static let primary: [Part] = [
        .choice(
            [
                [.optional([.token(.dot)]), .token(.identifier)],
                [.optional([.token(.dot)]), .token(.identifier)] + arguments,
                [.token(.leftParenthesis), call(.expr), .token(.rightParenthesis)],
                [.token(.leftBracket)] + body(.listInit, .rightBracket),
                [.token(.leftBrace)] + body(.mapInitializerList, .rightBrace),
                [
                    .optional([.token(.dot)]), .token(.identifier),
                    .repeated([[.token(.dot), .token(.identifier)]], .oneToken), .token(.leftBrace),
                ] + body(.fieldInitializerList, .rightBrace),
                [call(.literal)],
            ], .adaptive)
    ]

    private static func body(_ items: Rule, _ close: Token.Kind) -> [Part] {
        [.optional([call(items)]), .optional([.token(.comma)]), .token(close)]
    }

    private static let literal: [Part] = [
        .choice(
            [
                [.optional([.token(.minus)]), .token(.int)], [.token(.uint)],
                [.optional([.token(.minus)]), .token(.float)], [.token(.string)], [.token(.bytes)],
                [.token(.true)], [.token(.false)], [.token(.null)],
            ], .adaptive)
    ]
}
