internal import JSON

/// One document's nodes → JSON: aliases followed, merges done, keys made strings, scalars given their meaning.
///
/// It keeps its own stack, so depth costs no call stack, and charges what aliases add against the limits.
struct YAMLDecoder: ~Copyable {
    /// A collection being written: what is left of it.
    private struct Frame {
        /// The next node of a sequence, or the next of `entries` of a mapping, and where they end.
        var next: Int
        var end: Int
        /// Where the mapping's entries start.
        var first: Int
        var isMapping: Bool
        /// An alias led here: until it is done, what is written counts as expansion.
        var isExpansion: Bool
    }

    let nodes: [YAMLNode]
    let source: [UInt8]
    /// The texts that had to be changed; keys that are made (numbers, words, what was base64) are added.
    var scratch: [UInt8]
    let text: YAMLText
    let base: Int
    let options: YAMLOptions

    var builder: JSONBuilder
    private var marks: [UInt32] = []
    private var frames: [Frame] = []
    /// The entries of the mappings being written, the innermost mapping's last.
    var entries: [YAMLEntry] = []
    var keys = YAMLKeyTable()
    var expansion: YAMLExpansion

    init(_ composer: borrowing YAMLComposer, options: YAMLOptions) {
        nodes = composer.nodes
        source = composer.parser.scanner.source
        scratch = composer.parser.scanner.scratch
        text = composer.parser.scanner.text
        base = composer.parser.scanner.base
        self.options = options
        builder = JSONBuilder(depthMax: options.limits.depthMax)
        expansion = YAMLExpansion(options)
        marks.reserveCapacity(nodes.count + nodes.count / 4)
    }

    /// The document; the marks are the source offsets of values and keys by their place on the tape.
    mutating func decode() throws(YAMLError) -> YAMLDocument {
        if nodes.isEmpty { builder.null() } else { try write(0, isExpansion: false) }
        while let frame = frames.last {
            if frame.next >= frame.end {
                close(frame)
            } else if frame.isMapping {
                frames[frames.count - 1].next += 1
                try writeEntry(entries[frame.next])
            } else {
                frames[frames.count - 1].next = Int(nodes[frame.next].end)
                try write(frame.next, isExpansion: false)
            }
        }
        do throws(JSONError) {
            return YAMLDocument(json: try builder.finishAndReset(), text: text, marks: marks)
        } catch {
            // The builder's own bounds are wider than ours but for the length of one string.
            throw fail(.tooManyBytes, at: 0)
        }
    }

    /// Lends the bytes that a slice stands for.
    @inline(__always) func withBytes<R>(_ slice: YAMLSlice, _ body: (Span<UInt8>) -> R) -> R {
        slice.isScratch
            ? body(scratch.span.extracting(slice.range)) : body(source.span.extracting(slice.range))
    }

    func string(_ slice: YAMLSlice) -> String {
        String(decoding: (slice.isScratch ? scratch : source)[slice.range], as: UTF8.self)
    }

    func fail(_ reason: YAMLError.Reason, at offset: Int32, subject: String = "") -> YAMLError {
        let place = min(base + Int(offset), text.bytes.count)
        return YAMLError(reason, position: text.position(at: place), offset: place, subject: subject)
    }

    private mutating func close(_ frame: Frame) {
        frames.removeLast()
        if frame.isExpansion { expansion.leave() }
        if frame.isMapping {
            entries.removeSubrange(frame.first...)
            builder.endObject()
        } else {
            builder.endArray()
        }
    }

    private mutating func writeEntry(_ entry: YAMLEntry) throws(YAMLError) {
        mark(entry.keyStart)
        put(key: entry.key.isScratch ? scratch : source, entry.key.range, into: &builder)
        try write(Int(entry.value), isExpansion: entry.isExpansion)
    }

    /// Writes a scalar, or opens a collection whose contents the loop in `decode` then writes.
    private mutating func write(_ index: Int, isExpansion: Bool) throws(YAMLError) {
        var index = index
        var isExpansion = isExpansion
        if isExpansion { expansion.enter() }
        mark(nodes[index].start)
        try charge(nodes[index])
        if nodes[index].kind == .alias {
            if !isExpansion { expansion.enter() }
            isExpansion = true
            index = Int(nodes[index].target)
            try charge(nodes[index])
        }
        let node = nodes[index]
        guard node.kind != .scalar else {
            try writeScalar(node)
            if isExpansion { expansion.leave() }
            return
        }
        if frames.count >= options.limits.depthMax { throw fail(.tooDeep, at: node.start) }
        var frame = Frame(
            next: index + 1, end: Int(node.end), first: entries.count, isMapping: node.kind == .mapping,
            isExpansion: isExpansion)
        if frame.isMapping {
            try gather(index)
            frame.next = frame.first
            frame.end = entries.count
            builder.beginObject()
        } else {
            builder.beginArray()
        }
        frames.append(frame)
    }

    /// Counts a node against the limits on what aliases add.
    mutating func charge(_ node: YAMLNode) throws(YAMLError) {
        if !expansion.admits(bytes: node.text.count) { throw fail(.excessiveAliasing, at: node.start) }
    }

    private mutating func mark(_ start: Int32) {
        let place = builder.position
        while marks.count < place { marks.append(0) }
        marks.append(UInt32(truncatingIfNeeded: Int(start) + base))
    }
}

// The builder and the bytes are fields of the same decoder: only as arguments can both be in use at once.

private func put(key bytes: [UInt8], _ range: Range<Int>, into builder: inout JSONBuilder) {
    builder.key(bytes.span.extracting(range))
}

func put(string bytes: [UInt8], _ range: Range<Int>, into builder: inout JSONBuilder) {
    builder.string(bytes.span.extracting(range))
}
