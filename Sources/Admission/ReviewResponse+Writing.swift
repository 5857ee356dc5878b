public import HTTP
public import JSON

extension ReviewResponse {
    /// Writes the answer to that review as an AdmissionReview of the same version. Any bytes in the texts give valid JSON.
    ///
    /// `scratch` is memory to encode the patch in. Returns how many warnings were left out for want of room.
    @discardableResult
    public borrowing func write(
        for review: AdmissionReview, to writer: inout JSONWriter, scratch: inout ByteBuffer
    ) -> Int {
        writer.beginObject()
        writer.key("kind")
        writer.string("AdmissionReview")
        writer.key("apiVersion")
        writer.string(review.version.apiVersion)
        writer.key("response")
        writer.beginObject()
        writer.key("uid")
        review.uid.withUTF8 { writer.string($0) }
        writer.key("allowed")
        writer.bool(isAllowed)
        if !isAllowed || !message.isEmpty { writeStatus(to: &writer) }
        if hasPatch { writePatch(to: &writer, scratch: &scratch) }
        if !annotations.isEmpty { writeAnnotations(to: &writer) }
        let leftOut = warnings.isEmpty ? 0 : writeWarnings(to: &writer)
        writer.endObject()
        writer.endObject()
        return leftOut
    }

    private borrowing func writeStatus(to writer: inout JSONWriter) {
        writer.key("status")
        writer.beginObject()
        if !isAllowed {
            writer.key("status")
            writer.string("Failure")
        }
        writer.key("message")
        let length = messageEnd
        message.withBytes { writer.string($0.extracting(0..<length)) }
        if !reason.isEmpty {
            writer.key("reason")
            write(reason, to: &writer)
        }
        if !causes.isEmpty { writeCauses(to: &writer) }
        if !isAllowed {
            writer.key("code")
            writer.int(Int64(code))
        }
        writer.endObject()
    }

    /// Where the message ends if it is too long: before a character, never inside one.
    private var messageEnd: Int {
        guard message.count > messageBytesMax else { return message.count }
        return message.withBytes { bytes in
            var end = messageBytesMax
            while end > 0, bytes[end] & 0xC0 == 0x80 { end -= 1 }
            return end
        }
    }

    private borrowing func writeCauses(to writer: inout JSONWriter) {
        writer.key("details")
        writer.beginObject()
        writer.key("causes")
        writer.beginArray()
        for index in causes.indices {
            writer.beginObject()
            if !causes[index].reason.isEmpty {
                writer.key("reason")
                write(causes[index].reason, to: &writer)
            }
            writer.key("message")
            write(causes[index].message, to: &writer)
            if !causes[index].field.isEmpty {
                writer.key("field")
                write(causes[index].field, to: &writer)
            }
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
    }

    private borrowing func writePatch(to writer: inout JSONWriter, scratch: inout ByteBuffer) {
        scratch.removeAll()
        patch.withBytes { Base64.append($0, to: &scratch) }
        writer.key("patch")
        scratch.withBytes { writer.string($0) }
        writer.key("patchType")
        writer.string("JSONPatch")
    }

    private borrowing func writeAnnotations(to writer: inout JSONWriter) {
        writer.key("auditAnnotations")
        writer.beginObject()
        for index in annotations.indices {
            let annotation = annotations[index]
            text.withBytes { writer.key($0.extracting(annotation.key.indices)) }
            write(annotation.value, to: &writer)
        }
        writer.endObject()
    }

    private borrowing func writeWarnings(to writer: inout JSONWriter) -> Int {
        writer.key("warnings")
        writer.beginArray()
        let leftOut = text.withBytes { bytes in
            WarningText.bounded(warnings, in: bytes) { writer.string(bytes.extracting($0.indices)) }
        }
        writer.endArray()
        return leftOut
    }

    private borrowing func write(_ range: ByteRange, to writer: inout JSONWriter) {
        text.withBytes { writer.string($0.extracting(range.indices)) }
    }
}
