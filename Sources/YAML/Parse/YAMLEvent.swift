/// What the parser makes of the tokens: the tree, spelled out in order.
struct YAMLEvent {
    enum Kind: UInt8 {
        case streamEnd, documentStart, documentEnd
        case alias, scalar, sequenceStart, sequenceEnd, mappingStart, mappingEnd
    }

    var kind: Kind
    var style: YAMLScalarStyle = .plain
    /// A collection in brackets or braces; a document with its marker.
    var isExplicit = false
    /// A scalar whose value follows from its text: a plain one without a tag, or one tagged `!`.
    var isImplicit = false
    /// Where it starts in the source.
    var start: Int32
    /// An anchor's or alias's name; empty for none.
    var anchor = YAMLSlice.empty
    /// The full tag; empty for none.
    var tag = YAMLSlice.empty
    /// A scalar's text.
    var text = YAMLSlice.empty

    init(_ kind: Kind, _ start: Int32, isExplicit: Bool = false) {
        self.kind = kind
        self.start = start
        self.isExplicit = isExplicit
    }

    /// The scalar of a place where nothing was written.
    static func emptyScalar(_ start: Int32) -> YAMLEvent {
        var event = YAMLEvent(.scalar, start)
        event.isImplicit = true
        return event
    }
}
