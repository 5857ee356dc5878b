import Glibc

/// Finds bytes in bytes.
enum TextSearch {
    /// The offset of the first occurrence at or behind `start`.
    static func first(_ needle: ByteView, in text: ByteView, from start: Int) -> Int? {
        guard start <= text.count else { return nil }
        guard needle.count > 0 else { return start }
        let last = text.count - needle.count
        var position = start
        while position <= last {
            let rest = text[view: position..<last + 1]
            guard let candidate = firstByte(needle[0], in: rest) else { return nil }
            position += candidate
            if text[view: position..<position + needle.count].hasSameBytes(as: needle) { return position }
            position += 1
        }
        return nil
    }

    private static func firstByte(_ byte: UInt8, in text: ByteView) -> Int? {
        guard let base = unsafe text.base, let found = unsafe memchr(base, CInt(byte), text.count) else { return nil }
        return unsafe UnsafeRawPointer(found) - UnsafeRawPointer(base)
    }

    /// The offset of the last occurrence that ends at or before `end`.
    static func last(_ needle: ByteView, in text: ByteView, upTo end: Int) -> Int? {
        var start = min(end, text.count) - needle.count
        while start >= 0 {
            if text[view: start..<start + needle.count].hasSameBytes(as: needle) { return start }
            start -= 1
        }
        return nil
    }
}
