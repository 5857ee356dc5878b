/// Why the server cannot start.
public struct GateError: Error, CustomStringConvertible, Sendable {
    /// The sentence.
    public let description: String

    /// An error with that sentence.
    public init(_ description: String) { self.description = description }
}
