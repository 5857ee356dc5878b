extension CheckedExpression {
    /// The range in which the cost of running this expression lies.
    public func estimatedCost(_ model: any CostModel) -> Estimate {
        var estimation = CostEstimation(expression: self, model: model)
        return estimation.cost(tree.root)
    }
}

/// Walks an expression from its leaves and adds up what running it may cost, as the API server does.
///
/// Sizes are what costs come from: each node's size is known from its constants, from its type, from the model, or
/// from the sizes beneath it, and is carried through variables.
struct CostEstimation {
    let expression: CheckedExpression
    let model: any CostModel
    private var paths: [ExpressionID: [String]] = [:]
    private var sizes: [ExpressionID: Estimate] = [:]
    private var entrySizes: [ExpressionID: EntrySize] = [:]
    /// The variables of loops and bindings, the innermost last.
    private var locals: [String: [Local]] = [:]

    /// The sizes of what a list or map holds.
    private struct EntrySize {
        var isList: Bool
        var key: Estimate
        var value: Estimate

        func union(_ other: EntrySize) -> EntrySize {
            EntrySize(isList: isList, key: key.union(other.key), value: value.union(other.value))
        }
    }

    private struct Local {
        let path: [String]
        let size: Estimate?
        let entrySize: EntrySize?
    }

    private static let one = Estimate(exactly: 1)

    init(expression: CheckedExpression, model: any CostModel) {
        self.expression = expression
        self.model = model
    }

    private var tree: SyntaxTree { expression.tree }
    private func type(of id: ExpressionID) -> CELType { expression.type(of: id) }

    mutating func cost(_ id: ExpressionID) -> Estimate {
        switch tree[id] {
        case .missing, .literal: return Estimate(exactly: 0)
        case .identifier(let name):
            paths[id] = locals[name]?.last?.path ?? [name]
            return Self.one
        case .select(let operand, let field, let isTest): return cost(id, operand, field, isTest)
        case .call(let function, let target, let arguments): return cost(id, function, target, arguments)
        case .list(let elements, _): return costOfList(id, elements)
        case .map(let entries): return costOfMap(id, entries)
        case .object(_, let fields):
            return fields.reduce(Estimate(exactly: 0)) { $0 + cost($1.value) } + Estimate(exactly: Cost.object)
        case .comprehension(let loop): return isBinding(loop) ? costOfBinding(id, loop) : costOfLoop(id, loop)
        }
    }

    private mutating func cost(
        _ id: ExpressionID, _ operand: ExpressionID, _ field: String, _ isTest: Bool
    ) -> Estimate {
        var sum = cost(operand)
        if isTest { return sum + Estimate(exactly: model.presenceTestCost) }
        switch type(of: operand) {
        case .map, .object, .parameter, .variable: sum = sum + Self.one
        default: break
        }
        paths[id] = path(of: operand) + [field]
        return sum
    }
}

// MARK: sizes

extension CostEstimation {
    private func path(of id: ExpressionID) -> [String] {
        if case .identifier(let name) = tree[id], let local = locals[name]?.last { return local.path }
        return paths[id] ?? []
    }

    private mutating func size(of id: ExpressionID) -> Estimate? {
        if let known = sizes[id] { return known }
        if let size = literalSize(id) { return size }
        let path = path(of: id)
        if let size = model.size(of: path, type: type(of: id)) {
            sizes[id] = size
            return size
        }
        if isScalar(type(of: id)) { return Self.one }
        if case .identifier(let name) = tree[id] { return locals[name]?.last?.size }
        return nil
    }

    private mutating func sizeOrUnknown(_ id: ExpressionID) -> Estimate { size(of: id) ?? .unknown }

    private func literalSize(_ id: ExpressionID) -> Estimate? {
        switch tree[id] {
        case .literal(.string(let text)): Estimate(exactly: UInt64(text.unicodeScalars.count))
        case .literal(.bytes(let bytes)): Estimate(exactly: UInt64(bytes.count))
        case .literal: Self.one
        case .list(let elements, _): Estimate(exactly: UInt64(elements.count))
        case .map(let entries): Estimate(exactly: UInt64(entries.count))
        default: nil
        }
    }

    private func isScalar(_ type: CELType) -> Bool {
        switch type.unwrapped {
        case .bool, .double, .duration, .int, .timestamp, .uint: true
        default: type.wrappedInOptional.map { isScalar($0) } ?? false
        }
    }

    private func entrySize(of id: ExpressionID) -> EntrySize? {
        if let known = entrySizes[id] { return known }
        if case .identifier(let name) = tree[id] { return locals[name]?.last?.entrySize }
        return nil
    }

    private mutating func copySizes(to id: ExpressionID, from other: ExpressionID) {
        if let size = size(of: other) { sizes[id] = size }
        if let size = entrySize(of: other) { entrySizes[id] = size }
    }

    private mutating func node(_ id: ExpressionID) -> EstimatedNode {
        var path: [String]? = path(of: id)
        if path?.isEmpty == true || path?.first == MacroExpansion.accumulator { path = nil }
        var literal: Literal?
        if case .literal(let value) = tree[id] { literal = value }
        return EstimatedNode(path: path, type: type(of: id), size: size(of: id), literal: literal)
    }
}

// MARK: literals and loops

extension CostEstimation {
    private mutating func costOfList(_ id: ExpressionID, _ elements: [ExpressionID]) -> Estimate {
        var sum = Estimate(exactly: Cost.list)
        var size = Estimate(min: elements.isEmpty ? 0 : .max, max: 0)
        for element in elements {
            sum = sum + cost(element)
            size = size.union(sizeOrUnknown(element))
        }
        entrySizes[id] = EntrySize(isList: true, key: Self.one, value: size)
        return sum
    }

    private mutating func costOfMap(_ id: ExpressionID, _ entries: [EntryExpression]) -> Estimate {
        var sum = Estimate(exactly: Cost.map)
        var keySize = Estimate(min: entries.isEmpty ? 0 : .max, max: 0)
        var valueSize = keySize
        for entry in entries {
            if let key = entry.key {
                sum = sum + cost(key)
                keySize = keySize.union(sizeOrUnknown(key))
            }
            sum = sum + cost(entry.value)
            valueSize = valueSize.union(sizeOrUnknown(entry.value))
        }
        entrySizes[id] = EntrySize(isList: false, key: keySize, value: valueSize)
        return sum
    }

    /// A loop that never runs but names a value: what `cel.bind` and its like become.
    private func isBinding(_ loop: Comprehension) -> Bool {
        guard case .list(let elements, _) = tree[loop.range], elements.isEmpty,
            case .literal(.bool(false)) = tree[loop.condition]
        else { return false }
        return loop.accumulator != MacroExpansion.accumulator
    }

    private mutating func costOfBinding(_ id: ExpressionID, _ loop: Comprehension) -> Estimate {
        var sum = cost(loop.range) + cost(loop.initial)
        pushLocal(loop.accumulator, loop.initial)
        sum = sum + cost(loop.result)
        locals[loop.accumulator]?.removeLast()
        copySizes(to: id, from: loop.result)
        return sum
    }

    private mutating func pushLocal(_ name: String, _ id: ExpressionID) {
        let local = Local(path: path(of: id), size: size(of: id), entrySize: entrySize(of: id))
        locals[name, default: []].append(local)
    }

    /// A loop variable: what it stands for is reached through the range.
    private mutating func pushVariable(_ name: String, over range: ExpressionID, _ part: LoopPart) {
        let entry = entrySize(of: range)
        var isList = entry?.isList ?? false
        if entry == nil, case .list = type(of: range) { isList = true }
        let isKey = part == .key || part == .single && !isList
        let step = isKey ? (isList ? "@indices" : "@keys") : (isList ? "@items" : "@values")
        let local = Local(path: path(of: range) + [step], size: isKey ? entry?.key : entry?.value, entrySize: nil)
        locals[name, default: []].append(local)
    }

    private enum LoopPart {
        case key, value, single
    }

    private mutating func costOfLoop(_ id: ExpressionID, _ loop: Comprehension) -> Estimate {
        var sum = cost(loop.range) + cost(loop.initial)
        pushLocal(loop.accumulator, loop.initial)
        let hasSecond = !loop.secondVariable.isEmpty
        pushVariable(loop.variable, over: loop.range, hasSecond ? .key : .single)
        if hasSecond { pushVariable(loop.secondVariable, over: loop.range, .value) }
        let turn = cost(loop.condition) + cost(loop.step)
        locals[loop.variable]?.removeLast()
        if hasSecond { locals[loop.secondVariable]?.removeLast() }
        sum = sum + cost(loop.result)
        locals[loop.accumulator]?.removeLast()
        let count = sizeOrUnknown(loop.range)
        switch tree[loop.initial] {
        case .literal:
            if let size = size(of: loop.initial) { sizes[id] = size }
        case .list, .map:
            sizes[id] = count
            if let size = entrySize(of: loop.step) { entrySizes[id] = size }
        default: break
        }
        return sum + count * turn
    }
}

// MARK: calls

extension CostEstimation {
    private mutating func cost(
        _ id: ExpressionID, _ function: String, _ target: ExpressionID?, _ arguments: [ExpressionID]
    ) -> Estimate {
        if function == "dyn", let argument = arguments.first {
            let sum = cost(argument)
            copySizes(to: id, from: argument)
            return Self.one + sum
        }
        var costs: [Estimate] = []
        var nodes: [EstimatedNode] = []
        for argument in arguments {
            costs.append(cost(argument))
            nodes.append(node(argument))
        }
        guard case .overloads(let overloads) = expression.reference(of: id), !overloads.isEmpty else {
            return Estimate(exactly: 0)
        }
        var sum = Estimate(exactly: 0)
        var targetNode: EstimatedNode?
        if let target {
            sum = cost(target)
            targetNode = node(target)
        }
        let call = Call(id: id, function: function, target: targetNode, ids: arguments, nodes: nodes, costs: costs)
        var range = Estimate(min: .max, max: 0)
        var resultSize: Estimate?
        for overload in overloads {
            let estimate = self.estimate(call, overload)
            range = range.union(estimate.cost)
            if let size = estimate.resultSize { resultSize = resultSize?.union(size) ?? size }
            if overload == "index_list" || overload == "index_map", let container = arguments.first {
                resultSize = entrySize(of: container)?.value
                paths[id] = path(of: container) + [overload == "index_list" ? "@items" : "@values"]
            }
            if resultSize == nil { resultSize = size(of: id) }
        }
        if let resultSize { sizes[id] = resultSize }
        return sum + range
    }

    private struct Call {
        let id: ExpressionID
        let function: String
        let target: EstimatedNode?
        let ids: [ExpressionID]
        let nodes: [EstimatedNode]
        let costs: [Estimate]

        var argumentsCost: Estimate { costs.reduce(Estimate(exactly: 0), +) }
        func size(_ index: Int) -> Estimate { nodes[index].size ?? .unknown }
        var targetSize: Estimate { target?.size ?? .unknown }
    }

    private mutating func estimate(_ call: Call, _ overload: String) -> CallEstimate {
        let known =
            Library.cost(of: overload, target: call.target, arguments: call.nodes, model: model)
            ?? model.cost(of: call.function, overload: overload, target: call.target, arguments: call.nodes)
        if let known { return CallEstimate(cost: known.cost + call.argumentsCost, resultSize: known.resultSize) }
        switch (overload, call.nodes.count) {
        case ("logical_or", 2), ("logical_and", 2):
            return CallEstimate(cost: Estimate(min: call.costs[0].min, max: (call.costs[0] + call.costs[1]).max))
        case ("conditional", 3): return conditional(call)
        case ("add_string", 2), ("add_bytes", 2), ("add_list", 2): return concatenation(call, overload)
        default:
            let own = Self.ownEstimate(call, overload)
            return CallEstimate(cost: own.cost + call.argumentsCost, resultSize: own.resultSize)
        }
    }

    private mutating func conditional(_ call: Call) -> CallEstimate {
        if let one = entrySize(of: call.ids[1]), let other = entrySize(of: call.ids[2]) {
            entrySizes[call.id] = one.union(other)
        }
        let cost = call.costs[0] + call.costs[1].union(call.costs[2])
        return CallEstimate(cost: cost, resultSize: call.size(1).union(call.size(2)))
    }

    private mutating func concatenation(_ call: Call, _ overload: String) -> CallEstimate {
        let size = call.size(0) + call.size(1)
        if let one = entrySize(of: call.ids[0]), let other = entrySize(of: call.ids[1]) {
            entrySizes[call.id] = one.union(other)
        }
        let own = overload == "add_list" ? Self.one : size * Cost.perCharacter
        return CallEstimate(cost: own + call.argumentsCost, resultSize: size)
    }

    /// The language's own functions whose cost depends on sizes; any other costs one.
    private static func ownEstimate(_ call: Call, _ overload: String) -> CallEstimate {
        switch (overload, call.nodes.count) {
        case ("string_format", 1): return CallEstimate(cost: call.targetSize * Cost.perCharacter)
        case ("string_to_bytes", 1):
            let size = call.size(0)
            return CallEstimate(
                cost: size * Cost.perCharacter, resultSize: Estimate(min: size.min, max: size.max &* 4))
        case ("bytes_to_string", 1):
            let size = call.size(0)
            return CallEstimate(cost: size * Cost.perCharacter, resultSize: Estimate(min: size.min / 4, max: size.max))
        case ("strings_quote", 1):
            let size = call.size(0)
            let result = Estimate(min: size.min &+ 2, max: size.max &* 2 &+ 2)
            return CallEstimate(cost: size * Cost.perCharacter, resultSize: result)
        case ("starts_with_string", 1), ("ends_with_string", 1):
            return CallEstimate(cost: call.size(0) * Cost.perCharacter)
        case ("in_list", 2): return CallEstimate(cost: call.size(1) * 1.0)
        case ("matches_string", 1):
            let text = (call.targetSize + one) * Cost.perCharacter
            return CallEstimate(cost: text * (call.size(0) * Cost.perPatternCharacter))
        case ("contains_string", 1):
            return CallEstimate(cost: (call.targetSize * Cost.perCharacter) * (call.size(0) * Cost.perCharacter))
        case (_, 2) where comparesSizes(overload):
            let most = Swift.min(call.size(0).max, call.size(1).max)
            return CallEstimate(cost: Estimate(min: most > 0 ? 1 : 0, max: most) * Cost.perCharacter)
        default: return CallEstimate(cost: one)
        }
    }

    private static func comparesSizes(_ overload: String) -> Bool {
        overload == "equals" || overload == "not_equals" || textComparisons.contains(overload)
    }

    private static let textComparisons: Set<String> = [
        "less_string", "greater_string", "less_equals_string", "greater_equals_string", "less_bytes",
        "greater_bytes", "less_equals_bytes", "greater_equals_bytes",
    ]
}
