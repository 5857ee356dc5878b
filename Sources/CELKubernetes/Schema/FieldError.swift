import CEL
import JSON

/// Something that is wrong with a field, in the words of the API server.
public struct FieldError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What kind of error it is.
    public enum Kind: String, Sendable {
        /// The value is not one that the field may have.
        case invalid = "Invalid value"
        /// The field may not be there, or not be so.
        case forbidden = "Forbidden"
        /// The field must be there.
        case required = "Required value"
        /// The value must be the only one of its kind.
        case duplicate = "Duplicate value"
        /// The value is none of those that are known.
        case notSupported = "Unsupported value"
        /// The fault is not the caller's.
        case `internal` = "Internal error"

        var showsValue: Bool { self == .invalid || self == .duplicate || self == .notSupported }
    }

    /// What kind of error it is.
    public let kind: Kind
    /// Which field.
    public let path: FieldPath
    /// The value as the error shows it; nil where it is left out.
    public let value: String?
    /// What is wrong.
    public let detail: String

    init(_ kind: Kind, _ path: FieldPath, value: String? = nil, _ detail: String) {
        self.kind = kind
        self.path = path
        self.value = value
        self.detail = detail
    }

    /// The error without its field.
    public var body: String {
        var text = kind.rawValue
        if kind.showsValue, let value { text += ": \(value)" }
        return detail.isEmpty ? text : "\(text): \(detail)"
    }

    /// The field, the kind of error, the value and what is wrong with it.
    public var description: String { "\(path): \(body)" }

    static func invalid(_ path: FieldPath, text: String, _ detail: String) -> FieldError {
        FieldError(.invalid, path, value: quoted(text), detail)
    }

    /// A text as errors show it.
    static func quoted(_ text: String) -> String {
        let bytes = Array(text.utf8)
        return unsafe bytes.withUnsafeBufferPointer {
            unsafe GoText.quote(ByteView(base: $0.baseAddress, count: $0.count))
        }
    }

    /// A value of a document as errors show it; nil for lists and objects, which are left out.
    static func shown(_ node: JSONNode) -> String? {
        switch node.kind {
        case .null: "null"
        case .bool: node.bool == true ? "true" : "false"
        case .int: node.int.map { String($0) }
        case .uint, .double: DoubleText.write(node.double ?? 0, exponentFrom: 21)
        case .string: quoted(node.string ?? "")
        case .array, .object: nil
        }
    }
}
