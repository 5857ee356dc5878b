/// A node of the syntax tree; nodes refer to each other by their index in the tree's array.
struct Node: Sendable {
    /// What a node is. The order of the first four matters nowhere; the last two exist only on the parser's stack.
    enum Kind: UInt8, Sendable {
        case nothing, empty, literal, set
        case beginLine, endLine, beginText, endText, wordBoundary, notWordBoundary
        case capture, star, plus, question, repetition, concatenation, alternation
        case leftParenthesis, verticalBar
    }

    /// The flags of `(?imsU)`.
    struct Flags: OptionSet, Sendable {
        let rawValue: UInt8
        static let foldCase = Flags(rawValue: 1)
        static let multiLine = Flags(rawValue: 2)
        static let dotNewline = Flags(rawValue: 4)
        static let nonGreedy = Flags(rawValue: 8)
    }

    var kind: Kind
    var flags: Flags
    /// The counts of a repetition; no greatest count is -1.
    var least = 0
    var most = 0
    /// The number of a capture, or zero for a group that only groups.
    var capture = 0
    /// The code points of a literal.
    var text: [Int32] = []
    /// The members of a set.
    var set = CodePointSet()
    var children: [Int] = []

    /// Instructions, as Go counts them against its limit.
    var size = 1
    /// Levels, this one included.
    var height = 1
    /// The greatest product of nested counts.
    var product = 1
    /// True when it can match the empty text.
    var isNullable = false

    init(_ kind: Kind, _ flags: Flags = []) {
        self.kind = kind
        self.flags = flags
    }

    /// True for what could be written as a class: one code point of a set.
    var isSingle: Bool { kind == .set || (kind == .literal && text.count == 1) }

    /// True where there is no operand on the parser's stack.
    var isMarker: Bool { kind == .leftParenthesis || kind == .verticalBar }

    /// True for a literal that matches in any case.
    var isFolded: Bool { flags.contains(.foldCase) }
}

/// A parsed pattern.
struct SyntaxTree: Sendable {
    var nodes: [Node] = []
    var root = 0
    /// The names of the groups, without the whole match; nil for those that have none.
    var captureNames: [String?] = []
}

extension SyntaxTree {
    /// Works out the measures of a node from those of its children.
    mutating func measure(_ index: Int) {
        let node = nodes[index]
        nodes[index].height = 1 + (node.children.map { nodes[$0].height }.max() ?? 0)
        nodes[index].size = max(1, size(node))
        nodes[index].product = product(node)
        nodes[index].isNullable = isNullable(node)
    }

    private func size(_ node: Node) -> Int {
        let inner = node.children.reduce(0) { Self.sum($0, nodes[$1].size) }
        switch node.kind {
        case .literal: return node.text.count
        case .capture, .star: return Self.sum(2, inner)
        case .plus, .question: return Self.sum(1, inner)
        case .alternation: return Self.sum(node.children.count - 1, inner)
        case .repetition where node.most < 0:
            return node.least == 0 ? Self.sum(2, inner) : Self.sum(1, Self.times(node.least, inner))
        case .repetition: return Self.sum(Self.times(node.most, inner), node.most - node.least)
        default: return inner
        }
    }

    private func product(_ node: Node) -> Int {
        let inner = node.children.map { nodes[$0].product }.max() ?? 1
        guard node.kind == .repetition else { return inner }
        if node.most == 0 { return 0 }
        return Self.times(max(1, node.most < 0 ? node.least : node.most), inner)
    }

    private func isNullable(_ node: Node) -> Bool {
        switch node.kind {
        case .nothing, .set: false
        case .literal: node.text.isEmpty
        case .plus, .capture: nodes[node.children[0]].isNullable
        case .repetition: node.least == 0 || nodes[node.children[0]].isNullable
        case .concatenation: node.children.allSatisfy { nodes[$0].isNullable }
        case .alternation: node.children.contains { nodes[$0].isNullable }
        default: true
        }
    }

    private static func sum(_ left: Int, _ right: Int) -> Int {
        let (result, overflow) = left.addingReportingOverflow(right)
        return overflow ? .max : result
    }

    private static func times(_ left: Int, _ right: Int) -> Int {
        let (result, overflow) = left.multipliedReportingOverflow(by: right)
        return overflow ? .max : result
    }
}
