import CEL
import JSON

/// A field of a document: where it is, and what stands there.
struct Field {
    /// The value; nil where there is none, or null.
    let node: JSONNode?
    /// What to point at: the value, or the nearest thing around it that is there.
    let anchor: JSONNode
    let path: String

    init(root: JSONNode) {
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
    subscript(_ name: String) -> Field {
        Field(node?[name], anchor: anchor, path: path.isEmpty ? name : "\(path).\(name)")
    }

    /// The elements of a list; a wrong kind of value is noted.
    func elements(_ errors: FieldErrors) -> [Field] {
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
    var isPresent: Bool { node != nil }

    /// The text; nil where it is absent.
    func optionalText(_ errors: FieldErrors) -> String? {
        guard let node else { return nil }
        guard let text = node.string else {
            errors.wrongType(self, "a string")
            return nil
        }
        return text
    }

    /// The text; empty where it is absent.
    func text(_ errors: FieldErrors) -> String { optionalText(errors) ?? "" }

    /// A list of texts.
    func texts(_ errors: FieldErrors) -> [String] { elements(errors).map { $0.text(errors) } }

    /// The texts of an object, by key, in the order of the document.
    func table(_ errors: FieldErrors) -> [(key: String, value: String)] {
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
    func isObject(of known: [String], _ errors: FieldErrors) -> Bool {
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
final class FieldErrors {
    struct Entry {
        let node: JSONNode
        let path: String
        let message: String
    }

    private(set) var entries: [Entry] = []
    /// What is not wrong, but hardly meant.
    private(set) var warnings: [Entry] = []
    /// Whether a value could not be read at all, so that what was made of it says nothing.
    private(set) var hasWrongTypes = false

    var isEmpty: Bool { entries.isEmpty }

    func add(_ message: String, at node: JSONNode, path: String) {
        entries.append(Entry(node: node, path: path, message: message))
    }

    func add(_ message: String, _ field: Field) { add(message, at: field.anchor, path: field.path) }

    /// Notes what does not keep the document from being used.
    func warn(_ message: String, _ field: Field) {
        warnings.append(Entry(node: field.anchor, path: field.path, message: message))
    }

    func wrongType(_ field: Field, _ wanted: String) {
        hasWrongTypes = true
        add("must be \(wanted)", field)
    }

    func required(_ field: Field, _ detail: String = "") {
        add(detail.isEmpty ? "Required value" : "Required value: \(detail)", field)
    }

    func invalid(_ field: Field, _ value: String, _ detail: String) {
        add("Invalid value: \(RuleText.quoted(value)): \(detail)", field)
    }

    /// About a value that is shown as it is in JSON.
    func invalid(_ field: Field, json value: String, _ detail: String) {
        add("Invalid value: \(value): \(detail)", field)
    }

    func duplicate(_ field: Field, _ value: String) { add("Duplicate value: \(RuleText.quoted(value))", field) }

    func forbidden(_ field: Field, _ detail: String) { add("Forbidden: \(detail)", field) }

    func notSupported(_ field: Field, _ value: String, _ supported: [String]) {
        let list = supported.map(RuleText.quoted).joined(separator: ", ")
        add("Unsupported value: \(RuleText.quoted(value)): supported values: \(list)", field)
    }

    func tooMany(_ field: Field, _ count: Int, _ most: Int) {
        add("Too many: \(count): must have at most \(most) items", field)
    }
}

/// Texts as the API server's errors show them.
enum RuleText {
    /// A text between quotes, with what cannot be seen escaped.
    static func quoted(_ text: String) -> String {
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
