import HTTP

/// How the API server bounds warnings, applied before it does, so that what is cut is ours to know.
///
/// All warnings of an answer have 4096 code points together. Where they would have more, each is cut to 256, and those
/// that still do not fit are left out.
enum WarningText {
    static let totalScalarsMax = 4096
    static let scalarsMax = 256

    /// C0 and C1 controls and DEL become spaces; the two bytes of a C1 control become two.
    static func replaceControls(_ bytes: inout MutableSpan<UInt8>, from start: Int) {
        var index = plainEnd(of: bytes.span, from: start)
        while index < bytes.count {
            let byte = bytes[index]
            if byte < 0x20 || byte == 0x7F { bytes[index] = 0x20 }
            if byte == 0xC2, index + 1 < bytes.count, bytes[index + 1] >= 0x80, bytes[index + 1] < 0xA0 {
                bytes[index] = 0x20
                bytes[index + 1] = 0x20
            }
            index += 1
        }
    }

    /// Where eight bytes in a row stop being printable ASCII: texts are that as a rule.
    private static func plainEnd(of bytes: Span<UInt8>, from start: Int) -> Int {
        let (ones, tops) = (0x0101_0101_0101_0101 as UInt64, 0x8080_8080_8080_8080 as UInt64)
        var index = start
        while index + 8 <= bytes.count {
            let word = unsafe bytes.bytes.unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self)
            // Below the top bit a byte borrows from it if it is less than what is taken away, or reaches it with 0x7F.
            let isBelow = (word &- ones &* 0x20) & ~word
            let isDelete = (word & ~tops) &+ ones
            guard (word | isBelow | isDelete) & tops == 0 else { return index }
            index += 8
        }
        return index
    }

    static func scalarCount(_ range: ByteRange, in bytes: Span<UInt8>) -> Int {
        var count = 0
        for index in range.indices where bytes[index] & 0xC0 != 0x80 { count += 1 }
        return count
    }

    /// The first so many code points.
    static func prefix(_ range: ByteRange, scalars: Int, in bytes: Span<UInt8>) -> ByteRange {
        var count = 0
        for index in range.indices where bytes[index] & 0xC0 != 0x80 {
            count += 1
            if count > scalars { return ByteRange(range.start, index) }
        }
        return range
    }

    /// Gives each warning that is to be sent to `body`, cut where need be; returns how many were left out.
    static func bounded(_ warnings: [ByteRange], in bytes: Span<UInt8>, _ body: (ByteRange) -> Void) -> Int {
        var total = 0
        // There are no more code points than bytes.
        for index in warnings.indices { total += warnings[index].count }
        if total > totalScalarsMax {
            total = 0
            for index in warnings.indices { total += scalarCount(warnings[index], in: bytes) }
        }
        if total <= totalScalarsMax {
            for index in warnings.indices { body(warnings[index]) }
            return 0
        }
        var written = 0
        for index in warnings.indices {
            let cut = prefix(warnings[index], scalars: scalarsMax, in: bytes)
            let count = scalarCount(cut, in: bytes)
            if written + count > totalScalarsMax { return warnings.count - index }
            written += count
            body(cut)
        }
        return 0
    }
}
