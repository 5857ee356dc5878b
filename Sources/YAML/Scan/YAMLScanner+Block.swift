/// What stands after `|` or `>`.
private struct BlockHeader {
    enum Chomping { case clip, strip, keep }
    var chomping = Chomping.clip
    /// The indentation relative to the parent, where the header gives it.
    var increment: Int?
}

// Literal and folded scalars: every line keeps its text from the scalar's own indentation on.

extension YAMLScanner {
    mutating func fetchBlockScalar(_ style: YAMLScalarStyle) throws(YAMLError) {
        try removeSimpleKey()
        simpleKeyAllowed = true
        let start = position
        position += 1
        let header = try scanBlockHeader()
        skipBreak()
        var token = YAMLToken(.scalar, start, position)
        token.style = style
        token.text = try scanBlockText(header, isFolded: style == .folded)
        token.end = Int32(truncatingIfNeeded: position)
        tokens.append(token)
    }

    /// `+`, `-` and one digit in either order, then at most a comment.
    private mutating func scanBlockHeader() throws(YAMLError) -> BlockHeader {
        var header = BlockHeader()
        scanChomping(into: &header)
        if source[position] == UInt8(ascii: "0") { throw fail(.zeroIndentation, at: position) }
        if (UInt8(ascii: "1")...UInt8(ascii: "9")).contains(source[position]) {
            header.increment = Int(source[position]) - 0x30
            position += 1
            if header.chomping == .clip { scanChomping(into: &header) }
        }
        let afterIndicators = position
        skipBlanks()
        if source[position] == UInt8(ascii: "#") && (!isCore || position > afterIndicators) { skipToLineEnd() }
        guard isBreakOrEnd(position) else { throw fail(.blockScalarHeader, at: position) }
        return header
    }

    private mutating func scanChomping(into header: inout BlockHeader) {
        switch source[position] {
        case UInt8(ascii: "+"): header.chomping = .keep
        case UInt8(ascii: "-"): header.chomping = .strip
        default: return
        }
        position += 1
    }

    private mutating func scanBlockText(_ header: BlockHeader, isFolded: Bool) throws(YAMLError) -> YAMLSlice {
        let start = scratch.count
        breaks.removeAll(keepingCapacity: true)
        var indent = header.increment.map { max(self.indent, 0) + $0 }
        try scanBlockBreaks(&indent)
        let column = indent ?? 0
        var lastBreak: UInt8 = 0
        var startsBlank = false
        while self.column == column && position < end && !(column == 0 && isDocumentMarker()) {
            let isBlankNow = isBlank(position)
            if isFolded && lastBreak == 0x0A && !startsBlank && !isBlankNow {
                if breaks.count == 1 { scratch.append(0x20) } else { scratch.append(contentsOf: breaks[1...]) }
            } else {
                scratch.append(contentsOf: breaks)
            }
            startsBlank = isBlankNow
            let lineStart = position
            skipToLineEnd()
            scratch.append(contentsOf: source[lineStart..<position])
            breaks.removeAll(keepingCapacity: true)
            if breakLength(position) > 0 { readBreak() }
            lastBreak = breaks.first ?? 0
            try scanBlockBreaks(&indent)
        }
        chomp(header.chomping, hasText: lastBreak != 0)
        return YAMLSlice(
            start: Int32(truncatingIfNeeded: start), end: Int32(truncatingIfNeeded: scratch.count), isScratch: true)
    }

    /// The first break ends the last line of text; the others are blank lines after it.
    private mutating func chomp(_ chomping: BlockHeader.Chomping, hasText: Bool) {
        switch chomping {
        case .strip: break
        case .keep: scratch.append(contentsOf: breaks)
        case .clip:
            guard hasText, let first = breaks.first else { break }
            scratch.append(contentsOf: breaks.prefix(first == 0x0A ? 1 : 3))
        }
        breaks.removeAll(keepingCapacity: true)
    }

    /// Crosses blank lines and the indentation of the next line of text; finds the indentation if it is not known.
    private mutating func scanBlockBreaks(_ indent: inout Int?) throws(YAMLError) {
        var columnMax = 0
        var blankMax = 0
        while true {
            while source[position] == 0x20 && (indent == nil || column < indent ?? 0) { position += 1 }
            columnMax = max(columnMax, column)
            if !isCore && source[position] == 0x09 && (indent == nil || column < indent ?? 0) {
                throw fail(.tabIndentation, at: position)
            }
            guard breakLength(position) > 0 else { break }
            blankMax = columnMax
            readBreak()
        }
        guard indent == nil else { return }
        if !isCore {
            indent = max(columnMax, self.indent + 1, 1)
            return
        }
        indent = try detectCoreIndentation(blankMax: blankMax)
    }

    /// The first line of text decides; blank lines before it must not be indented further.
    private func detectCoreIndentation(blankMax: Int) throws(YAMLError) -> Int {
        guard column > self.indent, position < end else {
            if source[position] == 0x09 { throw fail(.tabIndentation, at: position) }
            return max(self.indent + 1, blankMax)
        }
        if column < blankMax { throw fail(.blockScalarIndentation, at: position) }
        return column
    }
}
