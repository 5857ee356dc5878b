import Glibc

/// Bytes that lie in a document, a program or an arena, and stay there while an expression runs.
@safe public struct ByteView: BitwiseCopyable, @unchecked Sendable, RandomAccessCollection {
    @usableFromInline let base: UnsafePointer<UInt8>?
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
        guard let base = unsafe base else { return 0 }
        var continuations = 0
        var position = 0
        // Eight bytes at a time: a continuation byte has its highest bit set and the next one not. Each of the eight
        // lanes counts up to 255 before the lanes are summed.
        while position + 8 <= count {
            var lanes: UInt64 = 0
            let end = Swift.min(count - 7, position + 8 * 255)
            while position < end {
                let word = unsafe UnsafeRawPointer(base + position).loadUnaligned(as: UInt64.self)
                lanes &+= (word >> 7) & ~(word >> 6) & 0x0101_0101_0101_0101
                position += 8
            }
            let pairs = (lanes & 0x00FF_00FF_00FF_00FF) &+ (lanes >> 8 & 0x00FF_00FF_00FF_00FF)
            continuations += Int((pairs &* 0x0001_0001_0001_0001) >> 48)
        }
        while position < count {
            if unsafe base[position] & 0xC0 == 0x80 { continuations += 1 }
            position += 1
        }
        return count - continuations
    }

    /// Where a byte first is.
    @inline(__always) public func firstIndex(of byte: UInt8) -> Int? {
        guard count > 0, let base = unsafe base, let found = unsafe memchr(base, CInt(byte), count) else { return nil }
        return unsafe UnsafeRawPointer(found) - UnsafeRawPointer(base)
    }

    /// Whether a byte is there.
    @inline(__always) public func contains(_ byte: UInt8) -> Bool { firstIndex(of: byte) != nil }

    /// Whether all bytes are as they are wanted.
    @inlinable @inline(__always) public func allSatisfy(_ isWanted: (UInt8) -> Bool) -> Bool {
        for index in 0..<count where unsafe !isWanted(base.unsafelyUnwrapped[index]) { return false }
        return true
    }

    /// Whether any byte is as it is wanted.
    @inlinable @inline(__always) public func contains(where isWanted: (UInt8) -> Bool) -> Bool {
        for index in 0..<count where unsafe isWanted(base.unsafelyUnwrapped[index]) { return true }
        return false
    }

    /// The bytes where they lie.
    @inline(__always) public func withContiguousStorageIfAvailable<Result>(
        _ body: (UnsafeBufferPointer<UInt8>) throws -> Result
    ) rethrows -> Result? {
        try unsafe body(UnsafeBufferPointer(start: base, count: count))
    }

    /// The bytes as a text, for messages.
    public var text: String { unsafe String(decoding: UnsafeBufferPointer(start: base, count: count), as: UTF8.self) }

    /// The bytes as a buffer.
    @unsafe public var buffer: UnsafeBufferPointer<UInt8> { unsafe UnsafeBufferPointer(start: base, count: count) }
}
