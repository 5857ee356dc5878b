// Bytes as a text: code points, spaces, and the pieces between separators.

extension ByteView {
    /// The offset of the next code point's first byte.
    @inline(__always)
    func offset(after offset: Int) -> Int {
        var next = offset + 1
        while next < count, self[next] & 0xC0 == 0x80 { next += 1 }
        return next
    }

    /// The offset at which a code point begins, or the end; nil outside of the text.
    func offset(ofCodePoint index: Int64) -> Int? {
        guard index >= 0, index <= Int64(count) else { return nil }
        var (offset, left) = (0, Int(index))
        // A block with no more code points than are left is passed whole: counting runs many bytes at a time.
        while left >= Self.blockBytes, offset + Self.blockBytes <= count {
            left -= self[view: offset..<offset + Self.blockBytes].codePointCount
            offset += Self.blockBytes
        }
        while offset < count, self[offset] & 0xC0 == 0x80 { offset += 1 }
        for _ in 0..<left {
            guard offset < count else { return nil }
            offset = self.offset(after: offset)
        }
        return offset
    }

    private static var blockBytes: Int { 256 }

    /// The text without the white space around it.
    var trimmed: ByteView {
        var start = 0
        while start < count {
            let (scalar, width) = scalar(at: start)
            guard let scalar, scalar.properties.isWhitespace else { break }
            start += width
        }
        var end = count
        while end > start {
            var last = end - 1
            while last > start, self[last] & 0xC0 == 0x80 { last -= 1 }
            guard let scalar = self.scalar(at: last).0, scalar.properties.isWhitespace else { break }
            end = last
        }
        return self[view: start..<end]
    }
}

/// Finds the separators of a text one after the other, up to a limit. An empty one stands before each code point and at
/// the end.
struct Pieces {
    private let text: ByteView
    private let separator: ByteView
    private var left: Int
    private var position = 0

    init(_ text: ByteView, separator: ByteView, limit: Int) {
        self.text = text
        self.separator = separator
        left = limit
    }

    /// Where the next separator begins; also nil when the run was stopped.
    mutating func nextSeparator(_ evaluator: inout Evaluator) -> Int? {
        guard left > 0, position <= text.count else { return nil }
        let found: Int
        if separator.count == 0 {
            found = position
            position = position < text.count ? text.offset(after: position) : text.count + 1
        } else {
            guard let next = TextSearch.first(separator, in: text, from: position, &evaluator) else { return nil }
            found = next
            position = next + separator.count
        }
        left -= 1
        return found
    }
}

/// Writes bytes one behind the other into memory that has room for them.
@safe public struct ByteOutput {
    private let memory: UnsafeMutableBufferPointer<UInt8>
    /// How many bytes have been written.
    public private(set) var count = 0

    @unsafe init(_ memory: UnsafeMutableBufferPointer<UInt8>) { unsafe self.memory = memory }

    /// Room for more bytes, which count as written; there must be room.
    @unsafe @inline(__always)
    mutating func reserve(_ more: Int) -> UnsafeMutableBufferPointer<UInt8> {
        precondition(unsafe more <= memory.count - count)
        defer { count += more }
        return unsafe UnsafeMutableBufferPointer(rebasing: memory[count..<count + more])
    }

    /// Lets `body` write into what is left; it says how many bytes it wrote.
    @unsafe mutating func fill(_ body: (UnsafeMutableRawBufferPointer) -> Int) {
        let rest = unsafe UnsafeMutableBufferPointer(rebasing: memory[count...])
        count += unsafe min(rest.count, max(0, body(UnsafeMutableRawBufferPointer(rest))))
    }

    /// Writes one byte; what there is no room for is left out.
    @inline(__always)
    public mutating func write(_ byte: UInt8) {
        guard unsafe count < memory.count else { return }
        unsafe memory[count] = byte
        count += 1
    }

    /// Writes bytes, some ten thousand between two looks at the deadline; false when the run was stopped.
    mutating func write(_ bytes: ByteView, _ evaluator: inout Evaluator) -> Bool {
        var position = 0
        while position < bytes.count {
            let end = min(bytes.count, position + Evaluator.bytesBetweenChecks)
            write(bytes[view: position..<end])
            if evaluator.mustStop(after: (end - position) / 64 + 1) { return false }
            position = end
        }
        return evaluator.stop == nil
    }

    /// Writes bytes; what there is no room for is left out.
    public mutating func write(_ bytes: ByteView) {
        guard bytes.count > 0, unsafe bytes.count <= memory.count - count else { return }
        let rest = unsafe UnsafeMutableBufferPointer(rebasing: memory[count...])
        count += unsafe rest.initialize(fromContentsOf: bytes.buffer)
    }
}
