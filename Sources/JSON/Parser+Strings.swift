extension Parser {
    /// A string whose opening quote has been passed.
    @inline(__always) mutating func string() throws(JSONError) {
        let start = position
        var index = start
        while index &+ 8 <= text.count {
            let stops = StringScan.stops(text.eight(at: index))
            if stops == 0 {
                index &+= 8
                continue
            }
            index &+= stops.trailingZeroBitCount &>> 3
            if text[index] != UInt8(ascii: "\"") { break }
            words[next] = TapeWord.scalar(TapeTag.string, offset: start, length: index &- start)
            next &+= 1
            position = index &+ 1
            return
        }
        let end = StringScan.finish(text, from: index, replaces: replacesUnicode)
        if let reason = end.failure { throw JSONError(reason, at: end.index) }
        let word = TapeWord.scalar(TapeTag.string, offset: start, length: end.index &- start)
        words[next] = end.isCoded ? word | TapeWord.codedFlag : word
        next &+= 1
        position = end.index &+ 1
    }
}

/// Looks for the end of a string.
enum StringScan {
    /// Where a string ends, or what is wrong with it and where.
    struct End {
        var index: Int
        var isCoded = false
        var failure: JSONError.Reason?
    }

    /// The high bit of every byte that is not plain inside a string: quote, backslash, control or not ASCII.
    ///
    /// A borrow may mark bytes after the first marked one wrongly, so only the lowest mark counts.
    @inline(__always) static func stops(_ eight: UInt64) -> UInt64 {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let quote = (eight ^ ones &* 0x22) &- ones
        let backslash = (eight ^ ones &* 0x5C) &- ones
        let control = eight &- ones &* 0x20
        return (quote | backslash | control | eight) & 0x8080_8080_8080_8080
    }

    /// Goes on from `start`, inside a string, with escapes and characters beyond ASCII, to its closing quote.
    @inline(never) static func finish(_ text: TextBytes, from start: Int, replaces: Bool) -> End {
        var end = End(index: start)
        while true {
            skipPlain(text, &end.index)
            guard end.index < text.count else { return failed(end, .unexpectedEnd) }
            let byte = text[end.index]
            if byte == UInt8(ascii: "\"") { return end }
            if byte == UInt8(ascii: "\\") {
                end.isCoded = true
                if let reason = skipEscape(text, &end.index, replaces: replaces) { return failed(end, reason) }
            } else if byte < 0x20 {
                return failed(end, .controlCharacter)
            } else {
                skipCharacters(text, &end, replaces: replaces)
                if end.failure != nil { return end }
            }
        }
    }

    private static func failed(_ end: End, _ reason: JSONError.Reason) -> End {
        End(index: end.index, isCoded: end.isCoded, failure: reason)
    }

    @inline(__always) private static func skipPlain(_ text: TextBytes, _ index: inout Int) {
        while index &+ 8 <= text.count {
            let stops = stops(text.eight(at: index))
            if stops != 0 {
                index &+= stops.trailingZeroBitCount &>> 3
                return
            }
            index &+= 8
        }
        while index < text.count {
            let byte = text[index]
            if byte < 0x20 || byte >= 0x80 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { return }
            index &+= 1
        }
    }

    /// Passes characters beyond ASCII, as many as come.
    @inline(__always) private static func skipCharacters(_ text: TextBytes, _ end: inout End, replaces: Bool) {
        while end.index < text.count, text[end.index] >= 0x80 {
            let length = UTF8Scan.length(text, at: end.index)
            if length == 0 {
                guard replaces else {
                    end.failure = .invalidUTF8
                    return
                }
                end.isCoded = true
                end.index &+= 1
            } else {
                end.index &+= length
            }
        }
    }

    /// Passes an escape, or says what is wrong with it.
    @inline(__always)
    private static func skipEscape(_ text: TextBytes, _ index: inout Int, replaces: Bool) -> JSONError.Reason? {
        guard index &+ 1 < text.count else {
            index = text.count
            return .unexpectedEnd
        }
        let kind = text[index &+ 1]
        if kind != UInt8(ascii: "u") {
            if StringPieces.simple(kind) == 0 { return .invalidEscape }
            index &+= 2
            return nil
        }
        return skipUnicodeEscape(text, &index, replaces: replaces)
    }

    private static func skipUnicodeEscape(
        _ text: TextBytes, _ index: inout Int, replaces: Bool
    ) -> JSONError.Reason? {
        guard let first = StringPieces.hexadecimal(text, at: index + 2) else { return .invalidEscape }
        if first & 0xF800 != 0xD800 {
            index += 6
            return nil
        }
        if first < 0xDC00, let second = StringPieces.escapedUnit(text, at: index + 6), second & 0xFC00 == 0xDC00 {
            index += 12
            return nil
        }
        guard replaces else { return .loneSurrogate }
        index += 6
        return nil
    }
}
