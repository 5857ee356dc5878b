/// The macros an environment knows: calls that become other expressions while they are parsed.
public struct MacroTable: Sendable {
    /// Makes the expression that takes the place of a call; nil leaves the call as it is.
    typealias Expander =
        @Sendable (inout MacroExpansion, _ target: ExpressionID?, _ arguments: [ExpressionID])
        throws(ExpressionIssue) -> ExpressionID?

    private struct Key: Hashable {
        let name: String
        let argumentCount: Int
        let isMember: Bool
    }

    private var expanders: [Key: Expander] = [:]

    /// No macros.
    public init() {}

    /// The macros of the language: `has` and the one-variable loops.
    public static let standard: MacroTable = {
        var table = MacroTable()
        table.addStandard(withAliases: true)
        return table
    }()

    /// The same without `existsOne`, the newer name of `exists_one`, as an API server has them.
    public static let withoutAliases: MacroTable = {
        var table = MacroTable()
        table.addStandard(withAliases: false)
        return table
    }()

    func find(_ name: String, argumentCount: Int, isMember: Bool) -> Expander? {
        expanders[Key(name: name, argumentCount: argumentCount, isMember: isMember)]
            ?? expanders[Key(name: name, argumentCount: Self.anyCount, isMember: isMember)]
    }

    /// Stands for any number of arguments.
    private static let anyCount = -1

    /// Adds a member macro that takes any number of arguments.
    mutating func addVariadic(_ name: String, _ expander: @escaping Expander) {
        add(name, Self.anyCount, expander)
    }

    mutating func add(_ name: String, _ argumentCount: Int, isMember: Bool = true, _ expander: @escaping Expander) {
        expanders[Key(name: name, argumentCount: argumentCount, isMember: isMember)] = expander
    }

    /// Adds everything that `other` has.
    public mutating func add(_ other: MacroTable) {
        expanders.merge(other.expanders) { _, new in new }
    }
}

/// The tree while a macro works on it. What it makes stands where the call stood.
struct MacroExpansion {
    /// The variable that carries a loop's result.
    static let accumulator = "__result__"
    /// A loop variable that nothing refers to.
    static let unused = "#unused"

    var tree: SyntaxTree
    let offset: Int

    mutating func add(_ node: Expression) -> ExpressionID { tree.add(node, at: offset) }
    mutating func literal(_ value: Literal) -> ExpressionID { add(.literal(value)) }
    mutating func identifier(_ name: String) -> ExpressionID { add(.identifier(name)) }
    mutating func accumulator() -> ExpressionID { identifier(Self.accumulator) }
    mutating func list(_ elements: [ExpressionID] = []) -> ExpressionID {
        add(.list(elements: elements, optionals: []))
    }

    mutating func call(
        _ function: String, _ arguments: [ExpressionID], on target: ExpressionID? = nil
    ) -> ExpressionID {
        add(.call(function: function, target: target, arguments: arguments))
    }

    /// The parts of a loop that carries its result in the usual variable.
    mutating func loop(
        over range: ExpressionID, _ variable: String, _ secondVariable: String = "", from initial: ExpressionID,
        while condition: ExpressionID, step: ExpressionID, result: ExpressionID? = nil
    ) -> ExpressionID {
        let result = result ?? accumulator()
        return add(
            .comprehension(
                Comprehension(
                    range: range, variable: variable, secondVariable: secondVariable,
                    accumulator: Self.accumulator, initial: initial, condition: condition, step: step,
                    result: result)))
    }

    /// Gives a name to a value inside one expression: a loop that runs no step.
    mutating func binding(_ name: String, to value: ExpressionID, in body: ExpressionID) -> ExpressionID {
        let range = list()
        let condition = literal(.bool(false))
        let step = identifier(name)
        return add(
            .comprehension(
                Comprehension(
                    range: range, variable: Self.unused, secondVariable: "", accumulator: name, initial: value,
                    condition: condition, step: step, result: body)))
    }

    func issue(_ message: String, at id: ExpressionID) -> ExpressionIssue {
        ExpressionIssue(location: tree.location(of: id), message: message)
    }

    /// The plain name that an argument must be.
    func name(_ id: ExpressionID, otherwise message: String) throws(ExpressionIssue) -> String {
        guard case .identifier(let name) = tree[id] else { throw issue(message, at: id) }
        return name
    }

    /// A loop variable's name.
    func variable(_ id: ExpressionID, otherwise message: String) throws(ExpressionIssue) -> String {
        let name = try name(id, otherwise: message)
        if name == Self.accumulator { throw issue("iteration variable overwrites accumulator variable", at: id) }
        return name
    }

    /// A tree may not grow past this by copying.
    private static let nodesMax = 1_000_000

    /// The same expression once more; its nodes stand where the originals stand.
    mutating func copy(_ id: ExpressionID) throws(ExpressionIssue) -> ExpressionID {
        if tree.nodes.count > Self.nodesMax { throw issue("expression is too large once macros are expanded", at: id) }
        var node = tree[id]
        switch node {
        case .missing, .literal, .identifier: break
        case .select(let operand, let field, let isTest):
            node = .select(operand: try copy(operand), field: field, isTest: isTest)
        case .call(let function, let target, let arguments):
            var copied: ExpressionID?
            if let target { copied = try copy(target) }
            node = .call(function: function, target: copied, arguments: try copy(arguments))
        case .list(let elements, let optionals): node = .list(elements: try copy(elements), optionals: optionals)
        case .map(let entries): node = .map(try copy(entries))
        case .object(let type, let fields): node = .object(type: type, fields: try copy(fields))
        case .comprehension(let loop): node = .comprehension(try copy(loop))
        }
        return tree.add(node, at: tree.offset(of: id))
    }

    private mutating func copy(_ ids: [ExpressionID]) throws(ExpressionIssue) -> [ExpressionID] {
        var copies: [ExpressionID] = []
        for id in ids { copies.append(try copy(id)) }
        return copies
    }

    private mutating func copy(_ entries: [EntryExpression]) throws(ExpressionIssue) -> [EntryExpression] {
        var copies: [EntryExpression] = []
        for entry in entries {
            let id = tree.add(.missing, at: tree.offset(of: entry.id))
            var key: ExpressionID?
            if let original = entry.key { key = try copy(original) }
            let value = try copy(entry.value)
            copies.append(
                EntryExpression(id: id, key: key, field: entry.field, value: value, isOptional: entry.isOptional))
        }
        return copies
    }

    private mutating func copy(_ loop: Comprehension) throws(ExpressionIssue) -> Comprehension {
        var loop = loop
        loop.range = try copy(loop.range)
        loop.initial = try copy(loop.initial)
        loop.condition = try copy(loop.condition)
        loop.step = try copy(loop.step)
        loop.result = try copy(loop.result)
        return loop
    }
}
