public import JSON

/// Parses review bodies, one after the other, into memory that it keeps.
///
/// A loop has one of these. A review is valid until the next one is read and as long as its body stays where it is.
public struct ReviewReader: ~Copyable {
    private var tape = JSONTape()
    private let options: JSONOptions
    private var largestEver = 0
    private var largestOfLate = 0

    /// A reader that accepts what the API server's own decoder accepts, within these bounds.
    public init(bytesMax: Int = 8 << 20, depthMax: Int = 512) {
        var options = JSONOptions.go(depthMax: depthMax)
        options.bytesMax = bytesMax
        self.options = options
    }

    /// Gives memory back that was of use to bodies larger than those since the last call; true where there was any.
    public mutating func shrink() -> Bool {
        defer { largestOfLate = 0 }
        largestEver = max(largestEver, largestOfLate)
        guard largestEver > 256 << 10, largestOfLate < largestEver / 4 else { return false }
        largestEver = largestOfLate
        tape = JSONTape()
        return true
    }

    /// Reads a body where it lies and gives its review to `use`.
    public mutating func read<R>(
        _ body: Span<UInt8>, _ use: (AdmissionReview) throws(ReviewError) -> R
    ) throws(ReviewError) -> R {
        guard body.count > 0 else { throw .empty }
        largestOfLate = max(largestOfLate, body.count)
        return try unsafe body.withUnsafeBufferPointer { bytes throws(ReviewError) in
            let root: JSONNode
            do throws(JSONError) { root = unsafe try tape.parse(inPlace: bytes, options: options) } catch {
                throw .json(error)
            }
            return try use(AdmissionReview(decoding: root))
        }
    }
}

/// A review that outlives its body: for hooks that answer later.
public final class KeptReview: Sendable {
    private let document: JSONDocument
    /// The review; use it only while this object is kept.
    public let review: AdmissionReview

    /// How much memory it takes.
    public var byteCount: Int { document.byteCount }

    /// Copies a review. With an object, that takes the place of the review's own: what earlier hooks made of it.
    public init(_ original: AdmissionReview, object: JSONNode? = nil) throws(ReviewError) {
        // Whatever the reader let through has been judged deep enough already.
        var builder = JSONBuilder(depthMax: 1 << 20)
        builder.beginObject()
        builder.key("kind")
        builder.string("AdmissionReview")
        builder.key("apiVersion")
        builder.string(original.version.apiVersion)
        builder.key("request")
        if let object {
            Self.copy(original.request, object: object, &builder)
        } else {
            builder.copy(original.request)
        }
        builder.endObject()
        do throws(JSONError) { document = try builder.finish() } catch { throw .json(error) }
        review = try AdmissionReview(decoding: document.root)
    }

    private static func copy(_ request: JSONNode, object: JSONNode, _ builder: inout JSONBuilder) {
        builder.beginObject()
        for member in request.members {
            member.key.withUTF8 { builder.key($0) }
            builder.copy(member.key.equals("object") ? object : member.value)
        }
        builder.endObject()
    }
}
