/// The text of one expression, and where things are in it.
///
/// Positions are byte offsets; people are shown lines and columns, and a column counts code points.
public struct ExpressionSource: Sendable {
    /// A place as people count it.
    public struct Location: Equatable, Sendable, Comparable {
        /// From one.
        public let line: Int
        /// From zero, in code points.
        public let column: Int

        /// Where an error is placed that belongs to no place in the text.
        public static let none = Location(line: -1, column: -1)

        /// A place from its line (from one) and its column (from zero).
        public init(line: Int, column: Int) {
            self.line = line
            self.column = column
        }

        /// In reading order.
        public static func < (one: Location, other: Location) -> Bool {
            (one.line, one.column) < (other.line, other.column)
        }
    }

    /// What the text is called in messages.
    public let name: String
    /// The text, as UTF-8.
    public let bytes: [UInt8]
    /// The offset at which each line starts.
    private let lineStarts: [Int]

    /// Prepares `text`; messages call it `name`.
    public init(_ text: String, name: String = "<input>") {
        self.name = name
        let bytes = Array(text.utf8)
        self.bytes = bytes
        lineStarts = [0] + bytes.indices.filter { bytes[$0] == UInt8(ascii: "\n") }.map { $0 + 1 }
    }

    /// How many code points the text has.
    public var codePointCount: Int { Self.codePoints(in: bytes[...]) }

    /// The place of a byte offset.
    public func location(of offset: Int) -> Location {
        guard offset >= 0, !bytes.isEmpty else { return Location(line: 1, column: -1) }
        let end = min(offset, bytes.count)
        let line = (lineStarts.lastIndex { $0 <= end }) ?? 0
        return Location(line: line + 1, column: Self.codePoints(in: bytes[lineStarts[line]..<end]))
    }

    /// The text between two offsets.
    public func text(_ range: Range<Int>) -> String {
        String(decoding: bytes[range.clamped(to: 0..<bytes.count)], as: UTF8.self)
    }

    /// A line of the text without its end, or nil where there is none.
    func line(_ number: Int) -> String? {
        guard number >= 1, number <= lineStarts.count, !bytes.isEmpty else { return nil }
        let start = lineStarts[number - 1]
        let end = number < lineStarts.count ? lineStarts[number] - 1 : bytes.count
        return text(start..<end)
    }

    private static func codePoints(in bytes: ArraySlice<UInt8>) -> Int {
        bytes.count { $0 & 0xC0 != 0x80 }
    }
}
