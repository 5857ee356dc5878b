/// UTF-8 as Go decodes it: what is not valid is U+FFFD, one byte wide.
enum UTF8Decoder {
    /// What stands for a byte that is not part of a valid sequence.
    static let replacement: Int32 = 0xFFFD

    /// How many bytes the valid sequence at `index` has, or zero when there is none.
    ///
    /// `index` must be less than `end`, and every index below `end` readable through `byte`.
    @inline(__always)
    static func width(at index: Int, end: Int, byte: (Int) -> UInt8) -> Int {
        let first = byte(index)
        if first < 0x80 { return 1 }
        let needed = first < 0xC2 ? 0 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : first < 0xF5 ? 4 : 0
        if needed == 0 || end - index < needed { return 0 }
        let second = byte(index + 1)
        // Unicode, table 3-7: only the second byte has ranges that depend on the first.
        let lowest: UInt8 = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80
        let highest: UInt8 = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF
        if second < lowest || second > highest { return 0 }
        for more in 2..<max(2, needed) where byte(index + more) & 0xC0 != 0x80 { return 0 }
        return needed
    }

    /// The code point at `index` and its width, or nil when the bytes there are not valid.
    static func decode(_ bytes: [UInt8], at index: Int, end: Int) -> (point: Int32, width: Int)? {
        let width = width(at: index, end: end) { bytes[$0] }
        let first = Int32(bytes[index])
        switch width {
        case 1: return (first, 1)
        case 2: return ((first & 0x1F) << 6 | tail(bytes[index + 1]), 2)
        case 3: return ((first & 0x0F) << 12 | tail(bytes[index + 1]) << 6 | tail(bytes[index + 2]), 3)
        case 4:
            let high = (first & 0x07) << 18 | tail(bytes[index + 1]) << 12
            return (high | tail(bytes[index + 2]) << 6 | tail(bytes[index + 3]), 4)
        default: return nil
        }
    }

    private static func tail(_ byte: UInt8) -> Int32 { Int32(byte & 0x3F) }

    /// The bytes of a code point that is not a surrogate.
    static func encode(_ point: Int32) -> [UInt8] {
        func part(_ shift: Int32) -> UInt8 { 0x80 | UInt8(truncatingIfNeeded: point >> shift) & 0x3F }
        switch point {
        case ..<0x80: return [UInt8(truncatingIfNeeded: point)]
        case ..<0x800: return [0xC0 | UInt8(truncatingIfNeeded: point >> 6), part(0)]
        case ..<0x10000: return [0xE0 | UInt8(truncatingIfNeeded: point >> 12), part(6), part(0)]
        default: return [0xF0 | UInt8(truncatingIfNeeded: point >> 18), part(12), part(6), part(0)]
        }
    }
}
