import HTTP
public import JSON

// What one hook said, looked at by whoever puts the answer together.

extension ReviewResponse {
    /// Whether nothing was said but that the object is admitted.
    public var isSilent: Bool {
        isAllowed && message.isEmpty && warnings.isEmpty && annotations.isEmpty && !hasPatch
    }

    /// Adds what another answer says beside its verdict: warnings, unless they are not wanted, and audit annotations.
    public mutating func takeRemarks(of other: borrowing ReviewResponse, withWarnings: Bool = true) {
        for index in other.warnings.indices where withWarnings {
            let range = other.warnings[index]
            other.text.withBytes { bytes in _ = addWarning(bytes.extracting(range.indices)) }
        }
        for index in other.annotations.indices {
            let annotation = other.annotations[index]
            other.text.withBytes { bytes in
                _ = annotate(bytes.extracting(annotation.key.indices), bytes.extracting(annotation.value.indices))
            }
        }
    }

    /// Denies as another answer does, if it does: the first denial decides the code, the reason and the message.
    public mutating func takeDenial(of other: borrowing ReviewResponse) {
        guard !other.isAllowed else { return }
        if isAllowed {
            other.text.withBytes { bytes in deny(code: other.code, reason: bytes.extracting(other.reason.indices)) }
            message.removeAll()
            other.message.withBytes { message.append($0) }
        }
        for index in other.causes.indices {
            let cause = other.causes[index]
            other.text.withBytes { bytes in
                _ = addCause(
                    reason: bytes.extracting(cause.reason.indices), message: bytes.extracting(cause.message.indices),
                    field: bytes.extracting(cause.field.indices))
            }
        }
        guard other.causes.isEmpty else { return }
        other.text.withBytes { bytes in
            other.message.withBytes { message in
                _ = addCause(reason: bytes.extracting(other.reason.indices), message: message)
            }
        }
    }

    /// Gives each message of a denial to `body`: that of every cause, or its own where there are none.
    public borrowing func eachComplaint(_ body: (String) -> Void) {
        if isAllowed { return }
        if causes.isEmpty { return body(message.text) }
        for index in causes.indices {
            let range = causes[index].message
            text.withBytes { bytes in body(range.string(in: bytes)) }
        }
    }

    /// Writes the answer as hooks that run after it are given it.
    public borrowing func writeVerdict(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("allowed")
        writer.bool(isAllowed)
        if !isAllowed {
            writer.key("code")
            writer.int(Int64(code))
            writer.key("reason")
            text.withBytes { writer.string($0.extracting(reason.indices)) }
        }
        if !message.isEmpty {
            writer.key("message")
            message.withBytes { writer.string($0) }
        }
        writer.key("patched")
        writer.bool(hasPatch)
        writer.key("warnings")
        writer.beginArray()
        text.withBytes { bytes in
            for index in warnings.indices { writer.string(bytes.extracting(warnings[index].indices)) }
        }
        writer.endArray()
        writer.key("audit_annotations")
        writer.beginObject()
        text.withBytes { bytes in
            for index in annotations.indices {
                writer.key(bytes.extracting(annotations[index].key.indices))
                writer.string(bytes.extracting(annotations[index].value.indices))
            }
        }
        writer.endObject()
        writer.endObject()
    }
}
