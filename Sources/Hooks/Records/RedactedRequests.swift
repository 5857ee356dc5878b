internal import Admission
internal import JSON

/// The request of the last review that was asked for, without its secrets: one review often leaves several records, one for
/// each hook, and redacting is most of what a record costs. It belongs to a journal's thread.
final class RedactedRequests {
    /// Not kept alive for this: it holds what must not be kept.
    private weak var last: KeptReview?
    private var text: [UInt8] = []

    /// The request as JSON.
    func text(of kept: KeptReview) -> [UInt8] {
        if last === kept { return text }
        var writer = JSONWriter(capacity: 4 << 10)
        kept.review.writeRequest(to: &writer)
        text = Redaction().redacted(writer.bytes)
        last = kept
        return text
    }
}

extension AdmissionReview {
    /// Writes an AdmissionReview of this version around a request that is JSON already.
    func write(around request: [UInt8], to writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("kind")
        writer.string("AdmissionReview")
        writer.key("apiVersion")
        writer.string(version.apiVersion)
        writer.key("request")
        writer.verbatim(request.span)
        writer.endObject()
    }
}
