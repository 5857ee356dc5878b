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
        var offset = 0
        for _ in 0..<index {
            guard offset < count else { return nil }
            offset = self.offset(after: offset)
        }
        return offset
    }

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

    /// Where the next separator begins.
    mutating func nextSeparator() -> Int? {
        guard left > 0, position <= text.count else { return nil }
        let found: Int
        if separator.count == 0 {
            found = position
            position = position < text.count ? text.offset(after: position) : text.count + 1
        } else {
            guard let next = TextSearch.first(separator, in: text, from: position) else { return nil }
            found = next
            position = next + separator.count
        }
        left -= 1
        return found
    }
}

/// Writes bytes one behind the other into memory that has room for them.
@safe struct ByteOutput {
    private let memory: UnsafeMutableBufferPointer<UInt8>
    private(set) var count = 0

    @unsafe init(_ memory: UnsafeMutableBufferPointer<UInt8>) { unsafe self.memory = memory }

    mutating func write(_ bytes: ByteView) {
        guard bytes.count > 0, unsafe bytes.count <= memory.count - count else { return }
        let rest = unsafe UnsafeMutableBufferPointer(rebasing: memory[count...])
        count += unsafe rest.initialize(fromContentsOf: bytes.buffer)
    }
}
