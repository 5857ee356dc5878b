/// A stretch of bytes by its place in a buffer, so that a head can point into bytes that move.
public struct ByteRange: BitwiseCopyable, Equatable, Sendable {
    private let first: UInt32
    private let length: UInt32

    /// No bytes at all; the value of a field that a message does not have.
    public static let absent = ByteRange(UInt32.max, 0)

    private init(_ first: UInt32, _ length: UInt32) {
        self.first = first
        self.length = length
    }

    /// The bytes from `start` up to `end`. Both are below 2³² because the limits of a message are.
    @inline(__always) public init(_ start: Int, _ end: Int) {
        first = UInt32(truncatingIfNeeded: start)
        length = UInt32(truncatingIfNeeded: end &- start)
    }

    /// Whether the message has it, empty or not.
    @inline(__always) public var isPresent: Bool { first != .max }
    /// Whether there are no bytes.
    @inline(__always) public var isEmpty: Bool { length == 0 }
    /// How many bytes there are.
    @inline(__always) public var count: Int { Int(length) }
    /// The index of the first byte.
    @inline(__always) public var start: Int { isPresent ? Int(first) : 0 }
    /// The index just past the last byte.
    @inline(__always) public var end: Int { start &+ count }
    /// The indices, for `Span.extracting`.
    @inline(__always) public var indices: Range<Int> { start..<end }
}

extension ByteRange {
    /// The bytes as a string; offending ones become U+FFFD.
    public func string(in bytes: Span<UInt8>) -> String {
        guard end <= bytes.count else { return "" }
        return unsafe bytes.extracting(indices).withUnsafeBufferPointer { unsafe String(decoding: $0, as: UTF8.self) }
    }

    /// Whether these are exactly the bytes of `text`.
    public func equals(_ text: StaticString, in bytes: Span<UInt8>) -> Bool {
        guard count == text.utf8CodeUnitCount, end <= bytes.count else { return false }
        for offset in 0..<count where bytes[start &+ offset] != text.byte(offset) { return false }
        return true
    }

    /// Whether these are the bytes of `lowercase`, which has no capital letters, in whatever case.
    public func equalsIgnoringCase(_ lowercase: StaticString, in bytes: Span<UInt8>) -> Bool {
        guard count == lowercase.utf8CodeUnitCount, end <= bytes.count else { return false }
        for offset in 0..<count where ByteClass.lowercase(bytes[start &+ offset]) != lowercase.byte(offset) {
            return false
        }
        return true
    }

    /// The range without spaces and tabs at its ends.
    func trimmed(in bytes: Span<UInt8>) -> ByteRange {
        var (low, high) = (start, end)
        while low < high, ByteClass.isBlank(bytes[low]) { low &+= 1 }
        while high > low, ByteClass.isBlank(bytes[high &- 1]) { high &-= 1 }
        return ByteRange(low, high)
    }
}

extension StaticString {
    /// One byte of a literal.
    @inline(__always) func byte(_ index: Int) -> UInt8 {
        assert(index >= 0 && index < utf8CodeUnitCount)
        return unsafe utf8Start[index]
    }
}
