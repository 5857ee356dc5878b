/// What the house forbids, each as a function from a file to complaints, so that the checks themselves can be tested.
enum Checks {
    static let fileLinesMax = 600
    static let functionLinesMax = 70

    static func length(of file: SourceFile) -> [String] {
        file.lines.count > fileLinesMax && !file.isTable ? ["\(file.path): \(file.lines.count) lines"] : []
    }

    /// The formatter keeps a declaration's closing brace at its own indentation; that is how its end is found.
    static func functionLengths(of file: SourceFile) -> [String] {
        var complaints: [String] = []
        for (start, line) in file.lines.enumerated() where opensFunction(line) {
            let closing = String(line.prefix { $0 == " " }) + "}"
            guard let end = file.lines[start...].firstIndex(where: { $0 == closing || $0.hasPrefix(closing + " ") })
            else { continue }
            let length = end - start + 1
            if length > functionLinesMax {
                complaints.append("\(file.path):\(start + 1): a function of \(length) lines")
            }
        }
        return complaints
    }

    private static func opensFunction(_ line: String) -> Bool {
        if line.hasSuffix("}") { return false }
        let words = line.split(whereSeparator: { $0 == " " || $0 == "(" || $0 == "<" || $0 == "?" })
        guard let keyword = words.first(where: { !modifiers.contains(String($0)) && !$0.hasPrefix("@") }) else {
            return false
        }
        return keyword == "func" || keyword == "init" || keyword == "deinit" || keyword == "subscript"
    }

    private static let modifiers: Set<String> = [
        "public", "package", "internal", "fileprivate", "private", "static", "mutating", "consuming", "borrowing",
        "final", "override", "convenience", "nonisolated", "inline", "never", "__always)", "never)",
    ]

    static func forbiddenWords(in file: SourceFile) -> [String] {
        find(["try!", "as!", "TODO", "FIXME", "fatalError("], in: file)
    }

    static func find(_ words: [String], in file: SourceFile) -> [String] {
        file.lines.enumerated().flatMap { number, line in
            words.filter { line.contains($0) }.map { "\(file.path):\(number + 1): \($0)" }
        }
    }

    /// A public declaration has a sentence of documentation right above it (attributes may stand between).
    static func undocumented(in file: SourceFile) -> [String] {
        file.lines.indices.filter { isPublicDeclaration(file.lines[$0]) }.compactMap { index in
            var above = index - 1
            while above >= 0, isAttribute(file.lines[above]) { above -= 1 }
            let documented = above >= 0 && file.lines[above].drop { $0 == " " }.hasPrefix("///")
            return documented ? nil : "\(file.path):\(index + 1): public without a sentence"
        }
    }

    private static func isAttribute(_ line: String) -> Bool {
        line.drop { $0 == " " }.hasPrefix("@") && !line.contains("public ")
    }

    private static func isPublicDeclaration(_ line: String) -> Bool {
        let text = line.drop { $0 == " " }
        guard !text.hasPrefix("//"), !text.hasPrefix("public import"), !text.hasPrefix("public extension") else {
            return false
        }
        let words = text.split(separator: " ").drop {
            $0.hasPrefix("@") || modifiers.contains(String($0)) && $0 != "public"
        }
        return words.first == "public"
    }

    /// Words that name nothing.
    static func emptyNames(in file: SourceFile) -> [String] {
        let keywords: Set<Substring> = ["struct", "class", "enum", "protocol", "actor", "typealias"]
        return file.lines.enumerated().flatMap { number, line -> [String] in
            let words = line.split(whereSeparator: { !($0.isLetter || $0.isNumber || $0 == "_") })
            return zip(words, words.dropFirst()).filter { keywords.contains($0.0) && isEmptyName($0.1) }
                .map { "\(file.path):\(number + 1): \($0.1)" }
        }
    }

    private static func isEmptyName(_ name: Substring) -> Bool {
        ["Manager", "Helper", "Helpers", "Utils", "Utilities", "Common", "Base"].contains { name.hasSuffix($0) }
    }

    /// The modules a file imports, in order.
    static func imports(of file: SourceFile) -> [String] {
        file.lines.compactMap { line in
            let words = line.split(separator: " ").filter {
                !["public", "package", "internal", "private", "fileprivate"].contains($0)
            }
            guard words.first?.hasPrefix("@") == true ? words.dropFirst().first == "import" : words.first == "import"
            else { return nil }
            return words.last.map { String($0.split(separator: ".")[0]) }
        }
    }
}
