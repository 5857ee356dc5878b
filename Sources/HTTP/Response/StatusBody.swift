public import JSON

/// The body of an error that is no verdict: a Kubernetes `Status`, which API clients show to people.
public struct StatusBody: Sendable {
    /// The HTTP status.
    public var status: HTTPStatus
    /// A Kubernetes reason; by default the one that goes with the status.
    public var reason: StaticString
    /// Seconds after which to come again, repeated in the details as the API server does.
    public var retryAfterSeconds: Int?

    /// A body for that status.
    public init(_ status: HTTPStatus, reason: StaticString? = nil) {
        self.status = status
        self.reason = reason ?? Self.reason(for: status)
    }

    /// Writes the body with a message for people.
    public func write(_ message: Span<UInt8>, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("kind")
        writer.string("Status")
        writer.key("apiVersion")
        writer.string("v1")
        writer.key("metadata")
        writer.beginObject()
        writer.endObject()
        writer.key("status")
        writer.string("Failure")
        writer.key("message")
        writer.string(message)
        if reason.utf8CodeUnitCount > 0 {
            writer.key("reason")
            writer.string(reason)
        }
        if let retryAfterSeconds {
            writer.key("details")
            writer.beginObject()
            writer.key("retryAfterSeconds")
            writer.int(Int64(retryAfterSeconds))
            writer.endObject()
        }
        writer.key("code")
        writer.int(Int64(status.code))
        writer.endObject()
    }

    /// Writes the body with a message for people.
    public func write(_ message: String, to writer: inout JSONWriter) { write(message.utf8.span, to: &writer) }

    /// Writes the body of a refused request.
    public static func write(_ error: RequestError, to writer: inout JSONWriter) {
        StatusBody(error.status).write(error.sentence.description, to: &writer)
    }

    /// The reasons of Kubernetes' `metav1.StatusReason`.
    private static func reason(for status: HTTPStatus) -> StaticString {
        switch status.code {
        case 400: "BadRequest"
        case 401: "Unauthorized"
        case 403: "Forbidden"
        case 404: "NotFound"
        case 405: "MethodNotAllowed"
        case 408, 504: "Timeout"
        case 409: "Conflict"
        case 413: "RequestEntityTooLarge"
        case 415: "UnsupportedMediaType"
        case 429: "TooManyRequests"
        case 500: "InternalError"
        case 503: "ServiceUnavailable"
        default: ""
        }
    }
}
