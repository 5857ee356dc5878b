/// Bytes → tokens, one at a time.
///
/// Block structure is made explicit from indentation, and a key without a `?` is recognised once its `:` is seen:
/// the tokens since then wait in the queue. Nothing here recurses; the stacks are bounded by `depthMax`.
struct YAMLScanner {
    let source: [UInt8]
    let end: Int
    let base: Int
    let text: YAMLText
    let classes: [UInt8]
    let isCore: Bool
    let depthMax: Int

    /// The byte being looked at, the line it is on (from zero), and where that line starts.
    var position = 0
    var line = 0
    var lineStart = 0

    /// Text that had to be changed (folded, unescaped, joined) lives here; slices say so.
    var scratch: [UInt8] = []
    /// The line breaks just crossed inside a scalar, as they will be kept.
    var breaks: [UInt8] = []

    var tokens: [YAMLToken] = []
    var head = 0
    var tokensTaken = 0
    var streamEndSeen = false

    /// The column of the innermost block collection; -1 outside of all.
    var indent = -1
    var indents: [Int] = []
    /// What closes each open flow collection: true for `}`.
    var flowIsMapping: [Bool] = []
    var flowLevel: Int { flowIsMapping.count }
    /// A key could start at the next token.
    var simpleKeyAllowed = true
    /// One candidate for each open flow collection, and one for the block outside.
    var simpleKeys: [YAMLSimpleKey] = [YAMLSimpleKey()]
    /// Core only: the last token closed a quoted scalar or flow collection, so a `:` may touch what follows it.
    var lastIsJSONLike = false

    init(_ input: YAMLInput, text: YAMLText, options: YAMLOptions) {
        source = input.bytes
        end = input.end
        base = input.base
        self.text = text
        isCore = options.schema == .core
        classes = isCore ? YAMLCharacters.core : YAMLCharacters.kubernetes
        depthMax = options.limits.depthMax
        tokens.reserveCapacity(64)
    }

    /// The next token, without taking it.
    mutating func peek() throws(YAMLError) -> YAMLToken {
        while try needsMoreTokens() { try fetchNext() }
        return tokens[head]
    }

    /// Takes the token that `peek` showed.
    mutating func skip() {
        head += 1
        tokensTaken += 1
        if head == tokens.count {
            tokens.removeAll(keepingCapacity: true)
            head = 0
        }
    }

    /// Drops the changed texts once no token refers to them; between documents that is so.
    mutating func forgetScratch() {
        let isUsed = tokens[head...].contains { $0.text.isScratch || $0.suffix.isScratch }
        if !isUsed { scratch.removeAll(keepingCapacity: true) }
    }

    private mutating func needsMoreTokens() throws(YAMLError) -> Bool {
        if head == tokens.count { return true }
        return try headMayBecomeKey()
    }

    mutating func append(_ kind: YAMLToken.Kind, _ start: Int, _ end: Int) {
        tokens.append(YAMLToken(kind, start, end))
    }

    /// Puts a token before the one with that number (the count of tokens before it in the stream).
    mutating func insert(_ token: YAMLToken, before number: Int) {
        tokens.insert(token, at: min(tokens.count, max(head, head + number - tokensTaken)))
    }

    func fail(_ reason: YAMLError.Reason, at offset: Int, subject: String = "") -> YAMLError {
        let place = min(base + offset, text.bytes.count)
        return YAMLError(reason, position: text.position(at: place), offset: place, subject: subject)
    }
}

// MARK: Bytes

// These are inlined wherever they are used: called, each would be handed a copy of the scanner, which was a seventh of
// the time of a parse.

extension YAMLScanner {
    @inline(__always) var column: Int { position - lineStart }

    @inline(__always) func isBlank(_ index: Int) -> Bool { source[index] == 0x20 || source[index] == 0x09 }

    /// The length of the line break there, or zero.
    @inline(__always) func breakLength(_ index: Int) -> Int {
        let byte = source[index]
        let kind = classes[Int(byte)]
        if kind & YAMLCharacters.lineBreak != 0 { return byte == 0x0D && source[index + 1] == 0x0A ? 2 : 1 }
        if kind & YAMLCharacters.wideBreak != 0 { return Self.wideBreakLength(source, index) }
        return 0
    }

    /// YAML 1.1 also ends lines at NEL (C2 85), LS and PS (E2 80 A8, E2 80 A9).
    @inline(never) private static func wideBreakLength(_ source: [UInt8], _ index: Int) -> Int {
        if source[index] == 0xC2 { return source[index + 1] == 0x85 ? 2 : 0 }
        return source[index + 1] == 0x80 && (source[index + 2] | 1) == 0xA9 ? 3 : 0
    }

    @inline(__always) func isBreakOrEnd(_ index: Int) -> Bool {
        source[index] == 0 || breakLength(index) > 0
    }

    @inline(__always) func isSpaceOrEnd(_ index: Int) -> Bool {
        let kind = classes[Int(source[index])] & YAMLCharacters.space
        return kind != 0 && (kind != YAMLCharacters.wideBreak || breakLength(index) > 0)
    }

    @inline(__always) func isFlowIndicator(_ index: Int) -> Bool {
        classes[Int(source[index])] & YAMLCharacters.flow != 0
    }

    @inline(__always) func isWord(_ index: Int) -> Bool { classes[Int(source[index])] & YAMLCharacters.word != 0 }

    /// Crosses the line break at the position, if there is one.
    mutating func skipBreak() {
        let length = breakLength(position)
        guard length > 0 else { return }
        position += length
        line += 1
        lineStart = position
    }

    /// Crosses the line break at the position and notes it as a scalar keeps it: all but LS and PS become `\n`.
    mutating func readBreak() {
        if source[position] == 0xE2 {
            for step in 0..<3 { breaks.append(source[position + step]) }
        } else {
            breaks.append(0x0A)
        }
        skipBreak()
    }

    mutating func skipBlanks() {
        while isBlank(position) { position += 1 }
    }

    mutating func skipToLineEnd() {
        let stops = YAMLCharacters.lineBreak | YAMLCharacters.wideBreak | YAMLCharacters.end
        var index = position
        while true {
            let kind = classes[Int(source[index])] & stops
            if kind != 0 && (kind != YAMLCharacters.wideBreak || breakLength(index) > 0) { break }
            index += 1
        }
        position = index
    }

    /// `---` or `...` at the start of a line, followed by white space.
    @inline(__always) func isDocumentMarker() -> Bool {
        guard position == lineStart else { return false }
        let byte = source[position]
        guard byte == 0x2D || byte == 0x2E else { return false }
        return source[position + 1] == byte && source[position + 2] == byte && isSpaceOrEnd(position + 3)
    }
}
