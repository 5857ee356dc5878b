import Glibc

/// Finds bytes in bytes, in linear time, a few kilobytes between two looks at the deadline.
enum TextSearch {
    /// How much of a text is searched before the next look.
    private static let windowBytes = 16 << 10
    /// A longer text than this is found by its hash, which can be interrupted anywhere.
    private static let needleBytesMax = 4 << 10
    /// So many places that begin like what is searched for are looked at before their density is.
    private static let candidatesMax = 64

    /// The offset of the first occurrence at or behind `start`; also nil when the run was stopped.
    static func first(_ needle: ByteView, in text: ByteView, from start: Int, _ evaluator: inout Evaluator) -> Int? {
        guard start <= text.count, needle.count <= text.count - start else { return nil }
        guard needle.count > 0 else { return start }
        guard needle.count <= needleBytesMax else { return byHash(needle, in: text, from: start, &evaluator) }
        var (position, candidates, checked) = (start, 0, start)
        while let candidate = firstByte(needle[0], in: text, from: position, upTo: text.count - needle.count + 1) {
            if text[view: candidate..<candidate + needle.count].hasSameBytes(as: needle) { return candidate }
            position = candidate + 1
            candidates += 1
            // Where the first byte is everywhere, candidates are no help.
            if candidates > candidatesMax, candidates > (position - start) / 16 {
                return byHash(needle, in: text, from: position, &evaluator)
            }
            if evaluator.mustStop(after: (position - checked) / 64 + 1) { return nil }
            checked = position
        }
        return nil
    }

    private static func firstByte(_ byte: UInt8, in text: ByteView, from start: Int, upTo end: Int) -> Int? {
        guard start < end, let base = unsafe text.base,
            let found = unsafe memchr(base + start, CInt(byte), end - start)
        else { return nil }
        return unsafe UnsafeRawPointer(found) - UnsafeRawPointer(base)
    }

    /// The offset of the last occurrence that ends at or before `end`; also nil when the run was stopped.
    static func last(_ needle: ByteView, in text: ByteView, upTo end: Int, _ evaluator: inout Evaluator) -> Int? {
        let limit = min(end, text.count)
        guard needle.count > 0, needle.count <= limit else { return needle.count == 0 ? limit : nil }
        var hash = RollingHash(width: needle.count)
        var wanted: UInt64 = 0
        for place in 1...needle.count {
            wanted = hash.adding(needle[needle.count - place], to: wanted)
            hash.value = hash.adding(text[limit - place], to: hash.value)
            if place % windowBytes == 0, evaluator.mustStop(after: windowBytes / 16) { return nil }
        }
        var start = limit - needle.count
        while true {
            if hash.value == wanted, text[view: start..<start + needle.count].hasSameBytes(as: needle) { return start }
            guard start > 0 else { return nil }
            start -= 1
            hash.slide(out: text[start + needle.count], in: text[start])
            if start % windowBytes == 0, evaluator.mustStop(after: windowBytes / 16) { return nil }
        }
    }

    private static func byHash(
        _ needle: ByteView, in text: ByteView, from start: Int, _ evaluator: inout Evaluator
    ) -> Int? {
        guard needle.count <= text.count - start else { return nil }
        var hash = RollingHash(width: needle.count)
        var wanted: UInt64 = 0
        for place in 0..<needle.count {
            wanted = hash.adding(needle[place], to: wanted)
            hash.value = hash.adding(text[start + place], to: hash.value)
            if place % windowBytes == 0, evaluator.mustStop(after: windowBytes / 16) { return nil }
        }
        var position = start
        while true {
            if hash.value == wanted, text[view: position..<position + needle.count].hasSameBytes(as: needle) {
                return position
            }
            guard position + needle.count < text.count else { return nil }
            hash.slide(out: text[position], in: text[position + needle.count])
            position += 1
            if position % windowBytes == 0, evaluator.mustStop(after: windowBytes / 16) { return nil }
        }
    }
}

/// The hash of as many bytes as a window is wide: a polynomial modulo 2⁶¹ − 1 at a point that no request can know, so
/// that none can be written whose windows look like what is searched for and are not.
private struct RollingHash {
    var value: UInt64 = 0
    /// The weight of the byte that leaves the window.
    private let top: UInt64

    private static let prime: UInt64 = (1 << 61) - 1
    private static let point = UInt64.random(in: 1 << 32..<prime)

    init(width: Int) {
        var (power, base, left) = (UInt64(1), Self.point, width)
        while left > 0 {
            if left & 1 == 1 { power = Self.product(power, base) }
            base = Self.product(base, base)
            left >>= 1
        }
        top = power
    }

    @inline(__always)
    private static func product(_ one: UInt64, _ other: UInt64) -> UInt64 {
        let (high, low) = one.multipliedFullWidth(by: other)
        return reduced((low & prime) &+ (high << 3 | low >> 61))
    }

    @inline(__always)
    private static func reduced(_ value: UInt64) -> UInt64 {
        let folded = (value & prime) &+ (value >> 61)
        return folded >= prime ? folded - prime : folded
    }

    @inline(__always)
    func adding(_ byte: UInt8, to hash: UInt64) -> UInt64 {
        Self.reduced(Self.product(hash, Self.point) &+ UInt64(byte) &+ 1)
    }

    @inline(__always)
    mutating func slide(out old: UInt8, in new: UInt8) {
        let gone = Self.product(top, UInt64(old) &+ 1)
        value = Self.reduced(adding(new, to: value) &+ Self.prime &- gone)
    }
}
