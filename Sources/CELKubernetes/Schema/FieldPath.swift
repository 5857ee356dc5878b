/// Where in an object something is, as the API server writes it: `spec.containers[0].name`.
public struct FieldPath: Sendable, Hashable, CustomStringConvertible {
    /// The path as it is written; `<nil>` for that of the object itself.
    public var description: String { text.isEmpty ? "<nil>" : text }

    private let text: String

    /// The object itself.
    public static let root = FieldPath(text: "")

    private init(text: String) { self.text = text }

    /// Whether this is the object itself.
    public var isRoot: Bool { text.isEmpty }

    /// A field of what this is.
    public func child(_ name: String) -> FieldPath { FieldPath(text: text.isEmpty ? name : "\(text).\(name)") }

    /// An element of the list that this is.
    public func index(_ index: Int) -> FieldPath { FieldPath(text: "\(text)[\(index)]") }

    /// An entry of the map that this is.
    public func key(_ key: String) -> FieldPath { FieldPath(text: "\(text)[\(key)]") }
}
