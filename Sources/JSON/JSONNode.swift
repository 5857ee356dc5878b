/// What kind of value a node is.
public enum JSONKind: UInt8, Sendable {
    /// `null`.
    case null
    /// `true` or `false`.
    case bool
    /// A whole number that an `Int64` holds.
    case int
    /// A whole number above `Int64.max` that a `UInt64` holds.
    case uint
    /// Any other number.
    case double
    /// A string.
    case string
    /// An array.
    case array
    /// An object.
    case object
}

/// One value of a parsed or built document: a place on its tape.
///
/// A node is two words that may be copied and stored freely; it is valid while its owner (`JSONTape` or `JSONDocument`)
/// lives and has not been given another text. That rule is the whole of its safety: reading through it is memory-safe as
/// long as it is kept, and nothing a document contains can break it.
@safe public struct JSONNode: BitwiseCopyable, @unchecked Sendable {
    let storage: UnsafePointer<JSONStorage>
    /// The place on the tape, for tables that are kept beside a document.
    public let index: UInt32

    @inline(__always) init(storage: UnsafePointer<JSONStorage>, index: Int) {
        unsafe self.storage = storage
        self.index = UInt32(truncatingIfNeeded: index)
    }

    @inline(__always) var place: Int { Int(index) }
    @inline(__always) var word: UInt64 { unsafe storage.pointee.words[Int(index)] }
    @inline(__always) var words: TapeWords { unsafe storage.pointee.words }
    @inline(__always) var text: TextBytes { unsafe storage.pointee.text }
    @inline(__always) func at(_ place: Int) -> JSONNode { unsafe JSONNode(storage: storage, index: place) }

    /// The place just past this value, where the next one starts.
    @inline(__always) var endPlace: Int { place &+ TapeWord.step(word) }
}

extension JSONNode {
    /// What kind of value this is.
    @inline(__always) public var kind: JSONKind {
        switch TapeWord.tag(word) {
        case TapeTag.null: .null
        case TapeTag.false, TapeTag.true: .bool
        case TapeTag.int: .int
        case TapeTag.uint: .uint
        case TapeTag.double: .double
        case TapeTag.string: .string
        case TapeTag.array: .array
        default: .object
        }
    }

    /// Whether this is `null`.
    @inline(__always) public var isNull: Bool { TapeWord.tag(word) == TapeTag.null }
    /// Whether this is a string.
    @inline(__always) public var isString: Bool { TapeWord.tag(word) == TapeTag.string }
    /// Whether this is an array.
    @inline(__always) public var isArray: Bool { TapeWord.tag(word) == TapeTag.array }
    /// Whether this is an object.
    @inline(__always) public var isObject: Bool { TapeWord.tag(word) == TapeTag.object }
    /// Whether this is a number of any kind.
    @inline(__always) public var isNumber: Bool { TapeWord.tag(word) &- TapeTag.int <= 2 }

    /// The truth value, if this is one.
    @inline(__always) public var bool: Bool? {
        switch TapeWord.tag(word) {
        case TapeTag.true: true
        case TapeTag.false: false
        default: nil
        }
    }

    /// The number, if this is a whole number that an `Int64` holds.
    @inline(__always) public var int: Int64? {
        TapeWord.tag(word) == TapeTag.int ? Int64(bitPattern: words[place &+ 1]) : nil
    }

    /// The number, if this is a whole number that a `UInt64` holds.
    @inline(__always) public var uint: UInt64? {
        let bits = isNumber ? words[place &+ 1] : 0
        switch TapeWord.tag(word) {
        case TapeTag.uint: return bits
        case TapeTag.int: return Int64(bitPattern: bits) >= 0 ? bits : nil
        default: return nil
        }
    }

    /// The number of any kind, rounded to the nearest 64-bit float.
    @inline(__always) public var double: Double? {
        switch TapeWord.tag(word) {
        case TapeTag.int: Double(Int64(bitPattern: words[place &+ 1]))
        case TapeTag.uint: Double(words[place &+ 1])
        case TapeTag.double: Double(bitPattern: words[place &+ 1])
        default: nil
        }
    }

    /// The number as the text wrote it, if this is a number that came from text.
    public var numberText: String? {
        guard isNumber, TapeWord.length(word) > 0 else { return nil }
        return source.withSpan { String(copying: $0) }
    }

    /// The bytes of a scalar's text: between the quotes for a string.
    @inline(__always) var source: TextBytes {
        let word = word
        return text.slice(TapeWord.offset(word), TapeWord.length(word))
    }

    /// The byte offset in the text at which this value's own characters start; nil for containers and built numbers.
    public var sourceOffset: Int? {
        let word = word
        guard TapeWord.tag(word) < TapeTag.array, TapeWord.length(word) > 0 || isString else { return nil }
        return TapeWord.offset(word)
    }
}

extension String {
    /// The text of bytes that are known to be UTF-8; offending ones become U+FFFD.
    init(copying bytes: Span<UInt8>) {
        self = unsafe bytes.withUnsafeBufferPointer { unsafe String(decoding: $0, as: UTF8.self) }
    }
}
