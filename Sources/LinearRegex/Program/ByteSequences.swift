/// One to four ranges of bytes, one after the other: a part of a set of code points, in UTF-8.
struct ByteSequence: Sendable {
    let low: [UInt8]
    let high: [UInt8]
    var count: Int { low.count }
}

/// The sequences of bytes that are the UTF-8 of a set, in order. Surrogates have none.
enum ByteSequences {
    static func of(_ set: CodePointSet) -> [ByteSequence] {
        var sequences: [ByteSequence] = []
        for range in set.ranges {
            // Each length of its own, and nothing across the surrogates.
            let lengths: [(Int32, Int32)] = [
                (0, 0x7F), (0x80, 0x7FF), (0x800, 0xD7FF), (0xE000, 0xFFFF), (0x10000, CodePointSet.last),
            ]
            for (low, high) in lengths {
                let part = (max(low, range.low), min(high, range.high))
                if part.0 <= part.1 { append(part.0, part.1, to: &sequences) }
            }
        }
        return sequences
    }

    /// Splits a range until every byte but the last that varies is followed by full ranges.
    private static func append(_ low: Int32, _ high: Int32, to sequences: inout [ByteSequence]) {
        var pending = [(low, high)]
        while let (low, high) = pending.popLast() {
            if let middle = split(low, high) {
                pending.append((middle, high))
                pending.append((low, middle - 1))
            } else {
                sequences.append(ByteSequence(low: UTF8Decoder.encode(low), high: UTF8Decoder.encode(high)))
            }
        }
    }

    /// Where the second part of a range begins, or nil when it is one sequence.
    private static func split(_ low: Int32, _ high: Int32) -> Int32? {
        if high < 0x80 { return nil }
        for bits in [Int32(6), 12, 18] {
            let mask = (Int32(1) << bits) - 1
            if low & ~mask == high & ~mask { continue }
            if low & mask != 0 { return (low | mask) + 1 }
            if high & mask != mask { return high & ~mask }
        }
        return nil
    }
}
