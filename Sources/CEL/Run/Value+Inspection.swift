public import JSON

// What tools and tests look at that expressions do not.

extension Value {
    /// What an optional holds; nil for one that holds nothing, and for any other value.
    public var wrapped: Value? { kind == .optional ? boxed : nil }

    /// How a library's value is written; nil where that is not said.
    public var libraryText: String? { family.flatMap { $0.text(self) } }

    /// The type of an object that the expression made; nil for a map, and for any other value.
    public var objectTypeName: ByteView? {
        guard kind == .map else { return nil }
        let name = unsafe mapBlock.pointee.typeName
        return name.isEmpty ? nil : name
    }

    /// The array or object of a document that this is; nil for what the expression made.
    public var documentPart: JSONNode? { kind == .jsonArray || kind == .jsonObject ? node : nil }
}
