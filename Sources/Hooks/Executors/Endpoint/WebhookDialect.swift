internal import Admission
internal import HTTP
internal import JSON
internal import Policies
internal import Reactor

/// Another admission webhook, asked as the API server would ask it: AdmissionReview `v1` in and out.
struct WebhookDialect: EndpointDialect {
    private let url: HTTPURL
    private let fields: [(name: String, value: String)]

    init(_ plan: EndpointPlan) {
        url = plan.url
        fields = plan.headers
    }

    /// The API server appends its timeout in whole seconds; here it is in milliseconds, which is as good a duration in Go and
    /// does not promise time that there is not.
    func head(_ time: Nanoseconds) throws(RequestWriter.Problem) -> RequestWriter {
        let separator = url.target.utf8.contains(UInt8(ascii: "?")) ? "&" : "?"
        let scheme = url.isSecure ? "https" : "http"
        let milliseconds = max(1, time.count / 1_000_000)
        let text = "\(scheme)://\(url.authority)\(url.target)\(separator)timeout=\(milliseconds)ms"
        // The URL was checked when it was loaded; only the longest that passes leaves no room for the timeout.
        return try RequestWriter(.post, (try? HTTPURL(text)) ?? url, fields: fields)
    }

    func body(_ invocation: HookInvocation, now: Instant) -> [UInt8] {
        var writer = JSONWriter(capacity: 4 << 10)
        writer.beginObject()
        writer.key("kind")
        writer.string("AdmissionReview")
        writer.key("apiVersion")
        writer.string(ReviewVersion.v1.apiVersion)
        writer.key("request")
        invocation.review.review.writeRequest(to: &writer)
        writer.endObject()
        return writer.bytes
    }

    func result(_ body: [UInt8], for invocation: HookInvocation) throws(HookFailure) -> HookResult {
        let uid = invocation.review.review.uid.string
        return try WebhookAnswer.result(body, uid: uid, mayPatch: invocation.phase == .mutate)
    }
}
