public import HTTP
import JSON

/// Writes answers to reviews, in buffers that are kept from one to the next.
///
/// Whoever answers reviews that were kept has one besides the endpoint's: a handler may have its answer before the endpoint has
/// returned, which is at work with its own until then.
public struct ReviewAnswerWriter: ~Copyable {
    private var writer = JSONWriter(capacity: 1024)
    private var scratch = ByteBuffer()

    /// A writer without memory yet.
    public init() {}

    /// Writes the answer to a review that a handler kept, for whoever owns the connection to send.
    public mutating func answer(
        _ review: AdmissionReview, _ response: borrowing ReviewResponse, head: RequestHead, closes: Bool,
        output: inout ByteBuffer
    ) {
        compose(response, for: review)
        send(.ok, head, closes: closes, to: &output)
    }

    mutating func compose(_ response: borrowing ReviewResponse, for review: AdmissionReview) {
        writer.reset()
        response.write(for: review, to: &writer, scratch: &scratch)
    }

    mutating func compose(_ status: HTTPStatus, _ message: String) {
        writer.reset()
        StatusBody(status).write(message, to: &writer)
    }

    /// Adds what was composed to what is to be sent.
    func send(_ status: HTTPStatus, _ head: RequestHead, closes: Bool, to output: inout ByteBuffer) {
        var response = ResponseWriter(status: status, closes: closes)
        response.keepsOldConnection = head.minorVersion == 0 && !closes
        writer.withBytes { response.write($0, to: &output) }
    }
}
