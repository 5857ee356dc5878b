import Admission
import HTTP
import Reactor
import Telemetry

/// A review's place in a trace.
struct ReviewTrace: BitwiseCopyable {
    /// The span that answering it is.
    let own: TraceContext
    /// The caller's span; zero where the trace begins here.
    let parent: UInt64
}

/// Gives one loop's reviews their places in traces: their callers', or of their own.
final class ReviewTracer {
    private let spans: SpanSink?
    private let share: Double
    private var random = SystemRandomNumberGenerator()

    init(_ spans: SpanSink?, share: Double) {
        self.spans = spans
        self.share = share
    }

    /// Where a review has its place; nil where nobody looks. A caller's trace is handed on even where nothing is exported.
    func begin(_ field: ByteRange, in bytes: Span<UInt8>) -> ReviewTrace? {
        if field.isPresent, let caller = TraceContext(field, in: bytes) {
            guard spans != nil else { return ReviewTrace(own: caller, parent: 0) }
            return ReviewTrace(own: caller.child(random.next()), parent: caller.span)
        }
        guard spans != nil, share > 0, Double.random(in: 0..<1, using: &random) < share else { return nil }
        return TraceContext(
            high: random.next(), low: random.next() | 1, span: random.next() | 1, isSampled: true
        ).map { ReviewTrace(own: $0, parent: 0) }
    }

    /// The review has been decided.
    func end(
        _ trace: ReviewTrace, _ review: AdmissionReview, _ phase: ReviewPhase, _ outcome: AdmissionMetrics.Outcome,
        wall: Int64, took: Nanoseconds
    ) {
        guard let spans, trace.own.isSampled else { return }
        var span = FinishedSpan(
            phase == .mutate ? "POST /mutate" : "POST /validate", .server, trace.own, parent: trace.parent,
            start: wall - took.count, end: wall)
        span.attributes = [
            ("portcullis.request", review.uid.string), ("portcullis.operation", review.operation.name.description),
            ("portcullis.resource", review.requestResource.resource.string),
            ("k8s.namespace.name", review.namespace.string), ("portcullis.outcome", outcome.name),
        ]
        spans.add(span)
    }
}
