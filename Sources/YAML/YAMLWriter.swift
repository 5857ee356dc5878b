public import JSON

/// Writes JSON values as the YAML people write: block style, two spaces, sequences at the column of their key, literal
/// blocks for text of several lines, and quotes only where a reader would take the text for something else.
///
/// Both schemas read back what was written. The buffer is the caller's, so that it can be used again.
public struct YAMLWriter: ~Copyable {
    /// A container being written: its rest, and the column its entries stand at.
    private enum Frame {
        case object(JSONMembers, column: Int)
        case array(JSONElements, column: Int)
    }

    /// The longest key that is recognised by its colon alone: YAML's bound is 1024 characters.
    private static let keyBytesMax = 1000

    /// What was written so far.
    public private(set) var bytes: [UInt8] = []
    private var frames: [Frame] = []
    private var documents = 0

    /// A writer that has written nothing.
    public init() {}

    /// Forgets what was written and keeps the memory.
    public mutating func reset() {
        bytes.removeAll(keepingCapacity: true)
        documents = 0
    }

    /// Writes one document; from the second on a `---` line goes before it.
    public mutating func write(_ node: JSONNode) {
        if documents > 0 { append("---\n") }
        documents += 1
        open(node, column: 0, after: .nothing)
        while let frame = frames.popLast() {
            switch frame {
            case .object(var members, let column):
                guard let member = members.next() else { continue }
                frames.append(.object(members, column: column))
                writeMember(member, column: column)
            case .array(var elements, let column):
                guard let element = elements.next() else { continue }
                frames.append(.array(elements, column: column))
                indent(column)
                append("-")
                open(element, column: column + 2, after: .dash)
            }
        }
    }

    /// What stands before a value on its line.
    private enum Lead { case nothing, dash, key }

    private mutating func writeMember(_ member: JSONMembers.Element, column: Int) {
        indent(column)
        let start = bytes.count
        writeString(member.key, column: nil)
        if bytes.count - start > Self.keyBytesMax {
            bytes.insert(contentsOf: "? ".utf8, at: start)
            append("\n")
            indent(column)
        }
        append(":")
        open(member.value, column: column + 2, after: .key)
    }

    /// Writes a scalar or an empty container and ends its line, or begins a container whose entries follow.
    ///
    /// `column` is where the entries of a mapping, or the text of a block scalar, would stand.
    private mutating func open(_ node: JSONNode, column: Int, after lead: Lead) {
        guard node.count > 0 else {
            if lead != .nothing { append(" ") }
            writeScalar(node, column: max(column, 2))
            return append("\n")
        }
        // After a key the entries start on a line of their own, after a dash on the dash's line.
        if lead == .key { append("\n") }
        if node.isObject {
            frames.append(.object(node.members, column: column))
        } else {
            frames.append(.array(node.elements, column: lead == .key ? column - 2 : column))
        }
        if lead == .dash { continueLine(column) }
    }

    /// The first entry of a collection inside a sequence follows the dash and a space.
    private mutating func continueLine(_ column: Int) {
        append(" ")
        skippedColumn = column
    }

    /// The column that the line already has reached, so that the next entry needs no indentation.
    private var skippedColumn: Int?

    private mutating func indent(_ column: Int) {
        if skippedColumn == column {
            skippedColumn = nil
            return
        }
        for _ in 0..<column { bytes.append(0x20) }
    }

    private mutating func append(_ text: StaticString) {
        for byte in "\(text)".utf8 { bytes.append(byte) }
    }

    private mutating func writeScalar(_ node: JSONNode, column: Int) {
        switch node.kind {
        case .null: append("null")
        case .bool: append(node.bool == true ? "true" : "false")
        case .int: bytes += "\(node.int ?? 0)".utf8
        case .uint: bytes += "\(node.uint ?? 0)".utf8
        case .double: bytes += "\(node.double ?? 0)".utf8
        case .string: writeString(node, column: column)
        case .array: append("[]")
        case .object: append("{}")
        }
    }

    /// A string in the plainest style that keeps it; without a column (a key) it stays on one line.
    private mutating func writeString(_ node: JSONNode, column: Int?) {
        var buffer: [UInt8] = []
        swap(&buffer, &bytes)
        node.withUTF8 { text in YAMLStrings.write(text, column: column, to: &buffer) }
        swap(&buffer, &bytes)
    }
}
