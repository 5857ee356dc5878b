/// A scalar's text while it is read: a range of the source for as long as that is exactly the text, then scratch.
struct YAMLPending {
    var start: Int
    var end: Int
    var scratchStart: Int?

    init(_ start: Int) {
        self.start = start
        end = start
    }
}

extension YAMLScanner {
    /// Adds `source[from..<to]` to the text.
    mutating func add(_ from: Int, _ to: Int, to pending: inout YAMLPending) {
        if pending.scratchStart == nil {
            if from == pending.end || pending.end == pending.start {
                if pending.end == pending.start { pending.start = from }
                pending.end = to
                return
            }
            materialize(&pending)
        }
        scratch.append(contentsOf: source[from..<to])
    }

    /// Moves the text to scratch, where it can grow by bytes that the source does not have there.
    mutating func materialize(_ pending: inout YAMLPending) {
        guard pending.scratchStart == nil else { return }
        pending.scratchStart = scratch.count
        scratch.append(contentsOf: source[pending.start..<pending.end])
    }

    @inline(__always) func slice(_ pending: YAMLPending) -> YAMLSlice {
        guard let start = pending.scratchStart else { return YAMLSlice(pending.start, pending.end) }
        return YAMLSlice(
            start: Int32(truncatingIfNeeded: start), end: Int32(truncatingIfNeeded: scratch.count), isScratch: true)
    }

    /// Folds the line breaks just read into the text: a single one is a space, of several the first is dropped.
    mutating func fold(into pending: inout YAMLPending) {
        materialize(&pending)
        if breaks.count == 1 {
            scratch.append(0x20)
        } else if let first = breaks.first {
            scratch.append(contentsOf: first == 0x0A ? breaks[1...] : breaks[0...])
        }
        breaks.removeAll(keepingCapacity: true)
    }

    mutating func fetchPlain() throws(YAMLError) {
        try saveSimpleKey()
        simpleKeyAllowed = false
        let start = position
        var pending = YAMLPending(start)
        var contentEnd = start
        var crossedLine = false
        while !isDocumentMarker() && source[position] != UInt8(ascii: "#") {
            let runStart = position
            scanPlainRun()
            if position > runStart {
                if crossedLine { fold(into: &pending) }
                // Blanks between two runs of a line are part of the text.
                add(crossedLine || contentEnd == start ? runStart : contentEnd, position, to: &pending)
                contentEnd = position
                crossedLine = false
            }
            guard isBlank(position) || breakLength(position) > 0 else { break }
            try skipPlainSpace(crossedLine: &crossedLine)
            if crossedLine, try endsPlainByIndentation() { break }
        }
        if crossedLine {
            simpleKeyAllowed = true
            breaks.removeAll(keepingCapacity: true)
        }
        var token = YAMLToken(.scalar, start, contentEnd)
        token.text = slice(pending)
        tokens.append(token)
    }

    /// Goes to the end of a run of text: white space, `: `, or in a flow collection one of its indicators.
    private mutating func scanPlainRun() {
        let inFlow = flowLevel > 0
        let stops = YAMLCharacters.space | YAMLCharacters.colon | (inFlow ? YAMLCharacters.flow : 0)
        var index = position
        while true {
            let kind = classes[Int(source[index])] & stops
            if kind == 0 {
                index += 1
                continue
            }
            if kind == YAMLCharacters.colon {
                if isSpaceOrEnd(index + 1) || (isCore && inFlow && isFlowIndicator(index + 1)) { break }
            } else if kind != YAMLCharacters.wideBreak || breakLength(index) > 0 {
                break
            }
            index += 1
        }
        position = index
    }

    /// Crosses the white space after a run, noting the breaks.
    private mutating func skipPlainSpace(crossedLine: inout Bool) throws(YAMLError) {
        while true {
            if isBlank(position) {
                if crossedLine && source[position] == 0x09 && column <= indent && !(isCore && isBlankLine(position)) {
                    throw fail(.tabIndentation, at: position)
                }
                position += 1
            } else if breakLength(position) > 0 {
                readBreak()
                crossedLine = true
            } else {
                return
            }
        }
    }

    func isBlankLine(_ start: Int) -> Bool {
        var index = start
        while isBlank(index) { index += 1 }
        return isBreakOrEnd(index)
    }

    /// In a block the text goes on only on lines indented further; a core flow collection holds no other lines.
    @inline(__always) private func endsPlainByIndentation() throws(YAMLError) -> Bool {
        guard column <= indent else { return false }
        if flowLevel == 0 { return true }
        guard isCore, position < end, source[position] != UInt8(ascii: "#") else { return false }
        throw fail(.flowIndentation, at: position)
    }
}
