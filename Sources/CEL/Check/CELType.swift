/// A type as the checker knows it.
public indirect enum CELType: Hashable, Sendable {
    /// Anything; nothing is known before the expression runs.
    case dyn
    /// A value whose type an envelope names: as open as `dyn`.
    case any
    /// The type of `null`.
    case null
    /// `true` and `false`
    case bool
    /// 64-bit signed integers.
    case int
    /// 64-bit unsigned integers.
    case uint
    /// 64-bit floating-point numbers.
    case double
    /// Sequences of code points.
    case string
    /// Sequences of bytes.
    case bytes
    /// Points in time.
    case timestamp
    /// Lengths of time.
    case duration
    /// A bool, number, string or bytes that may also be null.
    case wrapper(CELType)
    /// Types as values; nil where it is not known which.
    case type(CELType?)
    /// Lists of one type of element.
    case list(CELType)
    /// Maps from one type of key to one type of value.
    case map(CELType, CELType)
    /// A type that only its functions understand, with what it is made of.
    case opaque(String, [CELType])
    /// A type with named fields, which a `TypeProvider` describes.
    case object(String)
    /// A type parameter of a declaration, by its name.
    case parameter(String)
    /// A type that is still to be found out.
    case variable(Int)
    /// What an expression has that could not be checked.
    case error

    /// A value that may be absent.
    public static func optional(_ wrapped: CELType) -> CELType { .opaque(optionalName, [wrapped]) }

    static let optionalName = "optional_type"

    /// What an optional holds; nil where this is no optional.
    var wrappedInOptional: CELType? {
        guard case .opaque(Self.optionalName, let parts) = self else { return nil }
        return parts.first
    }

    /// The types this one is made of.
    var parameters: [CELType] {
        switch self {
        case .list(let element): [element]
        case .map(let key, let value): [key, value]
        case .opaque(_, let parts): parts
        case .type(let inner?): [inner]
        default: []
        }
    }

    var isDyn: Bool { self == .dyn || self == .any }
    var isDynOrError: Bool { isDyn || self == .error }

    var isUnbound: Bool {
        switch self {
        case .variable, .parameter: true
        default: false
        }
    }

    /// The same type with a wrapper taken off: what it is apart from being nullable.
    var unwrapped: CELType {
        if case .wrapper(let inner) = self { return inner }
        return self
    }

    /// Equal but for whether a primitive may be null.
    func isExactly(_ other: CELType) -> Bool {
        let one = unwrapped
        let two = other.unwrapped
        if case .type(nil) = one, case .type(nil) = two { return true }
        let (mine, theirs) = (one.parameters, two.parameters)
        guard !mine.isEmpty, mine.count == theirs.count, one.erasedName == two.erasedName else { return one == two }
        return zip(mine, theirs).allSatisfy { $0.isExactly($1) }
    }

    /// The name of the type without what it is made of, as a running expression sees it.
    public var erasedName: String {
        switch self {
        case .dyn: "dyn"
        case .any: "google.protobuf.Any"
        case .null: "null_type"
        case .bool: "bool"
        case .int: "int"
        case .uint: "uint"
        case .double: "double"
        case .string: "string"
        case .bytes: "bytes"
        case .timestamp: "google.protobuf.Timestamp"
        case .duration: "google.protobuf.Duration"
        case .wrapper(let inner): inner.erasedName
        case .type: "type"
        case .list: "list"
        case .map: "map"
        case .opaque(let name, _), .object(let name), .parameter(let name): name
        case .variable(let number): "_var\(number)"
        case .error: "!error!"
        }
    }
}

extension CELType {
    /// The type with the names that a running expression knows its parts by.
    public var runtimeDescription: String {
        if case .wrapper(let inner) = self { return "wrapper(\(inner.runtimeDescription))" }
        if parameters.isEmpty { return erasedName }
        return "\(erasedName)(\(parameters.map(\.runtimeDescription).joined(separator: ", ")))"
    }
}

extension CELType: CustomStringConvertible {
    /// The type as messages show it.
    public var description: String {
        switch self {
        case .any: "any"
        case .null: "null"
        case .timestamp: "timestamp"
        case .duration: "duration"
        case .wrapper(let inner): "wrapper(\(inner))"
        case .list, .map, .opaque, .type:
            parameters.isEmpty
                ? erasedName : "\(erasedName)(\(parameters.map(\.description).joined(separator: ", ")))"
        default: erasedName
        }
    }
}
