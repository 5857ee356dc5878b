/// What the searcher can know of matches before it runs anything.
extension SyntaxTree {
    /// True when every match begins at the start of the text.
    var isAnchored: Bool {
        var index = root
        while true {
            let node = nodes[index]
            switch node.kind {
            case .beginText: return true
            case .concatenation, .capture: index = node.children[0]
            default: return false
            }
        }
    }

    /// The bytes that every match begins with, and whether they are all there is to match.
    var literalPrefix: (bytes: [UInt8], isWhole: Bool) {
        var bytes: [UInt8] = []
        // What is still to be read, the next on top.
        var pending = [root]
        while let index = pending.popLast() {
            let node = nodes[index]
            switch node.kind {
            case .concatenation: pending.append(contentsOf: node.children.reversed())
            case .capture: pending.append(node.children[0])
            case .empty: break
            case .literal:
                for point in node.text {
                    let isExact =
                        !(0xD800...0xDFFF).contains(point)
                        && !(node.isFolded && CaseFolding.next(point) != point)
                    if !isExact { return (bytes, false) }
                    bytes += UTF8Decoder.encode(point)
                }
            default: return (bytes, false)
            }
        }
        return (bytes, true)
    }
}
