/// A status code with its reason phrase.
public struct HTTPStatus: Equatable, Hashable, Sendable {
    /// The three-digit code.
    public let code: Int

    /// The status of that code, which is brought into 100...599.
    public init(_ code: Int) { self.code = min(max(code, 100), 599) }

    /// 200.
    public static let ok = HTTPStatus(200)
    /// 202.
    public static let accepted = HTTPStatus(202)
    /// 204.
    public static let noContent = HTTPStatus(204)
    /// 400.
    public static let badRequest = HTTPStatus(400)
    /// 401.
    public static let unauthorized = HTTPStatus(401)
    /// 403.
    public static let forbidden = HTTPStatus(403)
    /// 404.
    public static let notFound = HTTPStatus(404)
    /// 405.
    public static let methodNotAllowed = HTTPStatus(405)
    /// 408.
    public static let requestTimeout = HTTPStatus(408)
    /// 409.
    public static let conflict = HTTPStatus(409)
    /// 413.
    public static let contentTooLarge = HTTPStatus(413)
    /// 414.
    public static let uriTooLong = HTTPStatus(414)
    /// 415.
    public static let unsupportedMediaType = HTTPStatus(415)
    /// 417.
    public static let expectationFailed = HTTPStatus(417)
    /// 429.
    public static let tooManyRequests = HTTPStatus(429)
    /// 431.
    public static let headTooLarge = HTTPStatus(431)
    /// 500.
    public static let internalServerError = HTTPStatus(500)
    /// 501.
    public static let notImplemented = HTTPStatus(501)
    /// 503.
    public static let serviceUnavailable = HTTPStatus(503)
    /// 504.
    public static let gatewayTimeout = HTTPStatus(504)
    /// 505.
    public static let versionNotSupported = HTTPStatus(505)

    /// The reason phrase of RFC 9110; that of the class's first code for codes without one.
    public var phrase: StaticString {
        switch code {
        case 200: "OK"
        case 201: "Created"
        case 202: "Accepted"
        case 204: "No Content"
        case 304: "Not Modified"
        case 401: "Unauthorized"
        case 403: "Forbidden"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 408: "Request Timeout"
        case 409: "Conflict"
        case 413: "Content Too Large"
        case 414: "URI Too Long"
        case 415: "Unsupported Media Type"
        case 417: "Expectation Failed"
        case 422: "Unprocessable Content"
        case 429: "Too Many Requests"
        case 431: "Request Header Fields Too Large"
        case 501: "Not Implemented"
        case 502: "Bad Gateway"
        case 503: "Service Unavailable"
        case 504: "Gateway Timeout"
        case 505: "HTTP Version Not Supported"
        case ..<200: "Continue"
        case ..<300: "OK"
        case ..<400: "Multiple Choices"
        case ..<500: "Bad Request"
        default: "Internal Server Error"
        }
    }
}
