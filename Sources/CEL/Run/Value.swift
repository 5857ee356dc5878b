/// A value while an expression runs: sixteen bytes that may be copied freely.
///
/// What does not fit lies in the arena of the evaluation, in the program, or in the document that a variable is bound
/// to; a value is good for as long as these are. Nothing in it is counted.
///
///     kind  detail  zone  length  word
///     1     1       2     4       8     bytes
@safe public struct Value: BitwiseCopyable, @unchecked Sendable {
    /// What a value is.
    public enum Kind: UInt8, Sendable, BitwiseCopyable {
        /// A failed computation; it is a value because `||` and its like can absorb it.
        case error
        /// `null`
        case null
        /// `true` or `false`
        case bool
        /// A signed integer.
        case int
        /// An unsigned integer.
        case uint
        /// A floating-point number.
        case double
        /// A string.
        case string
        /// A sequence of bytes.
        case bytes
        /// A point in time.
        case timestamp
        /// A length of time.
        case duration
        /// A type.
        case type
        /// A list that the expression made.
        case list
        /// A map that the expression made.
        case map
        /// An array of a document.
        case jsonArray
        /// An object of a document.
        case jsonObject
        /// A list that is read by a shape.
        case shapedList
        /// An object that is read by a shape.
        case shapedMap
        /// A value that may be absent.
        case optional
        /// A value that only its library understands.
        case opaque
    }

    /// What the value is.
    public let kind: Kind
    let detail: UInt8
    /// The minutes by which a timestamp was written ahead of UTC, which its text shows again.
    let zone: Int16
    let length: UInt32
    let word: UInt64

    @inline(__always)
    init(_ kind: Kind, detail: UInt8 = 0, zone: Int16 = 0, length: UInt32 = 0, word: UInt64 = 0) {
        self.kind = kind
        self.detail = detail
        self.zone = zone
        self.length = length
        self.word = word
    }
}

// MARK: scalars

extension Value {
    /// `null`
    public static let null = Value(.null)
    /// `true`
    public static let `true` = Value(.bool, word: 1)
    /// `false`
    public static let `false` = Value(.bool, word: 0)

    /// A truth value.
    @inline(__always) public init(_ value: Bool) { self.init(.bool, word: value ? 1 : 0) }
    /// A signed integer.
    @inline(__always) public init(_ value: Int64) { self.init(.int, word: UInt64(bitPattern: value)) }
    /// An unsigned integer.
    @inline(__always) public init(_ value: UInt64) { self.init(.uint, word: value) }
    /// A floating-point number.
    @inline(__always) public init(_ value: Double) { self.init(.double, word: value.bitPattern) }

    /// A length of time.
    @inline(__always) public init(durationNanoseconds value: Int64) {
        self.init(.duration, word: UInt64(bitPattern: value))
    }

    /// A point in time: seconds since 1970, nanoseconds on top, and the zone that it is written in, in minutes.
    @inline(__always) public init(timestampSeconds seconds: Int64, nanoseconds: UInt32, zone: Int16 = 0) {
        self.init(.timestamp, zone: zone, length: nanoseconds, word: UInt64(bitPattern: seconds))
    }

    /// Whether this is a failed computation.
    @inline(__always) public var isError: Bool { kind == .error }
    @inline(__always) var isTrue: Bool { kind == .bool && word == 1 }
    @inline(__always) var isFalse: Bool { kind == .bool && word == 0 }

    /// The truth value of a bool.
    @inline(__always) public var boolValue: Bool { word == 1 }
    /// The number of an int, or the nanoseconds of a duration, or the seconds of a timestamp.
    @inline(__always) public var intValue: Int64 { Int64(bitPattern: word) }
    /// The number of a uint.
    @inline(__always) public var uintValue: UInt64 { word }
    /// The number of a double.
    @inline(__always) public var doubleValue: Double { Double(bitPattern: word) }
    /// The nanoseconds of a timestamp on top of its seconds.
    @inline(__always) public var nanosecondsValue: UInt32 { length }
}

// MARK: strings, bytes and types

extension Value {
    /// A string, bytes or a type's name that lie where they are for as long as the value is used.
    @inline(__always) public init(_ kind: Kind, _ bytes: ByteView) {
        let address = unsafe UInt64(UInt(bitPattern: bytes.base))
        self.init(kind, length: UInt32(truncatingIfNeeded: bytes.count), word: address)
    }

    /// The type that is called `name`.
    @inline(__always) public init(typeNamed name: StaticString) { self.init(.type, ByteView(name)) }

    /// The bytes of a string, of bytes, or of a type's name.
    @inline(__always) public var bytes: ByteView {
        unsafe ByteView(base: UnsafePointer(bitPattern: UInt(truncatingIfNeeded: word)), count: Int(length))
    }

    /// The text of a string, for messages.
    public var text: String { bytes.text }

    /// The type of a value, as a value.
    public var type: Value {
        switch kind {
        case .error: Value(typeNamed: "error")
        case .null: Value(typeNamed: "null_type")
        case .bool: Value(typeNamed: "bool")
        case .int: Value(typeNamed: "int")
        case .uint: Value(typeNamed: "uint")
        case .double: Value(typeNamed: "double")
        case .string: Value(typeNamed: "string")
        case .bytes: Value(typeNamed: "bytes")
        case .timestamp: Value(typeNamed: "google.protobuf.Timestamp")
        case .duration: Value(typeNamed: "google.protobuf.Duration")
        case .type: Value(typeNamed: "type")
        case .list, .jsonArray, .shapedList: Value(typeNamed: "list")
        case .map: objectTypeName.map { Value(.type, $0) } ?? Value(typeNamed: "map")
        case .jsonObject, .shapedMap: Value(typeNamed: "map")
        case .optional: Value(typeNamed: "optional_type")
        case .opaque: family?.typeValue ?? Value(typeNamed: "error")
        }
    }

    /// The name of the value's type.
    public var typeName: String { type.text }
}
