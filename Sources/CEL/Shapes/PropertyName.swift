/// How the name of a property is written in an expression, where identifiers have fewer characters than JSON has.
///
///     __  →  __underscores__      .  →  __dot__      -  →  __dash__      /  →  __slash__
///
/// A name that is a word of the language stands between two pairs of underscores. Any other name that is no identifier
/// cannot be written, and such a property cannot be reached.
public enum PropertyName {
    private static let words: Set<String> = [
        "true", "false", "null", "in", "as", "break", "const", "continue", "else", "for", "function", "if", "import",
        "let", "loop", "package", "namespace", "return", "var", "void", "while",
    ]

    private static let signs: [(sign: String, name: String)] = [
        ("__", "underscores"), (".", "dot"), ("-", "dash"), ("/", "slash"),
    ]

    /// Whether a name is a word of the language, which an expression may not use as a name.
    public static func isWord(_ name: String) -> Bool { words.contains(name) }

    /// The name as an expression writes it; nil where it cannot.
    public static func escaped(_ name: String) -> String? {
        let bytes = Array(name.utf8)
        guard let first = bytes.first, !isDigit(first) else { return nil }
        if words.contains(name) { return "__\(name)__" }
        var escaped = ""
        var position = 0
        while position < bytes.count {
            let byte = bytes[position]
            let isDouble = byte == underscore && position + 1 < bytes.count && bytes[position + 1] == underscore
            let sign = isDouble ? "__" : String(UnicodeScalar(byte))
            if let known = signs.first(where: { $0.sign == sign }) {
                escaped += "__\(known.name)__"
            } else if isIdentifier(byte) {
                escaped += sign
            } else {
                return nil
            }
            position += isDouble ? 2 : 1
        }
        return escaped
    }

    /// The name that an expression means by an identifier; nil where that holds an escape that there is not.
    public static func unescaped(_ identifier: String) -> String? {
        unescaped(Array(identifier.utf8)).map { String(decoding: $0, as: UTF8.self) }
    }

    /// An escape is two underscores, anything without underscores, and two underscores, found from left to right.
    static func unescaped(_ bytes: [UInt8]) -> [UInt8]? {
        var name: [UInt8] = []
        var position = 0
        while position < bytes.count {
            guard let end = escapeEnd(bytes, from: position) else {
                name.append(bytes[position])
                position += 1
                continue
            }
            let content = String(decoding: bytes[position + 2..<end - 2], as: UTF8.self)
            if let known = signs.first(where: { $0.name == content }) {
                name += Array(known.sign.utf8)
            } else {
                // A word of the language is escaped only where it is the whole name.
                guard words.contains(content), end - position == bytes.count else { return nil }
                name += bytes[position + 2..<end - 2]
            }
            position = end
        }
        return name
    }

    /// Where the escape ends that begins at a position; nil where none does.
    private static func escapeEnd(_ bytes: [UInt8], from start: Int) -> Int? {
        guard start + 4 < bytes.count, bytes[start] == underscore, bytes[start + 1] == underscore,
            bytes[start + 2] != underscore
        else { return nil }
        var end = start + 2
        while end < bytes.count, bytes[end] != underscore { end += 1 }
        guard end + 1 < bytes.count, bytes[end + 1] == underscore else { return nil }
        return end + 2
    }

    private static let underscore = UInt8(ascii: "_")

    private static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }

    private static func isIdentifier(_ byte: UInt8) -> Bool {
        let letter = byte | 0x20
        return isDigit(byte) || byte == underscore || letter >= 0x61 && letter <= 0x7A
    }
}
