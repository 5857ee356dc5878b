/// Why a request is refused; after it the connection is closed, because where the next request starts is no longer sure.
public enum RequestError: UInt8, Error, Sendable, CaseIterable {
    /// CR that is not followed by LF.
    case strayReturn
    /// LF that does not follow CR.
    case strayLineFeed
    /// A control character, NUL included, in the head.
    case controlCharacter
    /// The first line is not a method, a target and a version with one space between each.
    case requestLine
    /// The method has characters that no method has.
    case method
    /// The target is not a path, or has characters that it may not have.
    case target
    /// CONNECT: this is no proxy.
    case connectMethod
    /// The version is not HTTP/1.0 or HTTP/1.1.
    case version
    /// The request line is too long.
    case lineTooLong
    /// The head is too long.
    case headTooLong
    /// The head has too many fields.
    case tooManyFields
    /// A line starts with whitespace: obsolete line folding.
    case folding
    /// A field's name is empty, has characters that it may not have, or no colon follows it.
    case fieldName
    /// Whitespace between a field's name and its colon.
    case spaceBeforeColon
    /// No Host.
    case hostMissing
    /// More than one Host.
    case hostRepeated
    /// Host is not a host and a port.
    case hostInvalid
    /// The target names another host than Host.
    case hostMismatch
    /// Content-Length is not a whole number.
    case lengthInvalid
    /// Content-Length more than once.
    case lengthRepeated
    /// Both Content-Length and Transfer-Encoding.
    case bothLengths
    /// Transfer-Encoding more than once, empty, in HTTP/1.0, or with `chunked` not exactly once and last.
    case codingInvalid
    /// A transfer coding other than `chunked`.
    case codingUnknown
    /// A field that must be there once at most is there again.
    case fieldRepeated
    /// The body has a content coding such as gzip.
    case contentCoding
    /// An expectation other than `100-continue`.
    case expectation
    /// The body is too long.
    case bodyTooLong
    /// A chunk's size is not a hexadecimal number.
    case chunkSize
    /// A chunk's line is too long or not well-formed.
    case chunkLine
    /// A chunk is not followed by a line end.
    case chunkEnd
    /// What follows the last chunk is too long or not made of fields.
    case trailer
    /// The client ended its side in the middle of a request.
    case endedEarly
    /// The request did not arrive in the time that a request has.
    case tooSlow
}

extension RequestError {
    /// The status to answer with.
    public var status: HTTPStatus {
        switch self {
        case .version: .versionNotSupported
        case .lineTooLong: .uriTooLong
        case .headTooLong, .tooManyFields: .headTooLarge
        case .connectMethod, .codingUnknown: .notImplemented
        case .contentCoding: .unsupportedMediaType
        case .expectation: .expectationFailed
        case .bodyTooLong: .contentTooLarge
        case .tooSlow: .requestTimeout
        default: .badRequest
        }
    }

    /// What is wrong, in a sentence for the sender.
    public var sentence: StaticString {
        switch self {
        case .strayReturn: "a carriage return without a line feed"
        case .strayLineFeed: "a line feed without a carriage return"
        case .controlCharacter: "a control character in the head"
        case .requestLine: "the first line must be a method, a target and a version with single spaces between them"
        case .method: "the method has characters that it may not have"
        case .target: "the target must be an absolute path, percent-encoded where RFC 3986 demands it"
        case .connectMethod: "CONNECT is for proxies, and this is none"
        case .version: "only HTTP/1.1 and HTTP/1.0 are spoken here"
        case .lineTooLong: "the request line is too long"
        case .headTooLong: "the head is too long"
        case .tooManyFields: "the head has too many fields"
        case .folding: "a field may not go on in the next line"
        case .fieldName: "a field must be a name, directly followed by a colon"
        case .spaceBeforeColon: "whitespace between a field's name and its colon"
        case .hostMissing: "the Host field is missing"
        case .hostRepeated: "the Host field is there more than once"
        case .hostInvalid: "the Host field must be a host, optionally with a port"
        case .hostMismatch: "the target and the Host field name different hosts"
        case .lengthInvalid: "Content-Length must be one whole number"
        case .lengthRepeated: "Content-Length is there more than once"
        case .bothLengths: "Content-Length and Transfer-Encoding exclude each other"
        case .codingInvalid: "Transfer-Encoding must be exactly `chunked`, once, and in HTTP/1.1"
        case .codingUnknown: "the only transfer coding understood is `chunked`"
        case .fieldRepeated: "a field that may be there once is there more than once"
        case .contentCoding: "content codings are not accepted; send the body as it is"
        case .expectation: "the only expectation understood is `100-continue`"
        case .bodyTooLong: "the body is larger than this server accepts"
        case .chunkSize: "a chunk's size must be a hexadecimal number"
        case .chunkLine: "a chunk's line is too long or malformed"
        case .chunkEnd: "a chunk is longer than its size says"
        case .trailer: "the trailer is too long or malformed"
        case .endedEarly: "the request ended before it was complete"
        case .tooSlow: "the request took too long to arrive"
        }
    }
}
