import JSON

/// Where the values and keys of a document that was read as JSON stand.
///
/// Strings and numbers remember it; brackets and words are looked for behind what precedes them.
struct JSONMarks {
    /// Offsets by place on the tape.
    private(set) var marks: [UInt32]
    private let bytes: [UInt8]
    private var cursor: Int

    init(_ document: JSONDocument, in bytes: [UInt8], at base: Int) {
        self.bytes = bytes
        cursor = base
        marks = [UInt32](repeating: 0, count: document.tapeCount)
        defer { withExtendedLifetime(document) {} }
        for node in Self.inOrder(document.root) {
            if let offset = node.sourceOffset { cursor = base + offset - (node.isString ? 1 : 0) }
            skipPunctuation()
            marks[Int(node.index)] = UInt32(truncatingIfNeeded: cursor)
            skipToken()
        }
    }

    /// Every value and key in document order.
    private static func inOrder(_ root: JSONNode) -> [JSONNode] {
        var nodes: [JSONNode] = []
        var pending = [root]
        while let node = pending.popLast() {
            nodes.append(node)
            var children: [JSONNode] = []
            for member in node.members { children += [member.key, member.value] }
            for element in node.elements { children.append(element) }
            pending += children.reversed()
        }
        return nodes
    }

    private mutating func skipPunctuation() {
        while cursor < bytes.count, isPunctuation(bytes[cursor]) { cursor += 1 }
    }

    private func isPunctuation(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: ","), UInt8(ascii: ":"), UInt8(ascii: "]"), UInt8(ascii: "}"): true
        default: JSONSequence.isSpace(byte)
        }
    }

    /// Goes past an opening bracket, a string, or a word.
    private mutating func skipToken() {
        guard cursor < bytes.count else { return }
        let first = bytes[cursor]
        cursor += 1
        if first == UInt8(ascii: "\"") {
            while cursor < bytes.count, bytes[cursor] != first { cursor += bytes[cursor] == 0x5C ? 2 : 1 }
            cursor += 1
        } else if first != UInt8(ascii: "{") && first != UInt8(ascii: "[") {
            while cursor < bytes.count, !isPunctuation(bytes[cursor]) { cursor += 1 }
        }
    }
}
