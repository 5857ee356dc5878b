extension LinearRegex {
    /// What takes the place of a match: text, and groups of the match.
    public struct Template: Sendable {
        enum Part: Sendable {
            case text([UInt8])
            /// The first of these groups that took part.
            case group([Int])
        }

        var parts: [Part] = []

        mutating func append(_ byte: UInt8) {
            if case .text(var text) = parts.last {
                parts.removeLast()
                text.append(byte)
                parts.append(.text(text))
            } else {
                parts.append(.text([byte]))
            }
        }
    }

    /// A template in Go's notation: `$1`, `$name`, `${name}` and `$$`; a name reaches as far as it can, what has no group
    /// is empty, and a dollar that begins none of these is itself.
    public func template(_ text: String) -> Template {
        var reader = TemplateReader(Array(text.utf8))
        var template = Template()
        while let byte = reader.next() {
            if byte == UInt8(ascii: "$"), let name = reader.name() {
                template.parts.append(.group(groups(named: name)))
            } else {
                template.append(byte)
            }
        }
        return template
    }

    /// A template in RE2's notation: `\0` to `\9`, and `\\` for a backslash; nil where it is anything else, or the pattern
    /// has no such group.
    public func rewriteTemplate(_ text: String) -> Template? {
        var template = Template()
        var bytes = Array(text.utf8)[...]
        while let byte = bytes.popFirst() {
            guard byte == UInt8(ascii: "\\") else {
                template.append(byte)
                continue
            }
            switch bytes.popFirst() {
            case UInt8(ascii: "\\"): template.append(byte)
            case .some(let digit) where (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit):
                let group = Int(digit - UInt8(ascii: "0"))
                guard group <= captureCount else { return nil }
                template.parts.append(.group([group]))
            default: return nil
            }
        }
        return template
    }

    /// The groups that a name or a number in a template stands for.
    private func groups(named name: ArraySlice<UInt8>) -> [Int] {
        let isNumber = name.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        if isNumber, name.count == 1 || name.first != UInt8(ascii: "0"), name.count <= 8 {
            let number = name.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
            return number <= captureCount ? [number] : []
        }
        return captureNames.indices.filter { captureNames[$0].map { $0.utf8.elementsEqual(name) } ?? false }
            .map { $0 + 1 }
    }

    /// The text with every match, at most `limit` of them, replaced.
    public func replaceAll(
        in text: Span<UInt8>, with template: Template, limit: Int = .max, scratch: inout Scratch,
        isValidUTF8: Bool = false
    ) -> [UInt8] {
        (try? replaceAll(
            in: text, with: template, limit: limit, scratch: &scratch, isValidUTF8: isValidUTF8, shouldStop: { false }))
            ?? []
    }

    /// The text with every match, at most `limit` of them, replaced; throws once `shouldStop` is true.
    public func replaceAll(
        in text: Span<UInt8>, with template: Template, limit: Int = .max, scratch: inout Scratch,
        isValidUTF8: Bool = false, shouldStop: () -> Bool
    ) throws(LinearRegexStopped) -> [UInt8] {
        var result: [UInt8] = []
        var copied = 0
        func copy(_ range: Range<Int>) { for index in range { result.append(text[index]) } }
        let walk = Walk(
            from: 0, limit: limit, wantsGroups: template.needsGroups, isValidUTF8: isValidUTF8)
        try self.walk(text, walk, scratch: &scratch, shouldStop: shouldStop) { slots in
            copy(copied..<slots[0])
            copied = slots[1]
            for part in template.parts {
                switch part {
                case .text(let bytes): result.append(contentsOf: bytes)
                case .group(let groups):
                    let first = groups.first { slots[2 * $0] >= 0 }
                    if let first { copy(slots[2 * first]..<slots[2 * first + 1]) }
                }
            }
        }
        copy(copied..<text.count)
        return result
    }
}

extension LinearRegex.Template {
    /// True when it names a group other than the whole match.
    fileprivate var needsGroups: Bool {
        parts.contains { part in
            if case .group(let groups) = part { groups.contains { $0 > 0 } } else { false }
        }
    }
}

/// Reads a template in Go's notation.
private struct TemplateReader {
    private let bytes: [UInt8]
    private var position = 0

    private static let letters = UnicodeClass.named(Array("L".utf8)[...])
    private static let digits = UnicodeClass.named(Array("Nd".utf8)[...])

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    mutating func next() -> UInt8? {
        guard position < bytes.count else { return nil }
        position += 1
        return bytes[position - 1]
    }

    /// The name after a dollar; nil when there is none, and then a second dollar is passed over.
    mutating func name() -> ArraySlice<UInt8>? {
        if position < bytes.count, bytes[position] == UInt8(ascii: "$") {
            position += 1
            return nil
        }
        let isBraced = position < bytes.count && bytes[position] == UInt8(ascii: "{")
        let start = position + (isBraced ? 1 : 0)
        var end = start
        while end < bytes.count, let (point, width) = UTF8Decoder.decode(bytes, at: end, end: bytes.count),
            Self.isWord(point)
        {
            end += width
        }
        if end == start { return nil }
        if isBraced, end >= bytes.count || bytes[end] != UInt8(ascii: "}") { return nil }
        position = isBraced ? end + 1 : end
        return bytes[start..<end]
    }

    private static func isWord(_ point: Int32) -> Bool {
        point == Int32(UInt8(ascii: "_")) || letters?.contains(point) ?? false || digits?.contains(point) ?? false
    }
}
