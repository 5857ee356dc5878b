/// What a byte can mean to the scanner, as bits: one table per schema.
enum YAMLCharacters {
    static let blank: UInt8 = 1
    static let lineBreak: UInt8 = 2
    /// The first byte of a line break beyond ASCII (NEL, LS, PS), which only YAML 1.1 has.
    static let wideBreak: UInt8 = 4
    /// Ends a plain scalar inside a flow collection.
    static let flow: UInt8 = 8
    /// Letters, digits, `-` and `_`.
    static let word: UInt8 = 16
    /// Where a run of plain text has to look closer.
    static let colon: UInt8 = 32
    static let end: UInt8 = 64
    /// What a tag may be written with.
    static let tag: UInt8 = 128

    /// Ends a run of text: blank, break, or the padding.
    static let space = blank | lineBreak | wideBreak | end

    static let kubernetes: [UInt8] = table(wide: true, flow: ",[]{}?")
    static let core: [UInt8] = table(wide: false, flow: ",[]{}")

    private static func table(wide: Bool, flow flowText: StaticString) -> [UInt8] {
        var table = [UInt8](repeating: 0, count: 256)
        func mark(_ text: String, _ bit: UInt8) { for byte in text.utf8 { table[Int(byte)] |= bit } }
        mark(" \t", blank)
        table[0x0A] |= lineBreak
        table[0x0D] |= lineBreak
        if wide {
            table[0xC2] |= wideBreak
            table[0xE2] |= wideBreak
        }
        mark("\(flowText)", flow)
        let words = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_-"
        mark(words, word)
        mark(words + ";/?:@&=+$,.!~*'()[]%", tag)
        mark(":", colon)
        table[0] |= end
        return table
    }
}
