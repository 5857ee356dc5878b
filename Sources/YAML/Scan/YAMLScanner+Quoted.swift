// Single- and double-quoted scalars.

extension YAMLScanner {
    mutating func fetchQuoted(_ style: YAMLScalarStyle) throws(YAMLError) {
        try saveSimpleKey()
        simpleKeyAllowed = false
        let start = position
        position += 1
        let quote: UInt8 = style == .single ? 0x27 : 0x22
        var pending = YAMLPending(position)
        while true {
            if isDocumentMarker() { throw fail(.documentMarkerInScalar, at: position) }
            if position >= end { throw fail(.unterminatedScalar, at: start) }
            let escapedBreak = try scanQuotedRun(quote, &pending)
            if source[position] == quote && !escapedBreak { break }
            try scanQuotedSpace(escapedBreak: escapedBreak, &pending)
        }
        position += 1
        lastIsJSONLike = true
        var token = YAMLToken(.scalar, start, position)
        token.style = style
        token.text = slice(pending)
        tokens.append(token)
    }

    /// Text up to white space or the closing quote; true if it ended with an escaped line break.
    private mutating func scanQuotedRun(_ quote: UInt8, _ pending: inout YAMLPending) throws(YAMLError) -> Bool {
        while true {
            let runStart = position
            while !isSpaceOrEnd(position) && source[position] != quote
                && (source[position] != 0x5C || quote == 0x27)
            {
                position += 1
            }
            if position > runStart { add(runStart, position, to: &pending) }
            if isSpaceOrEnd(position) { return false }
            if source[position] == 0x27 && quote == 0x27 {
                guard source[position + 1] == 0x27 else { return false }
                materialize(&pending)
                scratch.append(0x27)
                position += 2
            } else if source[position] == 0x5C {
                materialize(&pending)
                if breakLength(position + 1) > 0 {
                    position += 1
                    skipBreak()
                    return true
                }
                try scanEscape()
            } else {
                return false
            }
        }
    }

    /// Blanks inside a line are text; line breaks fold and take the blanks around them along.
    private mutating func scanQuotedSpace(escapedBreak: Bool, _ pending: inout YAMLPending) throws(YAMLError) {
        let start = position
        var crossedLine = escapedBreak
        breaks.removeAll(keepingCapacity: true)
        while true {
            if isBlank(position) {
                position += 1
            } else if breakLength(position) > 0 {
                readBreak()
                crossedLine = true
            } else {
                break
            }
        }
        guard crossedLine else { return add(start, position, to: &pending) }
        if isCore { try checkContinuationIndentation() }
        if escapedBreak {
            scratch.append(contentsOf: breaks)
            breaks.removeAll(keepingCapacity: true)
        } else {
            fold(into: &pending)
        }
    }

    /// Core: the lines of a quoted scalar are indented further than the block they are in, with spaces.
    private func checkContinuationIndentation() throws(YAMLError) {
        guard position < end else { return }
        var index = lineStart
        while source[index] == 0x20 { index += 1 }
        guard index - lineStart <= indent else { return }
        throw fail(index < position ? .tabIndentation : .flowIndentation, at: index)
    }

    /// One escape other than that of a line break; its text goes to scratch.
    private mutating func scanEscape() throws(YAMLError) {
        let code = source[position + 1]
        if let digits = Self.hexDigits(code) { return try scanHexEscape(digits) }
        guard let scalar = Self.escapedScalar(code, isCore: isCore) else {
            throw fail(.unknownEscape, at: position)
        }
        appendUTF8(scalar)
        position += 2
    }

    private static func hexDigits(_ code: UInt8) -> Int? {
        switch code {
        case UInt8(ascii: "x"): 2
        case UInt8(ascii: "u"): 4
        case UInt8(ascii: "U"): 8
        default: nil
        }
    }

    /// `\/` came with YAML 1.2; `\'` is only in the library that Kubernetes uses.
    private static func escapedScalar(_ code: UInt8, isCore: Bool) -> UInt32? {
        switch code {
        case UInt8(ascii: "0"): 0
        case UInt8(ascii: "a"): 7
        case UInt8(ascii: "b"): 8
        case UInt8(ascii: "t"), 0x09: 9
        case UInt8(ascii: "n"): 10
        case UInt8(ascii: "v"): 11
        case UInt8(ascii: "f"): 12
        case UInt8(ascii: "r"): 13
        case UInt8(ascii: "e"): 27
        case UInt8(ascii: " "), UInt8(ascii: "\""), UInt8(ascii: "\\"): UInt32(code)
        case UInt8(ascii: "/"): isCore ? 0x2F : nil
        case UInt8(ascii: "'"): isCore ? nil : 0x27
        case UInt8(ascii: "N"): 0x85
        case UInt8(ascii: "_"): 0xA0
        case UInt8(ascii: "L"): 0x2028
        case UInt8(ascii: "P"): 0x2029
        default: nil
        }
    }

    private mutating func scanHexEscape(_ digits: Int) throws(YAMLError) {
        var scalar: UInt64 = 0
        for step in 0..<digits {
            guard let digit = hexValue(source[position + 2 + step]) else { throw fail(.invalidHexEscape, at: position) }
            scalar = scalar << 4 | UInt64(digit)
        }
        guard scalar <= 0x10FFFF, !(0xD800...0xDFFF).contains(scalar) else {
            throw fail(.invalidUnicodeEscape, at: position)
        }
        appendUTF8(UInt32(scalar))
        position += 2 + digits
    }

    private mutating func appendUTF8(_ scalar: UInt32) {
        guard let scalar = Unicode.Scalar(scalar) else { return }
        scratch.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
    }
}

/// The value of a hexadecimal digit.
func hexValue(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - 0x30
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - 0x57
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - 0x37
    default: nil
    }
}
