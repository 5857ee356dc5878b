// What tools and tests look at that expressions do not.

extension Value {
    /// What an optional holds; nil for one that holds nothing, and for any other value.
    public var wrapped: Value? { kind == .optional ? boxed : nil }

    /// How a library's value is written; nil where that is not said.
    public var libraryText: String? { family.flatMap { $0.text(self) } }
}
