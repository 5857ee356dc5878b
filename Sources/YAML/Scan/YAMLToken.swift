/// Bytes by reference: a range of the source or, where the source had to be changed, of the scratch buffer.
struct YAMLSlice: Equatable {
    var start: Int32
    var end: Int32
    var isScratch: Bool

    static let empty = YAMLSlice(start: 0, end: 0, isScratch: false)

    init(start: Int32, end: Int32, isScratch: Bool) {
        self.start = start
        self.end = end
        self.isScratch = isScratch
    }

    /// A range of the source.
    init(_ start: Int, _ end: Int) {
        self.init(
            start: Int32(truncatingIfNeeded: start), end: Int32(truncatingIfNeeded: end), isScratch: false)
    }

    var count: Int { Int(end) - Int(start) }
    var isEmpty: Bool { start == end }
    var range: Range<Int> { Int(start)..<Int(end) }
}

/// How a scalar was written.
enum YAMLScalarStyle: UInt8 {
    case plain, single, double, literal, folded
}

/// What the scanner makes of the text: the units of YAML's grammar, with the block structure made explicit.
struct YAMLToken {
    enum Kind: UInt8 {
        case streamEnd, versionDirective, tagDirective, reservedDirective, documentStart, documentEnd
        case blockSequenceStart, blockMappingStart, blockEnd
        case flowSequenceStart, flowSequenceEnd, flowMappingStart, flowMappingEnd
        case blockEntry, flowEntry, key, value
        case alias, anchor, tag, scalar
    }

    var kind: Kind
    var style: YAMLScalarStyle = .plain
    /// Where it starts and ends in the source.
    var start: Int32
    var end: Int32
    /// A scalar's text, an anchor's name, a tag's or directive's handle.
    var text = YAMLSlice.empty
    /// A tag's suffix, or a directive's prefix.
    var suffix = YAMLSlice.empty

    init(_ kind: Kind, _ start: Int, _ end: Int) {
        self.kind = kind
        self.start = Int32(truncatingIfNeeded: start)
        self.end = Int32(truncatingIfNeeded: end)
    }
}
