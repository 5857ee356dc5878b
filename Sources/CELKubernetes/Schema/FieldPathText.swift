/// Reads the path that a rule gives for its error: fields and map keys of a schema, such as `.spec['a key']`.
struct FieldPathText {
    struct Problem: Error, Equatable {
        let message: String
    }

    /// The path as the API server writes it; what is wrong with it where it leads nowhere in the schema.
    static func read(_ text: String, _ schema: Schema, from place: Int) throws(Problem) -> FieldPath {
        var reader = FieldPathText(tokens: tokens(of: text), schema: schema, place: place)
        while let token = reader.next() {
            switch token {
            case "[": try reader.readBracket()
            case ".": try reader.step(try reader.required())
            default: throw Problem(message: "expected [ or . but got: \(token)")
            }
        }
        return reader.path
    }

    private let tokens: [String]
    private let schema: Schema
    private var position = 0
    private var place: Int?
    private var path = FieldPath.root

    private init(tokens: [String], schema: Schema, place: Int) {
        self.tokens = tokens
        self.schema = schema
        self.place = place
    }

    /// Points and brackets, texts between single quotes, and everything between these.
    private static func tokens(of text: String) -> [String] {
        let bytes = Array(text.utf8)
        var tokens: [String] = []
        var start = 0
        func isSign(_ byte: UInt8) -> Bool { ".[]".utf8.contains(byte) }
        while start < bytes.count {
            var end = start + 1
            if bytes[start] == UInt8(ascii: "'") {
                while end < bytes.count, bytes[end] != UInt8(ascii: "'") || bytes[end - 1] == UInt8(ascii: "\\") {
                    end += 1
                }
                end = min(end + 1, bytes.count)
            } else if !isSign(bytes[start]) {
                while end < bytes.count, !isSign(bytes[end]) { end += 1 }
            }
            tokens.append(String(decoding: bytes[start..<end], as: UTF8.self))
            start = end
        }
        return tokens
    }

    private mutating func next() -> String? {
        guard position < tokens.count else { return nil }
        position += 1
        return tokens[position - 1]
    }

    private mutating func required() throws(Problem) -> String {
        guard let token = next() else { throw Problem(message: "unexpected end of JSON path") }
        return token
    }

    private mutating func readBracket() throws(Problem) {
        let token = try required()
        guard token.utf8.count >= 2, token.hasPrefix("'"), token.hasSuffix("'") else {
            throw Problem(message: "expected single quoted string but got \(token)")
        }
        try step(try Self.unescaped(token.dropFirst().dropLast()))
        let end = try required()
        if end != "]" { throw Problem(message: "expected ] but got \(end)") }
    }

    private mutating func step(_ name: String) throws(Problem) {
        guard let node = place.map({ schema.nodes[$0] }) else { throw Self.nowhere }
        if !node.properties.isEmpty {
            guard let property = node.property(name) else { throw Self.nowhere }
            path = path.child(name)
            place = property
        } else {
            guard node.additional != .unsaid else { throw Self.nowhere }
            path = path.key(name)
            place = node.additionalSchema
        }
    }

    private static let nowhere = Problem(message: "does not refer to a valid field")

    private static let escapes: [Character: String] = [
        "a": "\u{07}", "b": "\u{08}", "f": "\u{0C}", "n": "\n", "r": "\r", "t": "\t", "v": "\u{0B}", "'": "'",
        "\\": "\\",
    ]

    private static func unescaped(_ text: Substring) throws(Problem) -> String {
        var result = ""
        var rest = text
        while let character = rest.popFirst() {
            guard character == "\\", let escaped = rest.first else {
                result.append(character)
                continue
            }
            rest.removeFirst()
            guard let meaning = escapes[escaped] else {
                throw Problem(message: "invalid string literal: invalid escape char \\\(escaped)")
            }
            result += meaning
        }
        return result
    }
}
