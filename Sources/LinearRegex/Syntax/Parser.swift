/// Reads a pattern as Go's `regexp/syntax` reads it with its Perl flags: the same language, the same refusals, the same
/// words.
///
/// It keeps a stack of operands and markers rather than recursing, so that hostile nesting costs memory in proportion to
/// the pattern and nothing else.
struct Parser {
    /// The greatest height of a tree, as in Go.
    static let heightMax = 1000
    /// The greatest number of instructions by Go's count.
    static let sizeMax = (128 << 20) / 40

    let pattern: [UInt8]
    let limits: LinearRegex.Limits
    /// Where the next byte is read.
    var position = 0
    var flags: Node.Flags = []
    var tree = SyntaxTree()
    var stack: [Int] = []
    /// False once it is known that no `:]` follows.
    var mayHaveNamedSet = true
    /// Ranges in all sets so far, counted against `limits`.
    var rangesSeen = 0

    private init(_ pattern: [UInt8], _ limits: LinearRegex.Limits) {
        self.pattern = pattern
        self.limits = limits
    }

    /// The tree of a pattern.
    static func parse(_ pattern: [UInt8], limits: LinearRegex.Limits) throws(LinearRegexError) -> SyntaxTree {
        var parser = Parser(pattern, limits)
        if pattern.count > limits.patternBytesMax { throw parser.failure(.tooLarge, 0..<0) }
        return try parser.parse()
    }

    func failure(_ reason: LinearRegexError.Reason, _ range: Range<Int>) -> LinearRegexError {
        LinearRegexError(reason: reason, expression: Array(pattern[range]))
    }

    /// The byte `ahead` of the next one, or nil past the end.
    func peek(_ ahead: Int = 0) -> UInt8? {
        position + ahead < pattern.count ? pattern[position + ahead] : nil
    }

    func looking(at text: StaticString) -> Bool {
        guard pattern.count - position >= text.utf8CodeUnitCount else { return false }
        return text.withUTF8Buffer { unsafe zip($0, pattern[position...]).allSatisfy { $0 == $1 } }
    }

    mutating func nextCodePoint() throws(LinearRegexError) -> Int32 {
        guard let (point, width) = UTF8Decoder.decode(pattern, at: position, end: pattern.count) else {
            throw failure(.invalidUTF8, position..<pattern.count)
        }
        position += width
        return point
    }

    /// Throws unless a part of the pattern is UTF-8.
    func checkUTF8(_ range: Range<Int>) throws(LinearRegexError) {
        var at = range.lowerBound
        while at < range.upperBound {
            guard let (_, width) = UTF8Decoder.decode(pattern, at: at, end: range.upperBound) else {
                throw failure(.invalidUTF8, at..<range.upperBound)
            }
            at += width
        }
    }

    private mutating func parse() throws(LinearRegexError) -> SyntaxTree {
        var lastRepeat: Int?
        while position < pattern.count {
            let start = position
            let isRepeat = try parseOne(after: lastRepeat)
            lastRepeat = isRepeat ? start : nil
        }
        try closeAlternation()
        guard stack.count == 1 else { throw failure(.missingParenthesis, 0..<pattern.count) }
        tree.root = stack[0]
        return tree
    }

    /// Reads one operand, operator or parenthesis; true when it was a repetition.
    private mutating func parseOne(after lastRepeat: Int?) throws(LinearRegexError) -> Bool {
        switch pattern[position] {
        case UInt8(ascii: "("): try openGroup()
        case UInt8(ascii: ")"): try closeGroup()
        case UInt8(ascii: "|"): try verticalBar()
        case UInt8(ascii: "^"): try symbol(flags.contains(.multiLine) ? .beginLine : .beginText)
        case UInt8(ascii: "$"): try symbol(flags.contains(.multiLine) ? .endLine : .endText)
        case UInt8(ascii: "."):
            position += 1
            try push(set: flags.contains(.dotNewline) ? .everything : .notNewline)
        case UInt8(ascii: "["): try parseSet()
        case UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "?"):
            try parseOperator(after: lastRepeat)
            return true
        case UInt8(ascii: "{"): return try parseCounts(after: lastRepeat)
        case UInt8(ascii: "\\"): try parseBackslash()
        default: try push(literal: try nextCodePoint())
        }
        return false
    }

    private mutating func symbol(_ kind: Node.Kind) throws(LinearRegexError) {
        position += 1
        try push(Node(kind, flags))
    }

    private mutating func parseBackslash() throws(LinearRegexError) {
        let start = position
        let assertion: Node.Kind? =
            switch peek(1) {
            case UInt8(ascii: "A"): .beginText
            case UInt8(ascii: "z"): .endText
            case UInt8(ascii: "b"): .wordBoundary
            case UInt8(ascii: "B"): .notWordBoundary
            default: nil
            }
        if let assertion {
            position += 2
            return try push(Node(assertion, flags))
        }
        // Any byte: it would tear code points, so Go refuses it.
        if peek(1) == UInt8(ascii: "C") { throw failure(.invalidEscape, start..<start + 2) }
        if peek(1) == UInt8(ascii: "Q") { return try parseQuotation() }
        if let set = try parseClassEscape() { return try push(set: set) }
        try push(literal: try parseEscape())
    }

    /// `\Q…\E`, or to the end of the pattern: every code point for itself.
    private mutating func parseQuotation() throws(LinearRegexError) {
        position += 2
        while position < pattern.count {
            if looking(at: "\\E") {
                position += 2
                return
            }
            try push(literal: try nextCodePoint())
        }
    }
}
