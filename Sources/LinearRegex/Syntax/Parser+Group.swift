/// Parentheses and flags.
extension Parser {
    /// `(`, `(?:`, `(?flags)`, `(?flags:`, `(?P<name>` or `(?<name>`.
    mutating func openGroup() throws(LinearRegexError) {
        if looking(at: "(?") { return try openPerlGroup() }
        position += 1
        try openCapture(name: nil)
    }

    private mutating func openCapture(name: String?) throws(LinearRegexError) {
        tree.captureNames.append(name)
        var node = Node(.leftParenthesis, flags)
        node.capture = tree.captureNames.count
        try push(node)
    }

    private mutating func openPerlGroup() throws(LinearRegexError) {
        let left = pattern.count - position
        if left > 4, looking(at: "(?P<") { return try openNamedCapture(nameAt: position + 4) }
        if left > 3, looking(at: "(?<") { return try openNamedCapture(nameAt: position + 3) }
        try parseFlags()
    }

    private mutating func openNamedCapture(nameAt: Int) throws(LinearRegexError) {
        let start = position
        guard let end = pattern[start...].firstIndex(of: UInt8(ascii: ">")) else {
            try checkUTF8(start..<pattern.count)
            throw failure(.invalidNamedCapture, start..<pattern.count)
        }
        // `(?P>` closes before any name could begin.
        let name = min(nameAt, end)..<end
        try checkUTF8(name)
        let isWord = pattern[name].allSatisfy { WordByte.contains($0) }
        guard !name.isEmpty, isWord else { throw failure(.invalidNamedCapture, start..<end + 1) }
        position = end + 1
        try openCapture(name: String(decoding: pattern[name], as: UTF8.self))
    }

    /// `(?flags)` and `(?flags:`; a minus sign once, and then at least one flag.
    private mutating func parseFlags() throws(LinearRegexError) {
        let start = position
        position += 2
        var changed = flags
        var isNegative = false
        var sawFlag = false
        while position < pattern.count {
            let symbol = try nextCodePoint()
            if let flag = Self.flag(symbol) {
                if isNegative { changed.remove(flag) } else { changed.insert(flag) }
                sawFlag = true
            } else if symbol == Int32(UInt8(ascii: "-")), !isNegative {
                isNegative = true
                sawFlag = false
            } else {
                let isGroup = symbol == Int32(UInt8(ascii: ":"))
                guard isGroup || symbol == Int32(UInt8(ascii: ")")), sawFlag || !isNegative else { break }
                // The marker keeps the flags from before, to restore them when the group is closed.
                if isGroup { try push(Node(.leftParenthesis, flags)) }
                flags = changed
                return
            }
        }
        throw failure(.invalidPerlOperator, start..<position)
    }

    private static func flag(_ symbol: Int32) -> Node.Flags? {
        switch symbol {
        case Int32(UInt8(ascii: "i")): .foldCase
        case Int32(UInt8(ascii: "m")): .multiLine
        case Int32(UInt8(ascii: "s")): .dotNewline
        case Int32(UInt8(ascii: "U")): .nonGreedy
        default: nil
        }
    }

    mutating func closeGroup() throws(LinearRegexError) {
        try closeAlternation()
        guard stack.count >= 2, tree.nodes[stack[stack.count - 2]].kind == .leftParenthesis else {
            throw failure(.unexpectedParenthesis, 0..<pattern.count)
        }
        position += 1
        let inner = stack.removeLast()
        let marker = stack.removeLast()
        flags = tree.nodes[marker].flags
        if tree.nodes[marker].capture == 0 { return try push(inner) }
        var node = Node(.capture, flags)
        node.capture = tree.nodes[marker].capture
        node.children = [inner]
        try push(node)
    }
}

/// The bytes of `\w`, which are also what `\b` looks at: ASCII only, in Go as in RE2.
enum WordByte {
    @inline(__always)
    static func contains(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}
