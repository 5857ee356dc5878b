public import Admission
import JSON

/// Looks at what a webhook answered to a review.
public struct ReviewAnswer: ~Copyable {
    private var tape = JSONTape()

    /// A reader of answers.
    public init() {}

    /// What an HTTP answer with that status and body is worth to whoever asked with this `uid`.
    public mutating func outcome(status: Int, body: Span<UInt8>, uid: Span<UInt8>) -> LoadOutcome {
        guard status == 200 else { return .status(status) }
        guard let root = try? tape.parse(body, options: .go()), let response = root["response"],
            response["uid"]?.equals(uid) == true, let isAllowed = response["allowed"]?.bool
        else { return .contract }
        return isAllowed ? .allowed : .denied
    }

    /// The `uid` that a review's answer must repeat.
    public static func uid(ofReview body: Span<UInt8>) throws(ReviewError) -> [UInt8] {
        var reader = ReviewReader()
        return try reader.read(body) { review in review.uid.withUTF8 { bytes in bytes.indices.map { bytes[$0] } } }
    }
}
