/// A text and where its lines start, to turn a byte offset into the place a person would look up.
///
/// Lines end as editors end them: `\n`, `\r\n` or `\r`.
public struct YAMLText: Sendable {
    /// The longest text that offsets can reach, whatever the limits say.
    public static let bytesLimit = 1 << 28 - 1

    /// The bytes as they were given.
    public let bytes: [UInt8]
    let lineStarts: [UInt32]

    /// Keeps the bytes and finds the lines; those beyond `bytesLimit` are not looked for.
    public init(_ bytes: [UInt8]) {
        self.bytes = bytes
        lineStarts = Self.findLines(bytes)
    }

    private static func findLines(_ bytes: [UInt8]) -> [UInt32] {
        var starts: [UInt32] = [0]
        let end = min(bytes.count, bytesLimit)
        starts.reserveCapacity(end / 32 + 1)
        var index = 0
        while index < end {
            let byte = bytes[index]
            index += 1
            guard byte <= 0x0D else { continue }
            if byte == 0x0A || (byte == 0x0D && !(index < end && bytes[index] == 0x0A)) {
                starts.append(UInt32(truncatingIfNeeded: index))
            }
        }
        return starts
    }

    /// The line and column of a byte; offsets beyond the text are its end.
    public func position(at offset: Int) -> YAMLPosition {
        let offset = max(0, min(offset, bytes.count))
        let line = lineIndex(of: offset)
        var column = 1
        for index in Int(lineStarts[line])..<offset where bytes[index] & 0xC0 != 0x80 { column += 1 }
        return YAMLPosition(line: line + 1, column: column)
    }

    /// The last line that starts at or before the byte.
    func lineIndex(of offset: Int) -> Int {
        var low = 0
        var high = lineStarts.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if Int(lineStarts[middle]) <= offset { low = middle } else { high = middle }
        }
        return low
    }
}
