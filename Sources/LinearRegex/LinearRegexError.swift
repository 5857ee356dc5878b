/// Why a pattern was refused: a reason, and the part of the pattern that it is about.
///
/// The sentence is Go's, word for word, because people meet it in CEL's messages.
public struct LinearRegexError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The closed list of things that can be wrong with a pattern.
    public enum Reason: UInt8, Sendable {
        /// A class is not well formed.
        case invalidCharacterClass
        /// A range runs backwards, or nothing has the name of the class.
        case invalidCharacterRange
        /// A backslash is followed by something that means nothing.
        case invalidEscape
        /// The name of a group is not made of letters, digits and underscores, or is not closed.
        case invalidNamedCapture
        /// `(?` is followed by something that is not a flag or a group.
        case invalidPerlOperator
        /// Two repetition operators in a row.
        case invalidRepeatOperator
        /// A count over 1000, counts nested to over 1000, or a least count over the greatest.
        case invalidRepeatSize
        /// The pattern is not UTF-8.
        case invalidUTF8
        /// A class is not closed.
        case missingBracket
        /// A group is not closed.
        case missingParenthesis
        /// Nothing stands before a repetition operator.
        case missingRepeatArgument
        /// The pattern ends in a backslash.
        case trailingBackslash
        /// A parenthesis closes nothing.
        case unexpectedParenthesis
        /// More than 1000 levels.
        case nestingDepth
        /// The compiled program would pass `LinearRegex.Limits`.
        case tooLarge
    }

    /// What was wrong.
    public let reason: Reason
    /// The bytes of the pattern that it is about.
    public let expression: [UInt8]

    /// Go's sentence for it.
    public var description: String {
        "error parsing regexp: " + reason.words + ": `" + String(decoding: expression, as: UTF8.self) + "`"
    }
}

extension LinearRegexError.Reason {
    /// Go's words for the reason.
    var words: String {
        switch self {
        case .invalidCharacterClass: "invalid character class"
        case .invalidCharacterRange: "invalid character class range"
        case .invalidEscape: "invalid escape sequence"
        case .invalidNamedCapture: "invalid named capture"
        case .invalidPerlOperator: "invalid or unsupported Perl syntax"
        case .invalidRepeatOperator: "invalid nested repetition operator"
        case .invalidRepeatSize: "invalid repeat count"
        case .invalidUTF8: "invalid UTF-8"
        case .missingBracket: "missing closing ]"
        case .missingParenthesis: "missing closing )"
        case .missingRepeatArgument: "missing argument to repetition operator"
        case .trailingBackslash: "trailing backslash at end of expression"
        case .unexpectedParenthesis: "unexpected )"
        case .nestingDepth: "expression nests too deeply"
        case .tooLarge: "expression too large"
        }
    }
}

/// A match was given up because the caller's `shouldStop` said so.
public struct LinearRegexStopped: Error, Equatable, Sendable {
    /// The one value there is.
    public init() {}
}
