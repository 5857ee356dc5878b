/// Why a text is not acceptable JSON: a reason and the byte where it was noticed.
///
/// The sentence is made when it is shown; carrying the error costs two words.
public struct JSONError: Error, Equatable, Sendable {
    /// The closed list of things that can be wrong.
    public enum Reason: UInt8, Sendable {
        /// The text ended inside a value.
        case unexpectedEnd
    }

    /// What was wrong.
    public let reason: Reason
    /// The byte offset into the text where it was noticed.
    public let offset: Int
}
