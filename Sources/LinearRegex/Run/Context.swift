/// What lies around a position of the text, as far as assertions care.
enum Context {
    /// What holds at a position between two bytes, nil being an end of the text.
    static func assertions(before: UInt8?, after: UInt8?) -> Assertion {
        var holding: Assertion = []
        if before == nil { holding.formUnion([.beginText, .beginLine]) }
        if before == 10 { holding.insert(.beginLine) }
        if after == nil { holding.formUnion([.endText, .endLine]) }
        if after == 10 { holding.insert(.endLine) }
        let isBoundary = isWord(before) != isWord(after)
        holding.insert(isBoundary ? .wordBoundary : .notWordBoundary)
        return holding
    }

    /// What holds at a position of a text.
    static func assertions(in text: UnsafeBufferPointer<UInt8>, at position: Int) -> Assertion {
        unsafe assertions(before: byte(text, position - 1), after: byte(text, position))
    }

    /// The byte at a position, or nil outside the text.
    static func byte(_ text: UnsafeBufferPointer<UInt8>, _ position: Int) -> UInt8? {
        position >= 0 && position < text.count ? unsafe text[position] : nil
    }

    static func isWord(_ byte: UInt8?) -> Bool { byte.map { WordByte.contains($0) } ?? false }
}
