// Tags and directives.

extension YAMLScanner {
    mutating func fetchTag() throws(YAMLError) {
        try saveSimpleKey()
        simpleKeyAllowed = false
        let start = position
        var token = YAMLToken(.tag, start, start)
        if source[position + 1] == UInt8(ascii: "<") {
            position += 2
            token.suffix = try scanTagText(isDirective: true, at: start)
            guard source[position] == UInt8(ascii: ">"), !token.suffix.isEmpty else {
                throw fail(.tagSyntax, at: start)
            }
            position += 1
        } else {
            try scanShorthand(into: &token)
        }
        // A core tag may touch the `,` or bracket that ends an empty node.
        guard isSpaceOrEnd(position) || (isCore && flowLevel > 0 && isFlowIndicator(position)) else {
            throw fail(.tagSyntax, at: start)
        }
        token.end = Int32(truncatingIfNeeded: position)
        tokens.append(token)
    }

    /// `!`, `!suffix`, `!!suffix` or `!handle!suffix`.
    private mutating func scanShorthand(into token: inout YAMLToken) throws(YAMLError) {
        let start = position
        position += 1
        while isWord(position) { position += 1 }
        if source[position] == UInt8(ascii: "!") && (position > start + 1 || source[start + 1] == UInt8(ascii: "!")) {
            position += 1
            token.text = YAMLSlice(start, position)
            token.suffix = try scanTagText(isDirective: false, at: start)
            if token.suffix.isEmpty { throw fail(.tagSyntax, at: start) }
            return
        }
        position = start + 1
        token.text = YAMLSlice(start, start + 1)
        token.suffix = try scanTagText(isDirective: false, at: start)
        // The tag `!` alone is a tag without a handle.
        if token.suffix.isEmpty { swap(&token.text, &token.suffix) }
    }

    /// The characters of a URI, with `%` escapes decoded; a core shorthand stops at flow indicators and `!`.
    private mutating func scanTagText(isDirective: Bool, at start: Int) throws(YAMLError) -> YAMLSlice {
        var pending = YAMLPending(position)
        while classes[Int(source[position])] & YAMLCharacters.tag != 0 {
            if isCore && !isDirective && (isFlowIndicator(position) || source[position] == UInt8(ascii: "!")) { break }
            if source[position] == UInt8(ascii: "%") {
                materialize(&pending)
                try scanURIEscape(at: start)
            } else {
                add(position, position + 1, to: &pending)
                position += 1
            }
        }
        return slice(pending)
    }

    /// The escapes of one character's bytes, which must be UTF-8.
    private mutating func scanURIEscape(at start: Int) throws(YAMLError) {
        var bytes: [UInt8] = []
        var width = 1
        while bytes.count < width {
            guard source[position] == UInt8(ascii: "%"), let high = hexValue(source[position + 1]),
                let low = hexValue(source[position + 2])
            else { throw fail(.tagSyntax, at: start) }
            let byte = high << 4 | low
            if bytes.isEmpty { width = byte < 0x80 ? 1 : byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : 2 }
            bytes.append(byte)
            position += 3
        }
        guard String(validating: bytes, as: UTF8.self) != nil else { throw fail(.tagSyntax, at: start) }
        scratch.append(contentsOf: bytes)
    }
}

// MARK: Directives

extension YAMLScanner {
    mutating func fetchDirective() throws(YAMLError) {
        unrollIndent(-1)
        try removeSimpleKey()
        simpleKeyAllowed = false
        let start = position
        position += 1
        let nameStart = position
        while isCore ? !isSpaceOrEnd(position) : isWord(position) { position += 1 }
        guard position > nameStart, isSpaceOrEnd(position) else { throw fail(.directiveSyntax, at: start) }
        var token = YAMLToken(.reservedDirective, start, position)
        if source[nameStart..<position].elementsEqual("YAML".utf8) {
            token.kind = .versionDirective
            try scanVersion(into: &token)
        } else if source[nameStart..<position].elementsEqual("TAG".utf8) {
            token.kind = .tagDirective
            try scanTagDirective(into: &token)
        } else {
            // YAML 1.2 has directives it does not know ignored.
            guard isCore else { throw fail(.unknownDirective, at: start) }
            skipToLineEnd()
        }
        try finishDirective(start)
        token.end = Int32(truncatingIfNeeded: position)
        tokens.append(token)
    }

    private mutating func finishDirective(_ start: Int) throws(YAMLError) {
        let contentEnd = position
        skipBlanks()
        if source[position] == UInt8(ascii: "#") && (!isCore || position > contentEnd) { skipToLineEnd() }
        guard isBreakOrEnd(position) else { throw fail(.directiveSyntax, at: start) }
        skipBreak()
    }

    /// `major.minor`: the text is the major number, the suffix the minor one.
    private mutating func scanVersion(into token: inout YAMLToken) throws(YAMLError) {
        skipBlanks()
        token.text = try scanVersionNumber(Int(token.start))
        guard source[position] == UInt8(ascii: ".") else { throw fail(.directiveSyntax, at: Int(token.start)) }
        position += 1
        token.suffix = try scanVersionNumber(Int(token.start))
    }

    private mutating func scanVersionNumber(_ start: Int) throws(YAMLError) -> YAMLSlice {
        let first = position
        while (0x30...0x39).contains(source[position]) { position += 1 }
        guard (1...2).contains(position - first) else { throw fail(.directiveSyntax, at: start) }
        return YAMLSlice(first, position)
    }

    private mutating func scanTagDirective(into token: inout YAMLToken) throws(YAMLError) {
        let start = Int(token.start)
        skipBlanks()
        let handle = position
        guard source[position] == UInt8(ascii: "!") else { throw fail(.directiveSyntax, at: start) }
        position += 1
        while isWord(position) { position += 1 }
        if source[position] == UInt8(ascii: "!") {
            position += 1
        } else if position > handle + 1 {
            throw fail(.directiveSyntax, at: start)
        }
        token.text = YAMLSlice(handle, position)
        guard isBlank(position) else { throw fail(.directiveSyntax, at: start) }
        skipBlanks()
        token.suffix = try scanTagText(isDirective: true, at: start)
        guard !token.suffix.isEmpty, isSpaceOrEnd(position) else { throw fail(.directiveSyntax, at: start) }
    }
}
