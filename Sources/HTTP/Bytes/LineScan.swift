/// How a line of a head goes on.
enum LineScan {
    /// What the next byte that is not plain text turned out to be.
    enum Stop: Equatable {
        /// Nothing but text up to where the search ended.
        case none
        /// CRLF; the index is that of CR.
        case lineEnd(Int)
        /// CR as the last byte there is; the index is its.
        case halfLineEnd(Int)
        /// CR without LF, LF without CR, or a control character.
        case strayReturn, strayLineFeed, control
    }

    /// The first byte in `start ..< end` that cannot be part of a line, seen with what follows it.
    @inline(__always) static func next(in bytes: Span<UInt8>, from start: Int, to end: Int) -> Stop {
        let index = firstControl(in: bytes, from: start, to: end)
        guard index < end else { return .none }
        switch bytes[index] {
        case 0x0D:
            guard index &+ 1 < bytes.count else { return .halfLineEnd(index) }
            return bytes[index &+ 1] == 0x0A ? .lineEnd(index) : .strayReturn
        case 0x0A: return .strayLineFeed
        default: return .control
        }
    }

    /// The index of the first control character other than a tab, or `end`; eight bytes at a time.
    static func firstControl(in bytes: Span<UInt8>, from start: Int, to end: Int) -> Int {
        precondition(start >= 0 && end <= bytes.count)
        return unsafe bytes.withUnsafeBytes { raw in
            var index = start
            while index &+ 8 <= end {
                let word = unsafe raw.loadUnaligned(fromByteOffset: index, as: UInt64.self)
                if hasControl(word) {
                    let stop = unsafe firstControl(raw, from: index, to: index &+ 8)
                    if stop < index &+ 8 { return stop }
                }
                index &+= 8
            }
            return unsafe firstControl(raw, from: index, to: end)
        }
    }

    @inline(__always)
    private static func firstControl(_ raw: UnsafeRawBufferPointer, from start: Int, to end: Int) -> Int {
        var index = start
        while index < end {
            let byte = unsafe raw[index]
            if byte < 0x20 && byte != 0x09 || byte == 0x7F { return index }
            index &+= 1
        }
        return end
    }

    /// Whether one of the eight bytes may be below 0x20 or 0x7F; borrows between bytes only ever say so too often.
    @inline(__always) private static func hasControl(_ word: UInt64) -> Bool {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let below = (word &- ones &* 0x20) & ~word
        let delete = word ^ (ones &* 0x7F)
        return (below | (delete &- ones) & ~delete) & (ones &* 0x80) != 0
    }
}
