/// Classes in brackets, and the escapes that name classes.
extension Parser {
    /// `[…]`, from the bracket.
    mutating func parseSet() throws(LinearRegexError) {
        let start = position
        position += 1
        var isNegative = false
        if peek() == UInt8(ascii: "^") {
            isNegative = true
            position += 1
        }
        var set = CodePointSet()
        var isFirst = true  // A closing bracket in first place is a member.
        while isFirst || peek() != UInt8(ascii: "]") {
            isFirst = false
            if let named = try parseNamedMembers() {
                set.insert(named)
                rangesSeen += named.ranges.count
                if rangesSeen > limits.setRangesMax { throw failure(.tooLarge, 0..<pattern.count) }
            } else {
                try parseRange(into: &set, start: start)
            }
        }
        position += 1
        set.normalize()
        try push(set: isNegative ? set.inverted() : set)
    }

    private mutating func parseNamedMembers() throws(LinearRegexError) -> CodePointSet? {
        if let named = try parseNamedSet() { return named }
        return try parseClassEscape()
    }

    /// One member, or `low-high`; a hyphen before the closing bracket is a member.
    private mutating func parseRange(into set: inout CodePointSet, start: Int) throws(LinearRegexError) {
        let rangeStart = position
        let low = try parseMember(start: start)
        var high = low
        if peek() == UInt8(ascii: "-"), let next = peek(1), next != UInt8(ascii: "]") {
            position += 1
            high = try parseMember(start: start)
            if high < low { throw failure(.invalidCharacterRange, rangeStart..<position) }
        }
        guard flags.contains(.foldCase) else { return set.insert(low, high) }
        let before = set.ranges.count
        set.insertFolded(low, high)
        rangesSeen += set.ranges.count - before
        if rangesSeen > limits.setRangesMax { throw failure(.tooLarge, 0..<pattern.count) }
    }

    private mutating func parseMember(start: Int) throws(LinearRegexError) -> Int32 {
        guard let byte = peek() else { throw failure(.missingBracket, start..<pattern.count) }
        return byte == UInt8(ascii: "\\") ? try parseEscape() : try nextCodePoint()
    }

    /// `[:alpha:]` and its like; nil when it is not closed, for then the bracket is a member.
    private mutating func parseNamedSet() throws(LinearRegexError) -> CodePointSet? {
        guard mayHaveNamedSet, looking(at: "[:"), pattern.count - position > 2 else { return nil }
        let start = position
        var end = start + 2
        while end + 1 < pattern.count, pattern[end] != UInt8(ascii: ":") || pattern[end + 1] != UInt8(ascii: "]") {
            end += 1
        }
        guard end + 1 < pattern.count else {
            // Nor will a later one be closed: without this, many of them would take quadratic time.
            mayHaveNamedSet = false
            return nil
        }
        var name = pattern[start + 2..<end]
        let isNegative = name.first == UInt8(ascii: "^")
        if isNegative { name = name.dropFirst() }
        guard let set = Self.posixClass(name) else { throw failure(.invalidCharacterRange, start..<end + 2) }
        position = end + 2
        return classInThisCase(set, isNegative: isNegative)
    }

    /// `\d`, `\pL`, `\p{Greek}` and their like; nil for other escapes.
    mutating func parseClassEscape() throws(LinearRegexError) -> CodePointSet? {
        guard peek() == UInt8(ascii: "\\"), let letter = peek(1) else { return nil }
        if letter == UInt8(ascii: "p") || letter == UInt8(ascii: "P") { return try parseUnicodeClass() }
        guard let set = Self.perlClass(letter | 0x20) else { return nil }
        position += 2
        return classInThisCase(set, isNegative: letter & 0x20 == 0)
    }

    private func classInThisCase(_ set: CodePointSet, isNegative: Bool) -> CodePointSet {
        let whole = flags.contains(.foldCase) ? set.folded() : set
        return isNegative ? whole.inverted() : whole
    }

    private mutating func parseUnicodeClass() throws(LinearRegexError) -> CodePointSet {
        let start = position
        var isNegative = pattern[start + 1] == UInt8(ascii: "P")
        position += 2
        var name = position..<position
        guard position < pattern.count else { throw failure(.invalidCharacterRange, start..<position) }
        if try nextCodePoint() == Int32(UInt8(ascii: "{")) {
            guard let end = pattern[position...].firstIndex(of: UInt8(ascii: "}")) else {
                try checkUTF8(start..<pattern.count)
                throw failure(.invalidCharacterRange, start..<pattern.count)
            }
            name = position..<end
            position = end + 1
            try checkUTF8(name)
        } else {
            name = name.lowerBound..<position
        }
        if !name.isEmpty, pattern[name.lowerBound] == UInt8(ascii: "^") {
            isNegative.toggle()
            name = name.lowerBound + 1..<name.upperBound
        }
        guard let set = UnicodeClass.named(pattern[name]) else {
            throw failure(.invalidCharacterRange, start..<position)
        }
        return classInThisCase(set, isNegative: isNegative)
    }

    private static func perlClass(_ letter: UInt8) -> CodePointSet? {
        switch letter {
        case UInt8(ascii: "d"): members("09")
        case UInt8(ascii: "s"): members("\t\n\u{0C}\r  ")
        case UInt8(ascii: "w"): members("09AZ__az")
        default: nil
        }
    }

    private static func posixClass(_ name: ArraySlice<UInt8>) -> CodePointSet? {
        switch String(decoding: name, as: UTF8.self) {
        case "alnum": members("09AZaz")
        case "alpha": members("AZaz")
        case "ascii": members("\0\u{7F}")
        case "blank": members("\t\t  ")
        case "cntrl": members("\0\u{1F}\u{7F}\u{7F}")
        case "digit": members("09")
        case "graph": members("!~")
        case "lower": members("az")
        case "print": members(" ~")
        case "punct": members("!/:@[`{~")
        case "space": members("\t\r  ")
        case "upper": members("AZ")
        case "word": members("09AZ__az")
        case "xdigit": members("09AFaf")
        default: nil
        }
    }

    /// The set of ranges that pairs of characters stand for.
    private static func members(_ pairs: String) -> CodePointSet {
        let points = pairs.unicodeScalars.map { Int32($0.value) }
        return CodePointSet(
            stride(from: 0, to: points.count - 1, by: 2).map { .init(low: points[$0], high: points[$0 + 1]) })
    }
}
