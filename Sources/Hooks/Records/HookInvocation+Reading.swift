internal import Admission
internal import JSON
internal import Policies
internal import Reactor

extension HookInvocation {
    /// Reads an invocation that was written as JSON, alone or as a member of an object.
    init(rereading json: [UInt8], member: StaticString? = nil, deadline: Instant) throws(HookFailure) {
        let document: JSONDocument
        do throws(JSONError) {
            document = try JSONDocument(parsing: json, options: .go(depthMax: 1 << 12))
        } catch {
            throw Self.unreadable(error.description)
        }
        defer { withExtendedLifetime(document) {} }
        let whole = document.root
        guard let root = member.map({ whole[$0] }) ?? whole, let request = root["request"] else {
            throw Self.unreadable("there is no request in it")
        }
        guard let key = root["invocation_key"]?.string, let hook = root["hook"]?.string,
            let phase = HookPhase.allCases.first(where: { root["phase"]?.string == "\($0)" })
        else { throw Self.unreadable("it does not say which hook it is for") }
        self.init(
            key: key, hook: hook, phase: phase, deadline: deadline, revision: root["revision"]?.string ?? "",
            review: try Self.review(request))
        attempt = root["attempt"]?.int.flatMap { Int(exactly: $0) } ?? 1
        if let verdict = root["verdict"], !verdict.isNull {
            var writer = JSONWriter()
            writer.node(verdict)
            self.verdict = writer.bytes
        }
    }

    private static func review(_ request: JSONNode) throws(HookFailure) -> KeptReview {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("kind")
        writer.string("AdmissionReview")
        writer.key("apiVersion")
        writer.string(ReviewVersion.v1.apiVersion)
        writer.key("request")
        writer.node(request)
        writer.endObject()
        let bytes = writer.bytes
        var reader = ReviewReader(depthMax: 1 << 12)
        do throws(ReviewError) {
            return try reader.read(bytes.span) { review throws(ReviewError) in try KeptReview(review) }
        } catch {
            throw unreadable(error.description)
        }
    }

    private static func unreadable(_ why: String) -> HookFailure {
        HookFailure(.error, "the invocation that was kept cannot be read: \(why)")
    }
}
