public import HTTP
public import JSON

/// One answer in the making: the verdict and everything that goes with it, in memory that is kept from one to the next.
public struct ReviewResponse: ~Copyable {
    struct Cause: BitwiseCopyable {
        let reason: ByteRange
        let message: ByteRange
        let field: ByteRange
    }

    struct Annotation: BitwiseCopyable {
        let key: ByteRange
        let value: ByteRange
    }

    /// Whether the object is admitted.
    public private(set) var isAllowed = true
    /// The HTTP status code of a denial.
    public private(set) var code = 0
    /// What a denial says to people; also shown, if any, beside an admission.
    public var message = ByteBuffer()
    /// The JSON Patch that makes the object what it should be; empty for none. Bytes of a JSON array.
    public var patch = JSONWriter()

    /// Every text but the message, one behind the other.
    var text = ByteBuffer()
    var reason = ByteRange.absent
    var causes: [Cause] = []
    var warnings: [ByteRange] = []
    var annotations: [Annotation] = []
    /// How many causes, warnings and annotations were left out because there were too many or because they were no good.
    public private(set) var leftOutCount = 0

    private let limits: ReviewResponseLimits
    var messageBytesMax: Int { limits.messageBytesMax }

    /// An admission without more to say.
    public init(limits: ReviewResponseLimits = ReviewResponseLimits()) { self.limits = limits }

    /// Becomes an admission without more to say again.
    public mutating func reset() {
        isAllowed = true
        code = 0
        message.removeAll()
        patch.reset()
        text.removeAll()
        reason = .absent
        causes.removeAll(keepingCapacity: true)
        warnings.removeAll(keepingCapacity: true)
        annotations.removeAll(keepingCapacity: true)
        leftOutCount = 0
    }

    /// Whether there is a patch with at least one operation.
    public var hasPatch: Bool { patch.count > 2 }
}

extension ReviewResponse {
    /// Denies, with a status code (the API server makes 400 of anything below) and a reason of `metav1.StatusReason`. The
    /// first denial decides both; what later ones say belongs in the message and the causes.
    public mutating func deny(code: Int = 403, reason: StaticString = "Forbidden") {
        guard isAllowed else { return }
        isAllowed = false
        self.code = code < 400 || code > 599 ? 400 : code
        let start = text.count
        text.append(reason)
        self.reason = ByteRange(start, text.count)
    }

    /// Denies with a reason that a policy or an executor gives.
    public mutating func deny(code: Int, reason: Span<UInt8>) {
        guard isAllowed else { return }
        isAllowed = false
        self.code = code < 400 || code > 599 ? 400 : code
        self.reason = keep(reason)
    }

    /// Goes back to an admission: a denial that is only to be warned about was taken back.
    public mutating func allow() {
        isAllowed = true
        code = 0
        reason = .absent
    }

    /// Adds one violation: why, in words, and the path of the field if it is known.
    @discardableResult
    public mutating func addCause(
        reason: Span<UInt8>, message: Span<UInt8>, field: Span<UInt8> = Span()
    ) -> Bool {
        guard causes.count < limits.causesMax, hasRoom(reason.count + message.count + field.count) else {
            return leaveOut()
        }
        causes.append(Cause(reason: keep(reason), message: keep(message), field: keep(field)))
        return true
    }

    /// Adds a warning that the API server shows to the client; one that was there already is not repeated.
    ///
    /// Control characters become spaces: the API server would drop a warning that has one.
    @discardableResult
    public mutating func addWarning(_ warning: Span<UInt8>) -> Bool {
        guard warning.count > 0, warnings.count < limits.warningsMax, hasRoom(warning.count) else {
            return leaveOut()
        }
        let range = keep(warning, replacingControls: true)
        let isKnown = text.withBytes { bytes in warnings.contains { $0.hasSameBytes(as: range, in: bytes) } }
        if isKnown {
            text.truncate(to: range.start)
        } else {
            warnings.append(range)
        }
        return true
    }

    /// Adds a warning.
    @discardableResult
    public mutating func addWarning(_ warning: String) -> Bool { addWarning(warning.utf8.span) }

    /// Adds an audit annotation; the API server puts the webhook's name and a slash before the key.
    ///
    /// The key must be the name part of a qualified name, or the API server would drop it. The first value of a key stays.
    @discardableResult
    public mutating func annotate(_ key: Span<UInt8>, _ value: Span<UInt8>) -> Bool {
        guard AnnotationKey.isValid(key), value.count <= limits.annotationBytesMax,
            annotations.count < limits.annotationsMax, hasRoom(key.count + value.count)
        else { return leaveOut() }
        let range = keep(key)
        let isKnown = text.withBytes { bytes in annotations.contains { $0.key.hasSameBytes(as: range, in: bytes) } }
        if isKnown {
            text.truncate(to: range.start)
            return leaveOut()
        }
        annotations.append(Annotation(key: range, value: keep(value)))
        return true
    }

    /// Adds an audit annotation.
    @discardableResult
    public mutating func annotate(_ key: String, _ value: String) -> Bool { annotate(key.utf8.span, value.utf8.span) }

    private mutating func leaveOut() -> Bool {
        leftOutCount += 1
        return false
    }

    private func hasRoom(_ more: Int) -> Bool { text.count + more <= limits.textBytesMax }

    private mutating func keep(_ bytes: Span<UInt8>, replacingControls: Bool = false) -> ByteRange {
        let start = text.count
        text.append(bytes)
        if replacingControls { text.withMutableBytes { WarningText.replaceControls(&$0, from: start) } }
        return ByteRange(start, text.count)
    }
}

/// The bounds of an answer.
public struct ReviewResponseLimits: Sendable {
    /// How many causes there may be.
    public var causesMax = 256
    /// How many warnings there may be.
    public var warningsMax = 256
    /// How many audit annotations there may be.
    public var annotationsMax = 64
    /// The longest value of an audit annotation.
    public var annotationBytesMax = 10 << 10
    /// The longest message; the rest is cut off.
    public var messageBytesMax = 32 << 10
    /// All other texts together.
    public var textBytesMax = 1 << 20

    /// The defaults.
    public init() {}
}

extension ByteRange {
    func hasSameBytes(as other: ByteRange, in bytes: Span<UInt8>) -> Bool {
        guard count == other.count else { return false }
        for offset in 0..<count where bytes[start &+ offset] != bytes[other.start &+ offset] { return false }
        return true
    }
}

/// Keys of audit annotations.
public enum AnnotationKey {
    /// The name part of a qualified name: at most 63 letters, digits, `-`, `_` and `.`, with a letter or digit at the ends.
    public static func isValid(_ key: Span<UInt8>) -> Bool {
        guard key.count > 0, key.count <= 63, isAlphanumeric(key[0]), isAlphanumeric(key[key.count - 1]) else {
            return false
        }
        for index in key.indices where !isAlphanumeric(key[index]) {
            let byte = key[index]
            if byte != UInt8(ascii: "-"), byte != UInt8(ascii: "_"), byte != UInt8(ascii: ".") { return false }
        }
        return true
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "A")...UInt8(ascii: "Z"):
            true
        default: false
        }
    }
}
