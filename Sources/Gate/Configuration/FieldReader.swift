import HTTP
import JSON
import Reactor
import YAML

/// Collects what is wrong with a document, so that all of it is said at once.
final class ProblemList {
    let file: String
    let document: YAMLDocument
    private(set) var problems: [ConfigurationProblem] = []

    init(file: String, document: YAMLDocument) {
        self.file = file
        self.document = document
    }

    func add(_ message: String, at node: JSONNode, path: String) {
        let position = document.position(of: node)
        problems.append(
            ConfigurationProblem(
                file: file, line: position.line, column: position.column, message: message, path: path))
    }
}

/// Reads the fields of one object of a document, each by its name and kind; what nobody asked for is unknown.
///
/// A field that is absent or `null` gives nil, as does one that is wrong, which is noted.
struct FieldReader {
    private let node: JSONNode
    private let path: String
    private let list: ProblemList
    private var known: [String] = []

    /// Nil, and a problem, where the node is no object.
    init?(_ node: JSONNode, path: String, _ list: ProblemList) {
        guard node.isObject else {
            list.add("must be a mapping", at: node, path: path)
            return nil
        }
        self.node = node
        self.path = path
        self.list = list
    }

    /// Notes the fields that nobody asked for. Call it last.
    func finish() {
        for member in node.members {
            let name = member.key.string ?? ""
            guard !known.contains(name) else { continue }
            list.add(
                "unknown field '\(name)'; known are \(known.joined(separator: ", "))", at: member.key, path: inner(name)
            )
        }
    }

    private func inner(_ name: String) -> String { path.isEmpty ? name : "\(path).\(name)" }

    private mutating func field(_ name: String) -> JSONNode? {
        known.append(name)
        guard let value = node[name], !value.isNull else { return nil }
        return value
    }

    private func refuse<Result>(_ value: JSONNode, _ name: String, _ message: String) -> Result? {
        list.add(message, at: value, path: inner(name))
        return nil
    }
}

// MARK: kinds of fields

extension FieldReader {
    /// A text that is not empty.
    mutating func string(_ name: String) -> String? {
        guard let value = field(name) else { return nil }
        guard let text = value.string, !text.isEmpty else { return refuse(value, name, "must be a text") }
        return text
    }

    /// True or false.
    mutating func bool(_ name: String) -> Bool? {
        guard let value = field(name) else { return nil }
        return value.bool ?? refuse(value, name, "must be true or false")
    }

    /// One of a few words.
    mutating func choice<Choice>(_ name: String, _ choices: [(word: String, value: Choice)]) -> Choice? {
        guard let value = field(name) else { return nil }
        // What looks like a number to YAML may be a word here, as a version is.
        let text = value.string ?? value.double.map { "\($0)" }
        if let choice = choices.first(where: { $0.word == text }) { return choice.value }
        return refuse(value, name, "must be \(choices.map { "'\($0.word)'" }.joined(separator: " or "))")
    }

    /// A list of texts; one text is a list of one.
    mutating func strings(_ name: String) -> [String]? {
        guard let value = field(name) else { return nil }
        if let text = value.string, !text.isEmpty { return [text] }
        guard value.isArray else { return refuse(value, name, "must be a list of texts") }
        var texts: [String] = []
        for element in value.elements {
            guard let text = element.string, !text.isEmpty else { return refuse(element, name, "must be a text") }
            texts.append(text)
        }
        return texts
    }

    /// A whole number within a range.
    mutating func integer(_ name: String, in range: ClosedRange<Int>) -> Int? {
        guard let value = field(name) else { return nil }
        guard let number = value.int.flatMap({ Int(exactly: $0) }), range.contains(number) else {
            return refuse(value, name, "must be a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    /// A number of bytes: a whole number, or one with `Ki`, `Mi` or `Gi`.
    mutating func bytes(_ name: String, in range: ClosedRange<Int>) -> Int? {
        guard let value = field(name) else { return nil }
        let number = value.int.flatMap { Int(exactly: $0) } ?? value.string.flatMap(ByteCount.parse)
        guard let number, range.contains(number) else {
            let (least, most) = (ByteCount.text(range.lowerBound), ByteCount.text(range.upperBound))
            return refuse(value, name, "must be a number of bytes from \(least) to \(most), such as 64Ki or 8Mi")
        }
        return number
    }

    /// A span of time as `10s` or `250ms`.
    mutating func span(_ name: String, in range: ClosedRange<Nanoseconds>) -> Nanoseconds? {
        guard let value = field(name) else { return nil }
        guard let text = value.string, let span = GoDuration(text).map({ Nanoseconds.nanoseconds($0.nanoseconds) }),
            range.contains(span)
        else {
            let (least, most) = (SpanText.text(range.lowerBound), SpanText.text(range.upperBound))
            return refuse(value, name, "must be a duration from \(least) to \(most), such as 250ms or 10s")
        }
        return span
    }

    /// An address with a port.
    mutating func address(_ name: String) -> SocketAddress? {
        guard let value = field(name) else { return nil }
        guard let address = value.string.flatMap(SocketAddress.init) else {
            return refuse(value, name, "must be an address with a port, such as 0.0.0.0:8443 or [::]:8443")
        }
        return address
    }

    /// The fields of an object within this one; nil where it is absent.
    mutating func object(_ name: String) -> FieldReader? {
        field(name).flatMap { FieldReader($0, path: inner(name), list) }
    }

    /// A list of objects.
    mutating func objects(_ name: String) -> [FieldReader]? {
        guard let value = field(name) else { return nil }
        guard value.isArray else { return refuse(value, name, "must be a list of mappings") }
        var readers: [FieldReader] = []
        for element in value.elements {
            guard let reader = FieldReader(element, path: "\(inner(name))[\(readers.count)]", list) else { return nil }
            readers.append(reader)
        }
        return readers
    }

    /// Notes something about a field that was read.
    func add(_ message: String, to name: String) {
        list.add(message, at: node[name] ?? node, path: inner(name))
    }

    /// Takes note of a field that is for others.
    mutating func ignore(_ name: String) { known.append(name) }

    /// Whether the field is there.
    func has(_ name: String) -> Bool { node[name].map { !$0.isNull } ?? false }
}

/// Numbers of bytes as people write them.
enum ByteCount {
    private static let units: [(suffix: String, size: Int)] = [("Ki", 1 << 10), ("Mi", 1 << 20), ("Gi", 1 << 30)]

    static func parse(_ text: String) -> Int? {
        guard let unit = units.first(where: { text.hasSuffix($0.suffix) }) else { return Int(text) }
        guard let number = Int(text.dropLast(unit.suffix.count)) else { return nil }
        let (size, overflows) = number.multipliedReportingOverflow(by: unit.size)
        return overflows ? nil : size
    }

    static func text(_ count: Int) -> String {
        guard let unit = units.last(where: { count >= $0.size && count % $0.size == 0 }) else { return "\(count)" }
        return "\(count / unit.size)\(unit.suffix)"
    }
}

/// Spans of time as people write them.
enum SpanText {
    private static let units: [(suffix: String, nanoseconds: Int64)] = [
        ("h", 3_600_000_000_000), ("m", 60_000_000_000), ("s", 1_000_000_000), ("ms", 1_000_000), ("us", 1_000),
    ]

    static func text(_ span: Nanoseconds) -> String {
        let unit = units.first { span.count != 0 && span.count % $0.nanoseconds == 0 }
        guard let unit else { return span.count == 0 ? "0s" : "\(span.count)ns" }
        return "\(span.count / unit.nanoseconds)\(unit.suffix)"
    }
}
