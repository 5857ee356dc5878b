public import JSON

/// A JSON value that can be taken apart and put together; the order of members means nothing.
public indirect enum Value: Hashable, Sendable {
    /// `null`.
    case null
    /// `true` or `false`.
    case bool(Bool)
    /// A whole number.
    case int(Int64)
    /// Any other number.
    case double(Double)
    /// A string.
    case string(String)
    /// An array.
    case array([Value])
    /// An object.
    case object([String: Value])

    /// The value of a node.
    public init(_ node: JSONNode) {
        switch node.kind {
        case .null: self = .null
        case .bool: self = .bool(node.bool ?? false)
        case .int: self = .int(node.int ?? 0)
        case .uint, .double: self = .double(node.double ?? 0)
        case .string: self = .string(node.string ?? "")
        case .array: self = .array(node.elements.map { Value($0) })
        case .object:
            var members: [String: Value] = [:]
            for (key, value) in node.members { members[key.string ?? ""] = Value(value) }
            self = .object(members)
        }
    }

    /// The value of a text; nil where it is not JSON.
    public init?(_ text: [UInt8]) {
        guard let document = try? JSONDocument(parsing: text) else { return nil }
        self = document.withRoot { Value($0) }
    }

    /// The value of a text; nil where it is not JSON.
    public init?(_ text: String) { self.init(Array(text.utf8)) }
}

extension Value {
    /// The member of that name; `null` where there is none or this is no object. Setting `null` removes it.
    public subscript(_ key: String) -> Value {
        get { members[key] ?? .null }
        set {
            var changed = members
            changed[key] = newValue == .null ? nil : newValue
            self = .object(changed)
        }
    }

    /// The members, if this is an object.
    public var members: [String: Value] {
        if case .object(let members) = self { return members }
        return [:]
    }

    /// The elements, if this is an array.
    public var elements: [Value] {
        if case .array(let elements) = self { return elements }
        return []
    }

    /// The text, if this is a string.
    public var text: String? {
        if case .string(let text) = self { return text }
        return nil
    }

    /// Whether this is an object.
    public var isObject: Bool {
        if case .object = self { return true }
        return false
    }

    /// Whether this is an array.
    public var isArray: Bool {
        if case .array = self { return true }
        return false
    }

    /// The value as compact JSON, members by name.
    public var json: String {
        var writer = JSONWriter()
        write(to: &writer)
        return writer.text
    }

    private func write(to writer: inout JSONWriter) {
        switch self {
        case .null: writer.null()
        case .bool(let value): writer.bool(value)
        case .int(let value): writer.int(value)
        case .double(let value): writer.double(value)
        case .string(let value): writer.string(value)
        case .array(let elements):
            writer.beginArray()
            for element in elements { element.write(to: &writer) }
            writer.endArray()
        case .object(let members):
            writer.beginObject()
            for (key, value) in members.sorted(by: { $0.key < $1.key }) {
                writer.key(key.utf8.span)
                value.write(to: &writer)
            }
            writer.endObject()
        }
    }
}

extension Value: ExpressibleByStringLiteral, ExpressibleByDictionaryLiteral, ExpressibleByArrayLiteral,
    ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral
{
    /// A string.
    public init(stringLiteral value: String) { self = .string(value) }
    /// An object.
    public init(dictionaryLiteral elements: (String, Value)...) {
        self = .object(Dictionary(elements, uniquingKeysWith: { $1 }))
    }
    /// An array.
    public init(arrayLiteral elements: Value...) { self = .array(elements) }
    /// A whole number.
    public init(integerLiteral value: Int64) { self = .int(value) }
    /// `true` or `false`.
    public init(booleanLiteral value: Bool) { self = .bool(value) }
}
