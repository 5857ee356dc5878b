/// Reads the numbers that `deploy/generate/unicode_tables.py` writes: digits of five bits, the least first, the sixth
/// bit set on all but the last.
struct PackedNumbers {
    private var digits: String.UTF8View.Iterator

    init(_ text: String) { digits = text.utf8.makeIterator() }

    mutating func next() -> Int32? {
        var value: Int32 = 0
        var shift: Int32 = 0
        while let digit = digits.next() {
            let bits = Self.value(digit)
            value |= (bits & 31) << shift
            if bits < 32 { return value }
            shift += 5
        }
        return nil
    }

    private static func value(_ digit: UInt8) -> Int32 {
        switch digit {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): Int32(digit) - 65
        case UInt8(ascii: "a")...UInt8(ascii: "z"): Int32(digit) - 71
        case UInt8(ascii: "0")...UInt8(ascii: "9"): Int32(digit) + 4
        case UInt8(ascii: "+"): 62
        default: 63
        }
    }
}

extension CodePointSet {
    /// A set of `UnicodeTables`: for each range the gap to the end of the one before, and its length minus one.
    init(packed: String) {
        self.init()
        var numbers = PackedNumbers(packed)
        var end: Int32 = 0
        while let gap = numbers.next(), let extent = numbers.next() {
            insert(end + gap, end + gap + extent)
            end += gap + extent + 1
        }
    }
}
