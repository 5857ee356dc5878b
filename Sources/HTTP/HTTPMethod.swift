/// The method of a request.
public enum HTTPMethod: UInt8, BitwiseCopyable, Sendable, CaseIterable {
    /// The methods of RFC 9110 and PATCH.
    case get, head, post, put, delete, connect, options, trace, patch
    /// Any other token.
    case other

    /// The method's name on the wire; empty for `other`.
    public var name: StaticString {
        switch self {
        case .get: "GET"
        case .head: "HEAD"
        case .post: "POST"
        case .put: "PUT"
        case .delete: "DELETE"
        case .connect: "CONNECT"
        case .options: "OPTIONS"
        case .trace: "TRACE"
        case .patch: "PATCH"
        case .other: ""
        }
    }

    /// The method that these bytes, a token, name. Methods are case-sensitive.
    init(_ range: ByteRange, in bytes: Span<UInt8>) {
        let candidates: (HTTPMethod, HTTPMethod)
        switch range.count {
        case 3: candidates = (.get, .put)
        case 4: candidates = (.post, .head)
        case 5: candidates = (.patch, .trace)
        case 6: candidates = (.delete, .other)
        case 7: candidates = (.options, .connect)
        default: candidates = (.other, .other)
        }
        if range.equals(candidates.0.name, in: bytes) {
            self = candidates.0
        } else if range.equals(candidates.1.name, in: bytes) {
            self = candidates.1
        } else {
            self = .other
        }
    }
}

/// A set of methods, as the `Allow` field lists them.
public struct HTTPMethodSet: OptionSet, Sendable {
    /// One bit for each method.
    public let rawValue: UInt16

    /// The set with these bits.
    public init(rawValue: UInt16) { self.rawValue = rawValue }

    /// The set of one method.
    public init(_ method: HTTPMethod) { rawValue = 1 << UInt16(method.rawValue) }

    /// GET, and HEAD with it.
    public static let get: HTTPMethodSet = [HTTPMethodSet(.get), HTTPMethodSet(.head)]
    /// POST.
    public static let post = HTTPMethodSet(.post)
}
