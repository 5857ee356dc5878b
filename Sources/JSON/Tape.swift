// The tape: a parsed document as an array of 64-bit words, in document order.
//
//   literal, string   one word
//        63..60   59       58 ............ 31   30 ........... 0
//       │ tag   │ coded  │ length in bytes    │ offset in text │
//
//   number            the same word (where its source text is; length 0 when it was built), then 64 bits of value
//   array, object     one word, then the contents: values, or key string word and value in turn
//        63..60   59..32                        31 ........... 0
//       │ tag   │ elements or members         │ span           │
//
// `coded` says that the text between the quotes is not the value itself: it has escapes, or (where the options let that
// pass) bytes that are not UTF-8. `span` counts the words of the container, its opening word included, so that a subtree
// is skipped in one step and can be moved without being rewritten. Lengths have 28 bits and offsets 31, so a text is at
// most 256 MiB, and every value takes at most as many words as its text, separator included, has bytes: a tape never
// has more words than the text has bytes, plus one for a lone number.

/// The four bits that say what a word is.
enum TapeTag {
    static let null: UInt64 = 0
    static let `false`: UInt64 = 1
    static let `true`: UInt64 = 2
    static let int: UInt64 = 3
    static let uint: UInt64 = 4
    static let double: UInt64 = 5
    static let string: UInt64 = 6
    static let array: UInt64 = 7
    static let object: UInt64 = 8
}

/// The fields of a word.
enum TapeWord {
    static let codedFlag: UInt64 = 1 << 59
    static let lengthMax = 1 << 28 - 1
    static let spanMax = 1 << 32 - 1

    @inline(__always) static func scalar(_ tag: UInt64, offset: Int, length: Int) -> UInt64 {
        tag << 60 | UInt64(truncatingIfNeeded: length) << 31 | UInt64(truncatingIfNeeded: offset)
    }

    @inline(__always) static func container(_ tag: UInt64, count: Int, span: Int) -> UInt64 {
        tag << 60 | UInt64(truncatingIfNeeded: count) << 32 | UInt64(truncatingIfNeeded: span)
    }

    @inline(__always) static func tag(_ word: UInt64) -> UInt64 { word >> 60 }
    @inline(__always) static func isCoded(_ word: UInt64) -> Bool { word & codedFlag != 0 }
    @inline(__always) static func length(_ word: UInt64) -> Int { Int(truncatingIfNeeded: word >> 31 & 0xFFF_FFFF) }
    @inline(__always) static func offset(_ word: UInt64) -> Int { Int(truncatingIfNeeded: word & 0x7FFF_FFFF) }
    @inline(__always) static func count(_ word: UInt64) -> Int { Int(truncatingIfNeeded: word >> 32 & 0xFFF_FFFF) }
    @inline(__always) static func span(_ word: UInt64) -> Int { Int(truncatingIfNeeded: word & 0xFFFF_FFFF) }

    /// The number of words from this value to the one after it.
    @inline(__always) static func step(_ word: UInt64) -> Int {
        let tag = tag(word)
        if tag >= TapeTag.array { return span(word) }
        return tag &- TapeTag.int <= 2 ? 2 : 1
    }

    /// The same text at another offset.
    @inline(__always) static func moved(_ word: UInt64, to offset: Int) -> UInt64 {
        word & ~0x7FFF_FFFF | UInt64(truncatingIfNeeded: offset)
    }
}

/// Bytes that someone else keeps alive. Indices are checked in debug builds only: the code that holds one is the
/// parser or reads a tape that the parser wrote, and both stay inside by construction.
@safe struct TextBytes {
    let base: UnsafePointer<UInt8>
    let count: Int

    @inline(__always) init(base: UnsafePointer<UInt8>, count: Int) {
        unsafe self.base = base
        self.count = count
    }

    @inline(__always) subscript(_ index: Int) -> UInt8 {
        assert(index >= 0 && index < count)
        return unsafe base[index]
    }

    /// Eight bytes, the first in the lowest.
    @inline(__always) func eight(at index: Int) -> UInt64 {
        assert(index >= 0 && index + 8 <= count)
        return unsafe UnsafeRawPointer(base + index).loadUnaligned(as: UInt64.self)
    }

    /// Four bytes, the first in the lowest.
    @inline(__always) func four(at index: Int) -> UInt32 {
        assert(index >= 0 && index + 4 <= count)
        return unsafe UnsafeRawPointer(base + index).loadUnaligned(as: UInt32.self)
    }

    /// The bytes from `start` on, `count` of them.
    @inline(__always) func slice(_ start: Int, _ count: Int) -> TextBytes {
        assert(start >= 0 && count >= 0 && start + count <= self.count)
        return unsafe TextBytes(base: base + start, count: count)
    }

    /// The bytes as a span that lives no longer than the call.
    @inline(__always) func withSpan<R, E: Error>(_ body: (Span<UInt8>) throws(E) -> R) throws(E) -> R {
        try body(unsafe Span(_unsafeStart: base, count: count))
    }

    /// Bytewise equality; eight at a time, because keys are short and a call to `memcmp` costs more than they do.
    @inline(__always) static func == (left: TextBytes, right: TextBytes) -> Bool {
        left.count == right.count && left.hasSameBytes(as: right)
    }

    @inline(__always) func hasSameBytes(as other: TextBytes) -> Bool {
        var index = 0
        while index &+ 8 <= count {
            if eight(at: index) != other.eight(at: index) { return false }
            index &+= 8
        }
        while index < count {
            if self[index] != other[index] { return false }
            index &+= 1
        }
        return true
    }
}

/// A tape's words. Checked as `TextBytes` are.
@safe struct TapeWords {
    let base: UnsafeMutablePointer<UInt64>
    let capacity: Int

    @inline(__always) init(base: UnsafeMutablePointer<UInt64>, capacity: Int) {
        unsafe self.base = base
        self.capacity = capacity
    }

    @inline(__always) subscript(_ index: Int) -> UInt64 {
        get {
            assert(index >= 0 && index < capacity)
            return unsafe base[index]
        }
        nonmutating set {
            assert(index >= 0 && index < capacity)
            unsafe base[index] = newValue
        }
    }
}

/// The stable header that nodes point at; its owner rewrites it when buffers move.
@safe struct JSONStorage {
    var text: TextBytes
    var words: TapeWords
}
