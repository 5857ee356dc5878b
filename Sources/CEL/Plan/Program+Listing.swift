extension Program {
    /// The table of nodes, a line for each that is used, from the root down.
    public var listing: String {
        var lines: [Int32: String] = [:]
        var open = [root]
        while let place = open.popLast() {
            guard lines[place] == nil else { continue }
            let node = unsafe code.nodes[Int(place)]
            lines[place] = "\(place == root ? ">" : " ")\(place)\t\(node.operation)\t\(details(of: node))\n"
            open += places(in: node)
        }
        return lines.sorted { $0.key < $1.key }.map(\.value).joined()
    }

    /// The nodes among a node's operands, which come with marks for what is optional.
    private func operandPlaces(_ node: Node) -> [Int32] {
        let (used, stride): (Int32, Int32) =
            switch node.operation {
            case .map: (2, 3)
            case .object: (1, 2)
            case .list where node.flags & Node.hasOptionals != 0: (1, 2)
            default: (1, 1)
            }
        return (0..<node.c).flatMap { index in
            (0..<used).map { unsafe code.operands[Int(node.b + index * stride + $0)] }
        }
    }

    private func qualifierNodes(_ node: Node) -> [Qualifier] {
        (0..<node.c).map { unsafe code.qualifiers[Int(node.b + $0)] }
    }

    /// The nodes that a node evaluates.
    private func places(in node: Node) -> [Int32] {
        switch node.operation {
        case .constant, .variable, .failure: return []
        case .variablePath: return qualifierNodes(node).map(\.node).filter { $0 >= 0 }
        case .nodePath: return [node.a] + qualifierNodes(node).map(\.node).filter { $0 >= 0 }
        case .conditional: return [node.a, node.b, node.c]
        case .and, .or, .equal, .notEqual: return [node.a, node.b]
        case .call, .list, .map, .object: return operandPlaces(node)
        case .loop:
            let loop = unsafe code.loops[Int(node.a)]
            return loop.range < 0 ? [loop.initial] : [loop.range, loop.initial, loop.condition, loop.step, loop.result]
        case .isInSet, .notStrictlyFalse: return [node.a]
        case .append: return [node.b]
        case .matches: return [unsafe code.operands[Int(node.b)]]
        case .optionalOr: return [node.a, node.b]
        }
    }

    private func details(of node: Node) -> String {
        switch node.operation {
        case .constant, .failure: return unsafe code.constants[Int(node.a)].shown
        case .variable: return slotName(node.a)
        case .variablePath: return slotName(node.a) + path(node)
        case .nodePath: return "\(node.a)" + path(node)
        case .call:
            return
                "\(functions[Int(node.a)].name) \(operandPlaces(node).map(String.init).joined(separator: " "))"
        case .isInSet: return "\(node.a) in set \(node.b)"
        case .append: return "\(slotName(node.a)) \(node.b)"
        default: return places(in: node).map(String.init).joined(separator: " ")
        }
    }

    private func slotName(_ slot: Int32) -> String {
        Int(slot) < variableNames.count ? variableNames[Int(slot)] : "slot \(slot)"
    }

    private func path(_ node: Node) -> String {
        qualifierNodes(node).map { qualifier in
            let key = qualifier.node >= 0 ? "\(qualifier.node)" : qualifier.key.shown
            return "[\(qualifier.isOptional ? "?" : "")\(key)]\(qualifier.isTest ? " is there" : "")"
        }.joined()
    }
}
