// Finding the next token, and which kind it is.

extension YAMLScanner {
    /// Adds at least one token to the queue, or finds that the text is wrong.
    mutating func fetchNext() throws(YAMLError) {
        try skipToNextToken()
        unrollIndent(column)
        let byte = source[position]
        let wasJSONLike = lastIsJSONLike
        lastIsJSONLike = false
        if position >= end { return try fetchStreamEnd() }
        if position == lineStart {
            if byte == 0x25 && (!isCore || flowLevel == 0) { return try fetchDirective() }
            if isDocumentMarker() { return try fetchDocumentMarker() }
        }
        switch byte {
        case UInt8(ascii: "["): return try fetchFlowStart(isMapping: false)
        case UInt8(ascii: "{"): return try fetchFlowStart(isMapping: true)
        case UInt8(ascii: "]"): return try fetchFlowEnd(.flowSequenceEnd)
        case UInt8(ascii: "}"): return try fetchFlowEnd(.flowMappingEnd)
        case UInt8(ascii: ","): return try fetchFlowEntry()
        case UInt8(ascii: "-") where isSpaceOrEnd(position + 1): return try fetchBlockEntry()
        case UInt8(ascii: "?") where isKeyIndicator(): return try fetchKey()
        case UInt8(ascii: ":") where isValueIndicator(afterJSON: wasJSONLike): return try fetchValue()
        case UInt8(ascii: "*"): return try fetchAnchor(.alias)
        case UInt8(ascii: "&"): return try fetchAnchor(.anchor)
        case UInt8(ascii: "!"): return try fetchTag()
        case UInt8(ascii: "|") where flowLevel == 0: return try fetchBlockScalar(.literal)
        case UInt8(ascii: ">") where flowLevel == 0: return try fetchBlockScalar(.folded)
        case UInt8(ascii: "'"): return try fetchQuoted(.single)
        case UInt8(ascii: "\""): return try fetchQuoted(.double)
        default:
            guard startsPlain(byte) else { throw fail(.unexpectedCharacter, at: position) }
            return try fetchPlain()
        }
    }

    /// In a flow collection Kubernetes' grammar takes any `?` for an indicator; the core one wants a space after it.
    @inline(__always) private func isKeyIndicator() -> Bool {
        if isSpaceOrEnd(position + 1) { return true }
        return flowLevel > 0 && (!isCore || isFlowIndicator(position + 1))
    }

    @inline(__always) private func isValueIndicator(afterJSON: Bool) -> Bool {
        if isSpaceOrEnd(position + 1) { return true }
        guard flowLevel > 0 else { return false }
        return !isCore || isFlowIndicator(position + 1) || (afterJSON && simpleKeys[simpleKeys.count - 1].isPossible)
    }

    @inline(__always) private func startsPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "-"):
            return !isBlank(position + 1) && !(isCore && flowLevel > 0 && isFlowIndicator(position + 1))
        case UInt8(ascii: "?"), UInt8(ascii: ":"): return isCore || flowLevel == 0
        case 0x09, UInt8(ascii: "#"), UInt8(ascii: "|"), UInt8(ascii: ">"), UInt8(ascii: "%"), UInt8(ascii: "@"),
            UInt8(ascii: "`"):
            return false
        default: return true
        }
    }

    /// Crosses white space, comments and line breaks.
    private mutating func skipToNextToken() throws(YAMLError) {
        if isCore { return try skipToNextCoreToken() }
        while true {
            let takesTabs = flowLevel > 0 || !simpleKeyAllowed
            while source[position] == 0x20 || (takesTabs && source[position] == 0x09) { position += 1 }
            if source[position] == UInt8(ascii: "#") { skipToLineEnd() }
            guard breakLength(position) > 0 else { return }
            skipBreak()
            if flowLevel == 0 { simpleKeyAllowed = true }
        }
    }

    /// The core grammar tells indentation, which is spaces, from separation, which may be tabs.
    private mutating func skipToNextCoreToken() throws(YAMLError) {
        var startsLine = position == lineStart
        var tab: Int?
        while true {
            if startsLine { skipByteOrderMark() }
            while isBlank(position) {
                if source[position] == 0x09, tab == nil { tab = position }
                position += 1
            }
            if source[position] == UInt8(ascii: "#") {
                if position > lineStart && !isBlank(position - 1) { throw fail(.commentNeedsSpace, at: position) }
                skipToLineEnd()
            }
            guard breakLength(position) > 0 else { break }
            skipBreak()
            startsLine = true
            tab = nil
            if flowLevel == 0 { simpleKeyAllowed = true }
        }
        guard position < end else { return }
        if startsLine { try checkIndentation(tab: tab) }
        // A block collection cannot start behind a tab: its indentation would not be spaces.
        if tab != nil && simpleKeyAllowed && flowLevel == 0 { simpleKeyAllowed = false }
    }

    /// A byte order mark may precede any document.
    private mutating func skipByteOrderMark() {
        guard source[position] == 0xEF, source[position + 1] == 0xBB, source[position + 2] == 0xBF else { return }
        position += 3
        lineStart = position
    }

    /// A line inside a flow collection is indented further than the block around it, and that with spaces.
    private func checkIndentation(tab: Int?) throws(YAMLError) {
        let spaces = (tab ?? position) - lineStart
        guard spaces <= indent else { return }
        if flowLevel > 0 {
            throw fail(tab == nil ? .flowIndentation : .tabIndentation, at: tab ?? position)
        }
        if let tab { throw fail(.tabIndentation, at: tab) }
    }
}
