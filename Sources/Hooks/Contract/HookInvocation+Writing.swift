internal import Admission
public import JSON
public import Reactor

extension HookInvocation {
    /// The contract's version that is spoken here.
    public static let contractVersion: Int64 = 1

    /// The invocation as JSON.
    ///
    /// `deadline_ms` is how many milliseconds are left, not a time of day: the clocks of two machines differ.
    public func json(now: Instant) -> [UInt8] {
        var writer = JSONWriter(capacity: 4 << 10)
        write(to: &writer, now: now)
        return writer.bytes
    }

    /// Writes the invocation; `request` is what to write in the place of its request, as JSON.
    public func write(to writer: inout JSONWriter, now: Instant, request: [UInt8]? = nil) {
        writer.beginObject()
        writer.key("contract_version")
        writer.int(Self.contractVersion)
        writer.key("invocation_key")
        writer.string(key)
        writer.key("hook")
        writer.string(hook)
        writer.key("phase")
        writer.string("\(phase)")
        writer.key("attempt")
        writer.int(Int64(attempt))
        writer.key("deadline_ms")
        writer.int(max(0, (deadline - now).count / 1_000_000))
        writer.key("revision")
        writer.string(revision)
        writer.key("request")
        if let request { writer.verbatim(request.span) } else { review.review.writeRequest(to: &writer) }
        if let verdict {
            writer.key("verdict")
            writer.verbatim(verdict.span)
        }
        writer.endObject()
    }
}

extension AdmissionReview {
    /// Writes the request as it came, with the object as earlier hooks left it.
    func writeRequest(to writer: inout JSONWriter) {
        var hasObject = false
        writer.beginObject()
        for member in request.members {
            member.key.withUTF8 { writer.key($0) }
            if member.key.equals("object") {
                hasObject = true
                writeObject(to: &writer)
            } else {
                writer.node(member.value)
            }
        }
        if !hasObject, object != nil {
            writer.key("object")
            writeObject(to: &writer)
        }
        writer.endObject()
    }

    private func writeObject(to writer: inout JSONWriter) {
        if let object { writer.node(object) } else { writer.null() }
    }
}
