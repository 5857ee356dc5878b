/// The values of a text that holds one JSON value after another, as ranges; what is wrong in them the parser says.
public struct JSONSequence: Sequence, IteratorProtocol {
    private let bytes: [UInt8]
    private var position = 0
    private var isFirst = true

    /// Stands before the first value at or after `start`.
    public init(_ bytes: [UInt8], from start: Int = 0) {
        self.bytes = bytes
        position = start
    }

    /// The next value, or nil at the end; a text with no value at all has one that is empty, so that it is reported.
    public mutating func next() -> Range<Int>? {
        while position < bytes.count, Self.isSpace(bytes[position]) { position += 1 }
        let start = position
        guard start < bytes.count || isFirst else { return nil }
        isFirst = false
        skipValue()
        return start..<position
    }

    /// Goes past a container with all it holds, a string, or a word.
    private mutating func skipValue() {
        var depth = 0
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            switch byte {
            case UInt8(ascii: "\""): skipString()
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
            default:
                let isInWord = position < bytes.count && !Self.isSpace(bytes[position])
                if depth > 0 || isInWord { continue }
            }
            if depth <= 0 { return }
        }
    }

    private mutating func skipString() {
        while position < bytes.count {
            let byte = bytes[position]
            position += byte == 0x5C ? 2 : 1
            if byte == 0x22 { break }
        }
        position = Swift.min(position, bytes.count)
    }

    static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (byte >= 0x09 && byte <= 0x0D) }
}
