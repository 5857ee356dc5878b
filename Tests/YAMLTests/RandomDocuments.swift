import JSON
import TestSupport

/// Random JSON documents, rich in the texts that YAML could take for something else.
struct RandomDocuments {
    private var random: SeededRandom

    init(seed: UInt64) { random = SeededRandom(seed: seed) }

    static let words = [
        "", "a", "yes", "No", "on", "~", "null", "true", "0x1F", "0755", "1_000", "1e3", ".5", ".inf", "-.INF", "1:30",
        "2001-12-14", "2024-01-01T00:00:00Z", "<<", "=", "- a", "-", "--", "---", "--- a", "...", "?", "? a", ":", "a:",
        "a: b", "a #b", "a#b", "#", "&a", "*a", "!a", "|", ">", "'", "\"", "%a", "@a", "`a`", "[a]", "{a}", ",", "a,b",
        " a", "a ", "\t", "a\tb", "it's", "\\", "\"q\"", "x\ny", "x\ny\n", "x\n\n", "\n", "\n\n", "\nx", " x\ny",
        "x\n  y",
        "x\n\ty\n", "\tx\ny", "\n x", "x \ny ", "x\n \n", "x\n  ", "x\n---\ny\n", "\r", "a\rb", "x\r\ny", "\u{0}",
        "\u{7F}",
        "\u{85}", "é", "a\u{2028}b", "\u{FEFF}", "\u{FEFF}a", "\u{FFFE}", "👑", "a\nb: c\n# d", "*/5 * * * *", "0b1",
        "0o7", "+1", "1.", "1e400", "12e03", "0b-1", "y", "N", "http://a:80/b", "10.0.0.1:80", "#!/bin/sh\necho\n",
    ]

    /// A document of about `size` values.
    mutating func next(size: Int) -> JSONDocument {
        var builder = JSONBuilder()
        var left = size
        value(&builder, &left, depth: 0)
        guard let document = try? builder.finish() else { preconditionFailure("the builder was misused") }
        return document
    }

    private mutating func value(_ builder: inout JSONBuilder, _ left: inout Int, depth: Int) {
        left -= 1
        switch random.below(depth > 6 || left <= 0 ? 7 : 12) {
        case 0: builder.null()
        case 1: builder.bool(random.oneIn(2))
        case 2: builder.int(random.oneIn(2) ? Int64(random.below(100)) : Int64(bitPattern: random.next()))
        case 3: builder.uint(random.next())
        case 4: double(&builder)
        case 5, 6: builder.string(text())
        case 7, 8, 9: object(&builder, &left, depth: depth)
        default: array(&builder, &left, depth: depth)
        }
    }

    private mutating func double(_ builder: inout JSONBuilder) {
        let value = Double(bitPattern: random.next())
        // A whole double comes back from Kubernetes' schema as an integer, so those are left to the unit tests.
        builder.double(value.isFinite && value != value.rounded() ? value : 0.5)
    }

    private mutating func object(_ builder: inout JSONBuilder, _ left: inout Int, depth: Int) {
        builder.beginObject()
        var keys: Set<[UInt8]> = []
        for _ in 0..<random.below(6) {
            let key = text()
            guard keys.insert(Array(key.utf8)).inserted else { continue }
            builder.key(key)
            value(&builder, &left, depth: depth + 1)
        }
        builder.endObject()
    }

    private mutating func array(_ builder: inout JSONBuilder, _ left: inout Int, depth: Int) {
        builder.beginArray()
        for _ in 0..<random.below(6) { value(&builder, &left, depth: depth + 1) }
        builder.endArray()
    }

    private mutating func text() -> String {
        switch random.below(8) {
        case 0: return random.pick(Self.words) + random.pick(Self.words)
        case 1: return random.pick(Self.words) + "\n" + random.pick(Self.words)
        case 2: return String(repeating: random.pick(Self.words), count: random.below(600))
        case 3: return noise()
        default: return random.pick(Self.words)
        }
    }

    private mutating func noise() -> String {
        let alphabet = " \t\n:#-?,[]{}&*!|>'\"%@`ab01._\\~=<\u{85}\u{2029}é"
        var text = ""
        for _ in 0..<random.below(12) { text.append(random.pick(alphabet)) }
        return text
    }
}

/// Whether two values are the same, numbers by value.
func isSame(_ a: JSONNode, _ b: JSONNode) -> Bool {
    guard a.kind == b.kind, a.count == b.count else { return false }
    switch a.kind {
    case .array: return zip(a.elements, b.elements).allSatisfy { isSame($0, $1) }
    case .object:
        return zip(a.members, b.members).allSatisfy { $0.key.hasSameString(as: $1.key) && isSame($0.value, $1.value) }
    case .string: return a.hasSameString(as: b)
    case .null: return true
    case .bool: return a.bool == b.bool
    case .int: return a.int == b.int
    case .uint: return a.uint == b.uint
    case .double: return a.double == b.double
    }
}
