import LinearRegex

/// Why an expression that is sound cannot be made ready to run.
public struct PlanFailure: Error, CustomStringConvertible, Sendable {
    /// The reason, in the words that Kubernetes users know.
    public let description: String
}

/// Turns a checked expression into a program: names become slots, paths become qualifiers, constants are folded.
struct Planner {
    typealias Node = Program.Node

    let expression: CheckedExpression
    let environment: Environment
    let memory = ConstantMemory()
    var nodes: [Node] = []
    var operands: [Int32] = []
    var qualifiers: [Program.Qualifier] = []
    var loops: [Program.Loop] = []
    var constants: [Value] = []
    var functions: [Function] = []
    var costs: [CallCost] = []
    var sets: [ConstantSet] = []
    var patterns: [LinearRegex] = []
    var objectMakers: [ObjectMaker] = []
    var variableNames: [String]
    var slotCount: Int
    private var functionPlaces: [String: Int32] = [:]
    /// The slots of loop variables, the innermost last.
    var locals: [(name: String, slot: Int32)] = []

    static func plan(_ expression: CheckedExpression, in environment: Environment) throws(PlanFailure) -> Program {
        var planner = Planner(expression: expression, environment: environment)
        let root = try planner.plan(expression.tree.root)
        return Program(planner, root: root, resultType: expression.resultType)
    }

    /// Plans the part of an expression that stands beneath `part`.
    static func plan(
        _ expression: CheckedExpression, in environment: Environment, from part: ExpressionID
    ) throws(PlanFailure) -> Program {
        var planner = Planner(expression: expression, environment: environment)
        let root = try planner.plan(part)
        return Program(planner, root: root, resultType: expression.type(of: part))
    }

    private init(expression: CheckedExpression, environment: Environment) {
        self.expression = expression
        self.environment = environment
        variableNames = environment.variableOrder
        slotCount = max(environment.variableOrder.count, environment.reservedSlotCount)
    }

    mutating func add(_ node: Node) -> Int32 {
        nodes.append(node)
        return Int32(nodes.count - 1)
    }

    mutating func add(constant value: Value) -> Int32 {
        constants.append(value)
        return add(Node(operation: .constant, a: Int32(constants.count - 1)))
    }

    /// The value of a node that is a constant.
    func constant(_ node: Int32) -> Value? {
        let node = nodes[Int(node)]
        return node.operation == .constant ? constants[Int(node.a)] : nil
    }

    mutating func add(operands list: [Int32]) -> Int32 {
        operands.append(contentsOf: list)
        return Int32(operands.count - list.count)
    }

    mutating func place(of function: Function) -> Int32 {
        if let place = functionPlaces[function.name] { return place }
        functions.append(function)
        functionPlaces[function.name] = Int32(functions.count - 1)
        return Int32(functions.count - 1)
    }

    mutating func plan(_ id: ExpressionID) throws(PlanFailure) -> Int32 {
        switch expression.tree[id] {
        case .missing: throw PlanFailure(description: "unsupported expression")
        case .literal(let literal): return add(constant: value(of: literal))
        case .identifier(let name): return planIdentifier(id, name)
        case .select(let operand, let field, let isTest): return try planSelect(id, operand, field, isTest)
        case .call(let function, let target, let arguments): return try planCall(id, function, target, arguments)
        case .list(let elements, let optionals): return try planList(elements, optionals)
        case .map(let entries): return try planMap(entries)
        case .object(let type, let fields): return try planObject(type, fields)
        case .comprehension(let loop): return try planLoop(loop)
        }
    }

    private mutating func value(of literal: Literal) -> Value {
        switch literal {
        case .null: .null
        case .bool(let value): Value(value)
        case .int(let value): Value(value)
        case .uint(let value): Value(value)
        case .double(let value): Value(value)
        case .string(let text): memory.evaluator.copy(.string, Array(text.utf8))
        case .bytes(let bytes): memory.evaluator.copy(.bytes, bytes)
        }
    }
}

// MARK: names and paths

extension Planner {
    private func slot(of name: String) -> Int32? {
        if let local = locals.last(where: { $0.name == name }) { return local.slot }
        return environment.slot(of: name).map { Int32($0) }
    }

    private mutating func planIdentifier(_ id: ExpressionID, _ name: String) -> Int32 {
        if case .variable(let full) = expression.reference(of: id) { return planReference(id, full) }
        if environment.localsHideNames, locals.contains(where: { $0.name == name }) {
            return planName(name) ?? planUnknown([name])
        }
        for candidate in environment.candidates(for: name) {
            if let node = planName(candidate) { return node }
        }
        return planUnknown(environment.candidates(for: name))
    }

    /// A name that the checker resolved: a type, or a variable.
    private mutating func planReference(_ id: ExpressionID, _ name: String) -> Int32 {
        if name.utf8.first == UInt8(ascii: "."), let slot = environment.slot(of: String(name.dropFirst())) {
            return add(Node(operation: .variable, flags: Node.charges, a: Int32(slot)))
        }
        if locals.contains(where: { $0.name == name }) { return planName(name) ?? planUnknown([name]) }
        if case .type = expression.type(of: id), case .type = environment.variables[name] ?? .dyn {
            return add(constant: typeValue(name))
        }
        return planName(name) ?? planUnknown([name])
    }

    /// The variable or type that is called exactly so; nil where there is none.
    private mutating func planName(_ name: String) -> Int32? {
        guard let slot = slot(of: name) else { return nil }
        if !locals.contains(where: { $0.name == name }), case .type = environment.variables[name] {
            return add(constant: typeValue(name))
        }
        return add(Node(operation: .variable, flags: Node.charges, a: slot))
    }

    private mutating func planUnknown(_ names: [String]) -> Int32 {
        let text = memory.evaluator.string("no such attribute(s): \(names.joined(separator: ", "))")
        constants.append(text)
        return add(Node(operation: .failure, a: Int32(constants.count - 1)))
    }

    private mutating func typeValue(_ name: String) -> Value {
        Value(.type, memory.evaluator.string(name).bytes)
    }

    private mutating func planSelect(
        _ id: ExpressionID, _ operand: ExpressionID, _ field: String, _ isTest: Bool
    ) throws(PlanFailure) -> Int32 {
        if case .variable(let name) = expression.reference(of: id) { return planReference(id, name) }
        if !isTest, expression.isUnchecked, let node = planQualifiedName(id) { return node }
        let base = try plan(operand)
        let key = memory.evaluator.string(field)
        return extend(base, with: Program.Qualifier(key: key, isTest: isTest))
    }

    /// In an expression that was not checked, a chain of selections may spell a variable's name.
    private mutating func planQualifiedName(_ id: ExpressionID) -> Int32? {
        guard let name = expression.tree.qualifiedName(id), let first = name.split(separator: ".").first,
            !environment.localsHideNames || name.hasPrefix(".") || !locals.contains(where: { $0.name == first })
        else { return nil }
        for candidate in environment.candidates(for: name) {
            if let node = planName(candidate) { return node }
        }
        return nil
    }

    /// Applies one more qualifier to a node, which becomes or stays a path.
    mutating func extend(_ base: Int32, with qualifier: Program.Qualifier) -> Int32 {
        var qualifier = qualifier
        qualifier.isStrict = environment.refusesTestsOfScalars
        var node = nodes[Int(base)]
        let first = Int32(qualifiers.count)
        switch node.operation {
        case .variable: node = Node(operation: .variablePath, flags: node.flags, a: node.a, b: first, c: 0)
        case .variablePath where node.flags & Node.tests == 0, .nodePath where node.flags & Node.tests == 0:
            // The qualifiers of a path lie together; earlier ones are written again where others came between.
            if node.b + node.c != first {
                let start = Int(node.b)
                qualifiers.append(contentsOf: qualifiers[start..<start + Int(node.c)])
                node.b = first
            }
        default:
            // A conditional charges nothing of its own, whatever is selected from it.
            let flags = node.operation == .conditional ? 0 : Node.charges
            node = Node(operation: .nodePath, flags: flags, a: base, b: first, c: 0)
        }
        qualifiers.append(qualifier)
        node.c += 1
        if qualifier.isTest {
            node.flags |= Node.tests
            node.flags &= environment.presenceTestsHaveCost ? .max : ~Node.charges
        }
        return add(node)
    }

    /// The same path where reading its first variable is not charged: as a branch, or as an index.
    mutating func uncharged(_ place: Int32) -> Int32 {
        let node = nodes[Int(place)]
        switch node.operation {
        case .variable, .variablePath, .nodePath:
            nodes[Int(place)].flags &= ~Node.charges
        default: break
        }
        return place
    }
}
