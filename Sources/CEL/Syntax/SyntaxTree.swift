/// Names a node of a syntax tree: its place in the tree's table.
public struct ExpressionID: Hashable, Sendable, Comparable {
    /// The place in `SyntaxTree.nodes`.
    public let index: Int

    init(_ index: Int) { self.index = index }

    /// In the order in which the nodes were made.
    public static func < (one: ExpressionID, other: ExpressionID) -> Bool { one.index < other.index }
}

/// A constant as it stands in an expression.
public enum Literal: Sendable {
    /// `null`
    case null
    /// `true` or `false`
    case bool(Bool)
    /// A signed integer.
    case int(Int64)
    /// An unsigned integer.
    case uint(UInt64)
    /// A floating-point number.
    case double(Double)
    /// A string, as UTF-8.
    case string(String)
    /// A sequence of bytes.
    case bytes([UInt8])
}

/// One `key: value` of a map literal, or one `field: value` of an object literal.
public struct EntryExpression: Sendable {
    /// The entry's own name: errors about it are placed at its colon.
    public let id: ExpressionID
    /// The key; nil where the entry is a field.
    public let key: ExpressionID?
    /// The field's name; empty where the entry has a key.
    public let field: String
    /// What the key or field is given.
    public let value: ExpressionID
    /// True for `?key: value`, which is left out where the optional value is none.
    public let isOptional: Bool
}

/// A fold over a list or a map: what every looping macro becomes.
public struct Comprehension: Sendable {
    /// What is looped over.
    public var range: ExpressionID
    /// The variable for an element, a key or an index.
    public var variable: String
    /// The variable for the value beside the key or index; empty in the one-variable form.
    public var secondVariable: String
    /// The variable that carries the result from step to step.
    public var accumulator: String
    /// What the accumulator starts as.
    public var initial: ExpressionID
    /// The loop goes on while this is true.
    public var condition: ExpressionID
    /// What the accumulator becomes in a step.
    public var step: ExpressionID
    /// What the loop gives, once it is over.
    public var result: ExpressionID
}

/// What a node of the tree is.
public enum Expression: Sendable {
    /// What stands where an error was reported.
    case missing
    /// A constant.
    case literal(Literal)
    /// A name; a leading dot says that it is looked up from the root.
    case identifier(String)
    /// `operand.field`, or with `isTest` whether that is there.
    case select(operand: ExpressionID, field: String, isTest: Bool)
    /// A function or operator applied to arguments, as `target.function(…)` when there is a target.
    case call(function: String, target: ExpressionID?, arguments: [ExpressionID])
    /// `[…]`; the elements at `optionals` are marked `?`.
    case list(elements: [ExpressionID], optionals: [Int])
    /// `{key: value, …}`
    case map([EntryExpression])
    /// `Type{field: value, …}`
    case object(type: String, fields: [EntryExpression])
    /// A fold.
    case comprehension(Comprehension)
}

/// A parsed expression: its nodes in one table, and where each stands in the text.
public struct SyntaxTree: Sendable {
    /// What was parsed.
    public let source: ExpressionSource
    /// The nodes by their identifiers.
    public internal(set) var nodes: [Expression] = []
    /// The byte offset of each node; negative where it has none.
    private var offsets: [Int32] = []
    /// The node that is the whole expression.
    public internal(set) var root = ExpressionID(0)

    init(source: ExpressionSource, reserving count: Int) {
        self.source = source
        nodes.reserveCapacity(count)
        offsets.reserveCapacity(count)
    }

    /// The node that an identifier names.
    public subscript(id: ExpressionID) -> Expression {
        get { nodes[id.index] }
        set { nodes[id.index] = newValue }
    }

    /// Where a node stands in the text.
    public func location(of id: ExpressionID) -> ExpressionSource.Location {
        let offset = offsets[id.index]
        return offset < 0 ? .none : source.location(of: Int(offset))
    }

    func offset(of id: ExpressionID) -> Int { Int(offsets[id.index]) }

    /// Adds a node that stands at a byte offset.
    mutating func add(_ node: Expression, at offset: Int) -> ExpressionID {
        nodes.append(node)
        offsets.append(Int32(clamping: offset))
        return ExpressionID(nodes.count - 1)
    }
}

extension SyntaxTree {
    /// The dotted name that a chain of selections spells; nil where it is more than that.
    func qualifiedName(_ id: ExpressionID) -> String? {
        var fields: [String] = []
        var id = id
        while true {
            switch self[id] {
            case .identifier(let name): return ([name] + fields.reversed()).joined(separator: ".")
            case .select(let operand, let field, false):
                fields.append(field)
                id = operand
            default: return nil
            }
        }
    }
}
