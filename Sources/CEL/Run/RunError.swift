/// Why a computation failed, in short; the sentence is made when it is shown.
enum RunError: UInt8 {
    case message
    case noSuchOverload
    /// The arguments fit no overload; the message says so.
    case noMatchingOverload
    case noSuchKey
    case indexOutOfBounds
    case noSuchAttribute
    case divisionByZero
    case modulusByZero
    case integerOverflow
    case unsignedOverflow
    case durationOverflow
    case timestampOverflow
    case stopped
}

extension Value {
    /// The error of a function that was given arguments it does not take, without its name.
    public static let noSuchOverload = Value(.error, detail: RunError.noSuchOverload.rawValue)
    /// What a function gives when the run must end.
    public static let stopped = Value(.error, detail: RunError.stopped.rawValue)

    static func error(_ error: RunError) -> Value { Value(.error, detail: error.rawValue) }

    /// An error whose sentence is a part of this program.
    public static func error(_ message: StaticString) -> Value {
        let bytes = ByteView(message)
        return Value(
            .error, detail: RunError.message.rawValue, length: UInt32(truncatingIfNeeded: bytes.count),
            word: Value(.string, bytes).word)
    }

    /// Whether a function was given arguments that it does not take.
    var isOverloadError: Bool {
        kind == .error
            && (detail == RunError.noSuchOverload.rawValue || detail == RunError.noMatchingOverload.rawValue)
    }

    /// The sentence of an error.
    public var errorMessage: String {
        switch RunError(rawValue: detail) {
        case .message, .noMatchingOverload: return bytes.text
        case .noSuchKey: return "no such key: \(boxed?.shown ?? "")"
        case .indexOutOfBounds: return "index out of bounds: \(boxed?.shown ?? "")"
        case .noSuchAttribute: return "no such attribute(s): \(boxed?.text ?? "")"
        case .divisionByZero: return "division by zero"
        case .modulusByZero: return "modulus by zero"
        case .integerOverflow: return "integer overflow"
        case .unsignedOverflow: return "unsigned integer overflow"
        case .durationOverflow: return "duration overflow"
        case .timestampOverflow: return "timestamp overflow"
        case .stopped: return "operation interrupted"
        case .noSuchOverload, nil: return "no such overload"
        }
    }

    /// The value that an error or an optional carries.
    var boxed: Value? {
        unsafe UnsafePointer<Value>(bitPattern: UInt(truncatingIfNeeded: word))?.pointee
    }

    /// What an optional has; nil where it has nothing.
    public var optionalValue: Value? { kind == .optional ? boxed : nil }

    /// A value as error messages show it.
    var shown: String {
        switch kind {
        case .null: "null"
        case .bool: boolValue ? "true" : "false"
        case .int: "\(intValue)"
        case .uint: "\(uintValue)"
        case .double: DoubleText.general(doubleValue)
        case .string, .type: text
        default: typeName
        }
    }
}
