import JSON

/// A value that a merge takes or gives: a part of a document, or what an expression made.
indirect enum MergeValue {
    case null
    case bool(Bool)
    case int(Int64)
    case uint(UInt64)
    case double(Double)
    case string(String)
    case list([MergeValue])
    case map([Member])
    /// A part of a document, which must outlive the value.
    case document(JSONNode)
    /// A value that no schema has a type for, with Go's text of it.
    case foreign(String)

    /// A member of a map.
    struct Member {
        let name: String
        let value: MergeValue
    }

    /// What a schema can ask of a value.
    enum Form { case null, bool, number, string, list, map, foreign }

    var form: Form {
        switch self {
        case .null: .null
        case .bool: .bool
        case .int, .uint, .double: .number
        case .string: .string
        case .list: .list
        case .map: .map
        case .foreign: .foreign
        case .document(let node):
            switch node.kind {
            case .null: .null
            case .bool: .bool
            case .int, .uint, .double: .number
            case .string: .string
            case .array: .list
            case .object: .map
            }
        }
    }

    var isScalar: Bool { form == .bool || form == .number || form == .string }

    /// The elements of a list; of anything else there are none.
    var elements: [MergeValue] {
        switch self {
        case .list(let elements): elements
        case .document(let node): node.elements.map { .document($0) }
        default: []
        }
    }

    /// The members of a map, in order; of anything else there are none.
    var members: [Member] {
        switch self {
        case .map(let members): members
        case .document(let node): node.members.map { Member(name: $0.key.string ?? "", value: .document($0.value)) }
        default: []
        }
    }

    var count: Int {
        switch self {
        case .list(let elements): elements.count
        case .map(let members): members.count
        case .document(let node): node.count
        default: 0
        }
    }

    /// The member of that name.
    subscript(_ name: String) -> MergeValue? {
        switch self {
        case .map(let members): members.first { $0.name.utf8.elementsEqual(name.utf8) }?.value
        case .document(let node): node[name].map { .document($0) }
        default: nil
        }
    }

    /// Adds the value to a document that is being built.
    func write(to builder: inout JSONBuilder) {
        switch self {
        case .null, .foreign: builder.null()
        case .bool(let value): builder.bool(value)
        case .int(let value): builder.int(value)
        case .uint(let value): builder.uint(value)
        // Go writes a whole number without a fraction, whatever its type, and so may readers of integers expect it.
        case .double(let value):
            if let whole = Int64(exactly: value) { builder.int(whole) } else { builder.double(value) }
        case .string(let text): builder.string(text)
        case .document(let node): builder.copy(node)
        // An empty list that an expression made is written as Go writes a slice that nothing was ever put into.
        case .list(let elements) where elements.isEmpty: builder.null()
        case .list(let elements):
            builder.beginArray()
            for element in elements { element.write(to: &builder) }
            builder.endArray()
        case .map(let members):
            builder.beginObject()
            for member in members {
                builder.key(member.name)
                member.value.write(to: &builder)
            }
            builder.endObject()
        }
    }
}

// MARK: the texts of values

extension MergeValue {
    /// A value as the path to a list's element shows it.
    var pathText: String {
        switch self {
        case .null: "null"
        case .bool(let value): "\(value)"
        case .int(let value): "\(value)"
        case .uint(let value): "\(value)"
        case .double(let value): Int64(exactly: value).map { "\($0)" } ?? "\(value)"
        case .string(let text): Self.quoted(text)
        case .list: "[\(elements.map(\.pathText).joined(separator: ","))]"
        case .map: members.map { "\($0.name)=\($0.value.pathText)" }.joined()
        case .foreign: "{{undefined}}"
        case .document(let node): scalar(of: node)?.pathText ?? opened.pathText
        }
    }

    /// A value as an error shows it.
    var goText: String {
        switch self {
        case .null: "<nil>"
        case .bool, .int, .uint, .double: pathText
        case .string(let text): text
        case .list: "[\(elements.map(\.goText).joined(separator: " "))]"
        case .map:
            "map[\(members.sorted { $0.name < $1.name }.map { "\($0.name):\($0.value.goText)" }.joined(separator: " "))]"
        case .foreign(let text): text
        case .document(let node): scalar(of: node)?.goText ?? opened.goText
        }
    }

    /// The name of the value's type in Go.
    var goTypeName: String {
        switch form {
        case .null: "<nil>"
        case .bool: "bool"
        case .string: "string"
        case .list: "[]interface {}"
        case .map: "map[string]interface {}"
        case .number: pathText.contains(".") ? "float64" : "int64"
        case .foreign: goText == Self.nullText ? "structpb.NullValue" : goText
        }
    }

    /// A value as Go source would write it.
    var goSource: String {
        switch form {
        case .string: Self.quoted(goText)
        case .foreign: goText == Self.nullText ? "0" : goText
        case .null, .bool, .number, .list, .map: goText
        }
    }

    /// The text of a null that an expression made.
    static let nullText = "NULL_VALUE"

    private func scalar(of node: JSONNode) -> MergeValue? {
        switch node.kind {
        case .null: .null
        case .bool: .bool(node.bool ?? false)
        case .int: .int(node.int ?? 0)
        case .uint: .uint(node.uint ?? 0)
        case .double: .double(node.double ?? 0)
        case .string: .string(node.string ?? "")
        case .array, .object: nil
        }
    }

    /// A document's array or object with its parts apart.
    private var opened: MergeValue { form == .list ? .list(elements) : .map(members) }

    static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\n": quoted += "\\n"
            case "\t": quoted += "\\t"
            case "\r": quoted += "\\r"
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}
