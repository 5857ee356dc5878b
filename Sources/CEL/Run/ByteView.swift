import Glibc

/// Bytes that lie in a document, a program or an arena, and stay there while an expression runs.
@safe public struct ByteView: BitwiseCopyable, @unchecked Sendable, RandomAccessCollection {
    let base: UnsafePointer<UInt8>?
    /// How many bytes there are.
    public let count: Int

    /// The bytes at an address.
    @unsafe @inline(__always) public init(base: UnsafePointer<UInt8>?, count: Int) {
        unsafe self.base = base
        self.count = count
    }

    /// No bytes.
    public static let empty = unsafe ByteView(base: nil, count: 0)

    /// The bytes of a text that is a part of this program.
    @inline(__always) public init(_ text: StaticString) {
        unsafe self.init(base: text.utf8Start, count: text.utf8CodeUnitCount)
    }

    /// Zero.
    @inline(__always) public var startIndex: Int { 0 }
    /// The count.
    @inline(__always) public var endIndex: Int { count }

    /// The byte at an index.
    @inline(__always) public subscript(index: Int) -> UInt8 {
        assert(index >= 0 && index < count)
        return unsafe base.unsafelyUnwrapped[index]
    }

    /// The bytes of a range.
    @inline(__always) public subscript(view range: Range<Int>) -> ByteView {
        assert(range.lowerBound >= 0 && range.upperBound <= count)
        guard let base = unsafe base else { return .empty }
        return unsafe ByteView(base: base + range.lowerBound, count: range.count)
    }

    /// Whether these are the same bytes.
    @inline(__always) public func hasSameBytes(as other: ByteView) -> Bool {
        count == other.count && compare(other, upTo: count) == 0
    }

    /// Negative, zero or positive as these bytes come before, are, or come after the others.
    @inline(__always) public func order(_ other: ByteView) -> Int {
        let difference = compare(other, upTo: Swift.min(count, other.count))
        return difference != 0 ? difference : count - other.count
    }

    /// Whether these bytes begin with the others.
    @inline(__always) public func starts(withBytes other: ByteView) -> Bool {
        count >= other.count && compare(other, upTo: other.count) == 0
    }

    @inline(__always) private func compare(_ other: ByteView, upTo length: Int) -> Int {
        guard length > 0, let base = unsafe base, let otherBase = unsafe other.base else { return 0 }
        return Int(unsafe memcmp(base, otherBase, length))
    }

    /// How many code points the bytes are, as UTF-8.
    public var codePointCount: Int {
        var continuations = 0
        for index in 0..<count where unsafe base.unsafelyUnwrapped[index] & 0xC0 == 0x80 { continuations += 1 }
        return count - continuations
    }

    /// The bytes as a text, for messages.
    public var text: String { unsafe String(decoding: UnsafeBufferPointer(start: base, count: count), as: UTF8.self) }

    /// The bytes as a buffer.
    @unsafe public var buffer: UnsafeBufferPointer<UInt8> { unsafe UnsafeBufferPointer(start: base, count: count) }
}
