extension JSONWriter {
    /// The order in which an object's members are written.
    public enum Order: Sendable {
        /// As the document has them.
        case source
        /// By the bytes of their keys, so that equal documents have equal texts.
        case canonical
    }

    /// Adds a node with all that is in it, on one line without spaces.
    public mutating func node(_ node: JSONNode, order: Order = .source) {
        separate()
        walkThrough(node, order, indent: 0)
    }

    /// Adds a node for people: a line for each element and member, each level indented by that many spaces.
    public mutating func node(_ node: JSONNode, order: Order = .source, indent: Int) {
        separate()
        walkThrough(node, order, indent: indent)
    }

    /// Open containers are kept in an array: nesting costs no stack.
    private mutating func walkThrough(_ root: JSONNode, _ order: Order, indent: Int) {
        var walk = WriterWalk()
        swap(&walk, &self.walk)
        walk.reset()
        var value = root
        while true {
            if value.count > 0 {
                put(UInt8(ascii: value.isObject ? "{" : "["))
                walk.enter(value, order)
            } else {
                scalar(value)
            }
            while let frame = walk.last, frame.isAtEnd {
                walk.leave()
                newLine(indent, walk.depth)
                put(UInt8(ascii: frame.isObject ? "}" : "]"))
            }
            guard let frame = walk.last else { break }
            if !frame.isFirst { put(UInt8(ascii: ",")) }
            newLine(indent, walk.depth)
            value = walk.next(in: root)
            if frame.isObject {
                scalar(root.at(value.place &- 1))
                put(UInt8(ascii: ":"))
                if indent > 0 { put(UInt8(ascii: " ")) }
            }
        }
        swap(&walk, &self.walk)
    }

    private mutating func newLine(_ indent: Int, _ depth: Int) {
        guard indent > 0 else { return }
        put(UInt8(ascii: "\n"))
        for _ in 0..<indent * depth { put(UInt8(ascii: " ")) }
    }

    /// A value with nothing inside.
    @inline(__always) private mutating func scalar(_ node: JSONNode) {
        let word = node.word
        switch TapeWord.tag(word) {
        case TapeTag.string:
            if TapeWord.isCoded(word) { requote(node.source) } else { quote(node.source) }
        case TapeTag.int:
            let value = Int64(bitPattern: node.words[node.place &+ 1])
            decimal(value.magnitude, isNegative: value < 0)
        case TapeTag.uint: decimal(node.words[node.place &+ 1], isNegative: false)
        case TapeTag.double: real(Double(bitPattern: node.words[node.place &+ 1]))
        case TapeTag.null: put(("null" as StaticString).bytes)
        case TapeTag.true: put(("true" as StaticString).bytes)
        case TapeTag.false: put(("false" as StaticString).bytes)
        case TapeTag.array: put(("[]" as StaticString).bytes)
        default: put(("{}" as StaticString).bytes)
        }
    }
}

/// Where a writer is in the containers that it is inside of.
struct WriterWalk {
    struct Frame {
        /// The next element or key on the tape, and where the container ends; or indices of `sorted`.
        var place: Int
        let end: Int
        let isObject: Bool
        let isSorted: Bool
        var isFirst = true
        var isAtEnd: Bool { place >= end }
    }

    private var frames: [Frame] = []
    /// Key places in the order of their bytes, the innermost object's last.
    private var sorted: [UInt32] = []

    var last: Frame? { frames.last }
    var depth: Int { frames.count }

    mutating func reset() {
        frames.removeAll(keepingCapacity: true)
        sorted.removeAll(keepingCapacity: true)
    }

    mutating func enter(_ node: JSONNode, _ order: JSONWriter.Order) {
        guard order == .canonical, node.isObject else {
            frames.append(
                Frame(place: node.place &+ 1, end: node.endPlace, isObject: node.isObject, isSorted: false))
            return
        }
        let start = sorted.count
        for member in node.members { sorted.append(member.key.index) }
        let keys = TapeKeys(words: node.words, text: node.text)
        sorted[start...].sort { keys.compare(Int($0), Int($1)) < 0 }
        frames.append(Frame(place: start, end: sorted.count, isObject: true, isSorted: true))
    }

    mutating func leave() {
        let frame = frames.removeLast()
        guard frame.isSorted else { return }
        sorted.removeLast(sorted.count - (frames.last { $0.isSorted }?.end ?? 0))
    }

    /// The next value of the innermost container, which is not at its end.
    mutating func next(in root: JSONNode) -> JSONNode {
        let top = frames.count - 1
        frames[top].isFirst = false
        let frame = frames[top]
        if frame.isSorted {
            frames[top].place += 1
            return root.at(Int(sorted[frame.place]) &+ 1)
        }
        let value = root.at(frame.isObject ? frame.place &+ 1 : frame.place)
        frames[top].place = value.endPlace
        return value
    }
}
