/// Values written as JSON that keeps their types: an object with one key, which says what the value is.
///
///     {"null":null} {"bool":true} {"int":"-5"} {"uint":"5"} {"double":"1.5"} {"string":"x"} {"bytes":"YWI="}
///     {"list":[v,…]} {"map":[[k,v],…]} {"type":"int"} {"timestamp":"2009-02-13T23:31:30.5Z"} {"duration":"-1.5s"}
///     {"optional":null} {"optional":{"value":v}} {"object":{"type":"kubernetes.Quantity","string":"12Mi"}}
///
/// Numbers are strings, because not every reader of JSON keeps 64 bits of them.
public enum TypedEncoding {
    /// Values that contain each other more often than this are refused, both ways.
    public static let depthMax = 200
}

/// Why a value cannot be written as typed JSON, or typed JSON is no value.
public enum TypedEncodingError: Error, Equatable, CustomStringConvertible, Sendable {
    /// More than `TypedEncoding.depthMax` values contain each other.
    case tooDeep
    /// There is more of it than an evaluation may use.
    case tooLarge
    /// The JSON is not what its kind takes; the kind is named.
    case malformed(String)
    /// There is no kind of that name that could be read.
    case unknownKind(String)

    /// What is wrong, in words.
    public var description: String {
        switch self {
        case .tooDeep: "values are nested more than \(TypedEncoding.depthMax) deep"
        case .tooLarge: "values take more memory than an evaluation may use"
        case .malformed(let kind): "not a typed value of kind \(kind)"
        case .unknownKind(let kind): "no kind of typed value is called \(kind)"
        }
    }
}
