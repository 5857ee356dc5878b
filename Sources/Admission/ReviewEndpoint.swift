public import HTTP
import JSON
public import Telemetry

/// One loop's side of `/validate` and `/mutate`: from a request's bytes to the bytes of its answer.
///
/// It owns the memory that reviews are parsed in and answers are made in, and does no I/O: whoever owns the connection
/// gives it the request and sends what it wrote.
public struct ReviewEndpoint: ~Copyable {
    /// A request that has been routed to one of the endpoints.
    public struct Request: Sendable {
        /// The head.
        public let head: RequestHead
        /// Where the body is in the bytes.
        public let body: Range<Int>
        /// The endpoint.
        public let phase: ReviewPhase
        /// The number of the group in the path.
        public let group: UInt32
        /// When the first byte arrived, in nanoseconds of the loop's clock.
        public let arrival: UInt64
        /// Whether the connection ends with the answer.
        public let closes: Bool
        /// The span that answering it is; nil where nobody looks at traces.
        public let trace: TraceContext?

        /// A request.
        public init(
            head: RequestHead, body: Range<Int>, phase: ReviewPhase, group: UInt32 = 0, arrival: UInt64, closes: Bool,
            trace: TraceContext? = nil
        ) {
            self.head = head
            self.body = body
            self.phase = phase
            self.group = group
            self.arrival = arrival
            self.closes = closes
            self.trace = trace
        }
    }

    /// What became of a request.
    public enum Outcome: Equatable, Sendable {
        /// The answer, a verdict, has been written.
        case answered(isAllowed: Bool, operation: ReviewOperation)
        /// A handler has taken a ticket; the answer follows through it.
        case later
        /// An answer that is no verdict has been written.
        case refused(ReviewError)
    }

    private var reader: ReviewReader
    private var response: ReviewResponse
    private var answer = ReviewAnswerWriter()
    private let rule: DeadlineRule

    /// An endpoint with these bounds.
    public init(rule: DeadlineRule = DeadlineRule(), bytesMax: Int = 8 << 20, depthMax: Int = 512) {
        reader = ReviewReader(bytesMax: bytesMax, depthMax: depthMax)
        response = ReviewResponse()
        self.rule = rule
    }

    /// Has a handler answer a request; what is to be sent is added to `output`.
    public mutating func respond(
        to request: Request, in bytes: Span<UInt8>, with handler: some ReviewHandler,
        _ exchange: inout some ReviewExchange, output: inout ByteBuffer
    ) -> Outcome {
        do throws(ReviewError) {
            try Self.checkMediaType(request.head, bytes)
            let deadline = try rule.deadline(arrival: request.arrival, query: request.head.query, in: bytes)
            var result = Outcome.later
            response.reset()
            try reader.read(bytes.extracting(request.body)) { review throws(ReviewError) in
                let question = ReviewQuestion(
                    review: review, phase: request.phase, group: request.group, arrival: request.arrival,
                    deadline: deadline, trace: request.trace)
                exchange.passed(.decode)
                guard handler.handle(question, &response, &exchange) == .answered else { return }
                exchange.passed(.hooks)
                exchange.decided(question, response)
                answer.compose(response, for: review)
                result = .answered(isAllowed: response.isAllowed, operation: review.operation)
            }
            if result != .later {
                answer.send(.ok, request.head, closes: request.closes, to: &output)
                exchange.passed(.encode)
            }
            return result
        } catch {
            let status: HTTPStatus = error == .mediaType ? .unsupportedMediaType : .badRequest
            answer.compose(status, error.description)
            answer.send(status, request.head, closes: request.closes, to: &output)
            return .refused(error)
        }
    }

    /// Gives memory back that larger reviews than those of late have needed; true where there was any.
    public mutating func shrink() -> Bool { reader.shrink() }

    /// `application/json`, with parameters or without; a body without a type is taken at its word.
    private static func checkMediaType(_ head: RequestHead, _ bytes: Span<UInt8>) throws(ReviewError) {
        let value = head.contentType
        guard value.isPresent, !value.isEmpty else { return }
        var end = value.start
        while end < value.end, bytes[end] != UInt8(ascii: ";"), bytes[end] != UInt8(ascii: " ") { end += 1 }
        guard ByteRange(value.start, end).equalsIgnoringCase("application/json", in: bytes) else { throw .mediaType }
    }
}
