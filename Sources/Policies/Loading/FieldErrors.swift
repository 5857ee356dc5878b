import CEL
package import JSON

/// A field of a document: where it is, and what stands there.
package struct Field {
    /// The value; nil where there is none, or null.
    package let node: JSONNode?
    /// What to point at: the value, or the nearest thing around it that is there.
    package let anchor: JSONNode
    package let path: String

    package init(root: JSONNode) {
        node = root
        anchor = root
        path = ""
    }

    private init(_ node: JSONNode?, anchor: JSONNode, path: String) {
        self.node = node.flatMap { $0.isNull ? nil : $0 }
        self.anchor = self.node ?? anchor
        self.path = path
    }

    /// The field of that name within this one.
    package subscript(_ name: String) -> Field {
        Field(node?[name], anchor: anchor, path: path.isEmpty ? name : "\(path).\(name)")
    }

    /// The elements of a list; a wrong kind of value is noted.
    package func elements(_ errors: FieldErrors) -> [Field] {
        guard let node else { return [] }
        guard node.isArray else {
            errors.wrongType(self, "a list")
            return []
        }
        return node.elements.enumerated().map { Field($1, anchor: $1, path: "\(path)[\($0)]") }
    }

    /// The same place under another path, which is how some errors are told.
    func renamed(_ path: String) -> Field { Field(node, anchor: anchor, path: path) }
}

// MARK: reading

extension Field {
    package var isPresent: Bool { node != nil }

    /// The text; nil where it is absent.
    package func optionalText(_ errors: FieldErrors) -> String? {
        guard let node else { return nil }
        guard let text = node.string else {
            errors.wrongType(self, "a string")
            return nil
        }
        return text
    }

    /// The text; empty where it is absent.
    package func text(_ errors: FieldErrors) -> String { optionalText(errors) ?? "" }

    /// A list of texts.
    package func texts(_ errors: FieldErrors) -> [String] { elements(errors).map { $0.text(errors) } }

    /// The texts of an object, by key, in the order of the document.
    package func table(_ errors: FieldErrors) -> [(key: String, value: String)] {
        guard let node else { return [] }
        guard node.isObject else {
            errors.wrongType(self, "a mapping")
            return []
        }
        var entries: [(key: String, value: String)] = []
        for member in node.members {
            let key = member.key.string ?? ""
            guard member.value.isNull || member.value.isString else {
                errors.wrongType(self[key], "a string")
                continue
            }
            entries.append((key, member.value.string ?? ""))
        }
        return entries
    }

    /// Whether this is an object, or absent; one with other fields than these is noted.
    @discardableResult
    package func isObject(of known: [String], _ errors: FieldErrors) -> Bool {
        guard let node else { return true }
        guard node.isObject else {
            errors.wrongType(self, "a mapping")
            return false
        }
        for member in node.members {
            let name = member.key.string ?? ""
            guard !known.contains(name) else { continue }
            let child = path.isEmpty ? name : "\(path).\(name)"
            errors.add("unknown field \"\(child)\"", at: member.key, path: child)
        }
        return true
    }
}

/// Collects what is wrong with a document, in the API server's words.
package final class FieldErrors {
    package struct Entry {
        package let node: JSONNode
        package let path: String
        package let message: String
    }

    package private(set) var entries: [Entry] = []
    /// What is not wrong, but hardly meant.
    package private(set) var warnings: [Entry] = []
    /// Whether a value could not be read at all, so that what was made of it says nothing.
    private(set) var hasWrongTypes = false

    package init() {}

    package var isEmpty: Bool { entries.isEmpty }

    package func add(_ message: String, at node: JSONNode, path: String) {
        entries.append(Entry(node: node, path: path, message: message))
    }

    package func add(_ message: String, _ field: Field) { add(message, at: field.anchor, path: field.path) }

    /// Notes what does not keep the document from being used.
    package func warn(_ message: String, _ field: Field) {
        warnings.append(Entry(node: field.anchor, path: field.path, message: message))
    }

    package func wrongType(_ field: Field, _ wanted: String) {
        hasWrongTypes = true
        add("must be \(wanted)", field)
    }

    package func required(_ field: Field, _ detail: String = "") {
        add(detail.isEmpty ? "Required value" : "Required value: \(detail)", field)
    }

    package func invalid(_ field: Field, _ value: String, _ detail: String) {
        add("Invalid value: \(RuleText.quoted(value)): \(detail)", field)
    }

    /// About a value that is shown as it is in JSON.
    package func invalid(_ field: Field, json value: String, _ detail: String) {
        add("Invalid value: \(value): \(detail)", field)
    }

    package func duplicate(_ field: Field, _ value: String) { add("Duplicate value: \(RuleText.quoted(value))", field) }

    func forbidden(_ field: Field, _ detail: String) { add("Forbidden: \(detail)", field) }

    package func notSupported(_ field: Field, _ value: String, _ supported: [String]) {
        let list = supported.map(RuleText.quoted).joined(separator: ", ")
        add("Unsupported value: \(RuleText.quoted(value)): supported values: \(list)", field)
    }

    package func tooMany(_ field: Field, _ count: Int, _ most: Int) {
        add("Too many: \(count): must have at most \(most) items", field)
    }
}

/// Texts as the API server's errors show them.
package enum RuleText {
    /// A text between quotes, with what cannot be seen escaped.
    package static func quoted(_ text: String) -> String {
        var text = text
        return text.withUTF8 { unsafe GoText.quote(ByteView(base: $0.baseAddress, count: $0.count)) }
    }

    /// A list of texts as JSON.
    static func list(_ texts: [String]) -> String { "[" + texts.map(quoted).joined(separator: ",") + "]" }

    /// Without the white space around it.
    static func trimmed(_ text: String) -> String {
        var view = text.unicodeScalars[...]
        while let first = view.first, first.properties.isWhitespace { view.removeFirst() }
        while let last = view.last, last.properties.isWhitespace { view.removeLast() }
        return String(view)
    }
}
