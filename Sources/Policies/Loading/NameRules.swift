/// The rules for names in Kubernetes, each giving what is wrong with a name.
package enum NameRules {
    private static let label1123 = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
    private static let qualifiedPart = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"

    /// The name of most objects: labels with dots between them.
    package static func subdomain(_ name: String) -> [String] {
        var problems: [String] = []
        if name.utf8.count > 253 { problems.append("must be no more than 253 bytes") }
        let labels = name.split(separator: ".", omittingEmptySubsequences: false)
        if !labels.allSatisfy({ isLabel(Array($0.utf8)) }) {
            problems.append(
                "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and "
                    + "must start and end with an alphanumeric character (e.g. 'example.com', regex used for "
                    + "validation is '\(label1123)(\\.\(label1123))*')")
        }
        return problems
    }

    /// A name that may also be one in programs: versions, and kinds in small letters.
    package static func label1035(_ name: String) -> [String] {
        var problems: [String] = []
        if name.utf8.count > 63 { problems.append("must be no more than 63 bytes") }
        let bytes = Array(name.utf8)
        if !isLabel(bytes) || !isLower(bytes.first ?? 0) {
            problems.append(
                "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic "
                    + "character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used "
                    + "for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')")
        }
        return problems
    }

    /// A name, perhaps with a domain and a slash before it.
    package static func qualified(_ name: String) -> [String] {
        let parts = name.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count <= 2 else { return ["a qualified name " + qualifiedProblem] }
        var problems: [String] = []
        if parts.count == 2 {
            if parts[0].isEmpty {
                problems.append("prefix part must be non-empty")
            } else {
                problems += subdomain(parts[0]).map { "prefix part \($0)" }
            }
        }
        let last = parts[parts.count - 1]
        if last.isEmpty {
            problems.append("name part must be non-empty")
        } else if last.utf8.count > 63 {
            problems.append("name part must be no more than 63 bytes")
        }
        if !isQualifiedPart(Array(last.utf8)) { problems.append("name part " + qualifiedProblem) }
        return problems
    }

    private static let qualifiedProblem =
        "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric "
        + "character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '\(qualifiedPart)')"

    /// The value of a label.
    package static func labelValue(_ value: String) -> [String] {
        var problems: [String] = []
        if value.utf8.count > 63 { problems.append("must be no more than 63 bytes") }
        if !value.isEmpty, !isQualifiedPart(Array(value.utf8)) {
            problems.append(
                "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and "
                    + "must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or "
                    + "'12345', regex used for validation is '(\(qualifiedPart))?')")
        }
        return problems
    }

    /// A name that can be one step of a URL's path.
    static func pathSegment(_ name: String) -> [String] {
        if name == "." || name == ".." { return ["may not be '\(name)'"] }
        return ["/", "%"].filter { name.contains($0) }.map { "may not contain '\($0)'" }
    }

    /// Whether a variable may be called so.
    static func isIdentifier(_ name: String) -> Bool {
        let bytes = Array(name.utf8)
        guard let first = bytes.first, isLetter(first) || first == UInt8(ascii: "_"), !reserved.contains(name) else {
            return false
        }
        return bytes.allSatisfy { isAlphanumeric($0) || $0 == UInt8(ascii: "_") }
    }

    private static let reserved: Set<String> = [
        "true", "false", "null", "in", "as", "break", "const", "continue", "else", "for", "function", "if", "import",
        "let", "loop", "package", "namespace", "return", "var", "void", "while",
    ]

    private static func isLower(_ byte: UInt8) -> Bool { byte >= 0x61 && byte <= 0x7A }
    private static func isLetter(_ byte: UInt8) -> Bool { isLower(byte | 0x20) }
    private static func isAlphanumeric(_ byte: UInt8) -> Bool { isLetter(byte) || (byte >= 0x30 && byte <= 0x39) }

    private static func isLabel(_ bytes: [UInt8]) -> Bool {
        func isEdge(_ byte: UInt8) -> Bool { isLower(byte) || (byte >= 0x30 && byte <= 0x39) }
        guard let first = bytes.first, let last = bytes.last, isEdge(first), isEdge(last) else { return false }
        return bytes.allSatisfy { isEdge($0) || $0 == UInt8(ascii: "-") }
    }

    private static func isQualifiedPart(_ bytes: [UInt8]) -> Bool {
        guard let first = bytes.first, let last = bytes.last, isAlphanumeric(first), isAlphanumeric(last) else {
            return false
        }
        return bytes.allSatisfy { isAlphanumeric($0) || $0 == 0x2D || $0 == 0x5F || $0 == 0x2E }
    }
}
