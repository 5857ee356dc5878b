import LinearRegex

extension Planner {
    mutating func planCall(
        _ id: ExpressionID, _ function: String, _ target: ExpressionID?, _ arguments: [ExpressionID]
    ) throws(PlanFailure) -> Int32 {
        let (name, target) = resolve(id, function, target)
        if name == "cel.@block", arguments.count == 2 { return try planBlock(arguments[0], arguments[1]) }
        var places: [Int32] = []
        if let target { places.append(try plan(target)) }
        for argument in arguments { places.append(try plan(argument)) }
        switch (name, places.count) {
        case (Operator.logicalAnd, 2): return add(Node(operation: .and, a: places[0], b: places[1]))
        case (Operator.logicalOr, 2): return add(Node(operation: .or, a: places[0], b: places[1]))
        case (Operator.conditional, 3):
            return add(Node(operation: .conditional, a: places[0], b: uncharged(places[1]), c: uncharged(places[2])))
        case (Operator.notStrictlyFalse, 1): return add(Node(operation: .notStrictlyFalse, a: places[0]))
        case (Operator.equals, 2): return add(Node(operation: .equal, a: places[0], b: places[1]))
        case (Operator.notEquals, 2): return add(Node(operation: .notEqual, a: places[0], b: places[1]))
        case (Operator.index, 2): return try planIndex(places[0], places[1], isOptional: false)
        case (Operator.optionalSelect, 2), (Operator.optionalIndex, 2):
            return try planIndex(places[0], places[1], isOptional: true)
        case ("or", 2), ("orValue", 2):
            let flags = name == "or" ? 0 : Node.unwraps
            return add(Node(operation: .optionalOr, flags: flags, a: places[0], b: places[1]))
        default: return try planFunction(id, name, places)
        }
    }

    /// In an expression that was not checked, `a.b.c()` is the function `a.b.c` where there is one.
    private func resolve(
        _ id: ExpressionID, _ function: String, _ target: ExpressionID?
    ) -> (name: String, target: ExpressionID?) {
        guard expression.isUnchecked else { return (function, target) }
        guard let target else {
            let found = environment.candidates(for: function).first { environment.implementation(of: $0) != nil }
            return (found ?? function, nil)
        }
        if let prefix = expression.tree.qualifiedName(target) {
            for candidate in environment.candidates(for: "\(prefix).\(function)")
            where environment.implementation(of: candidate) != nil {
                return (candidate, nil)
            }
        }
        return (function, target)
    }

    private mutating func planIndex(
        _ base: Int32, _ index: Int32, isOptional: Bool
    ) throws(PlanFailure) -> Int32 {
        if let key = constant(index) {
            if environment.foldsConstants, !key.isNumber, key.kind != .string, key.kind != .bool {
                throw PlanFailure(description: "invalid qualifier type: \(key.goTypeName)")
            }
            return extend(base, with: Program.Qualifier(key: key, isOptional: isOptional))
        }
        return extend(base, with: Program.Qualifier(key: .null, node: uncharged(index), isOptional: isOptional))
    }

    private mutating func planFunction(
        _ id: ExpressionID, _ name: String, _ places: [Int32]
    ) throws(PlanFailure) -> Int32 {
        var overload: String?
        if case .overloads(let ids) = expression.reference(of: id), ids.count == 1 { overload = ids[0] }
        if environment.foldsConstants {
            if overload == "in_list" || expression.isUnchecked && name == Operator.in,
                let folded = planMembership(places)
            {
                return folded
            }
            if Self.conversions.contains(name), places.count == 1, let argument = constant(places[0]) {
                return try fold(name, argument)
            }
        }
        if expression.isUnchecked { try refuseArity(of: name, places.count) }
        let special = overload.flatMap { environment.implementation(of: $0) }
        let implementation = special ?? environment.implementation(of: name) ?? Self.missing(name)
        let detail = place(ofCost: environment.runCost(of: name, overload: overload))
        let first = add(operands: places)
        if name == "matches", places.count == 2, environment.foldsConstants, let pattern = constant(places[1]),
            pattern.kind == .string
        {
            return add(Node(operation: .matches, detail: detail, a: try place(of: pattern), b: first))
        }
        if let place = implementation.patternPlace, environment.foldsConstants {
            try check(patternOf: places, at: place)
        }
        let stops = implementation.stopsAtFirstError || places.count > 2
        return add(
            Node(
                operation: .call, flags: stops ? 1 : 0, detail: detail,
                a: place(of: implementation), b: first, c: Int32(places.count)))
    }

    /// A constant pattern is compiled now; one that is none makes the expression unusable.
    private mutating func place(of pattern: Value) throws(PlanFailure) -> Int32 {
        do throws(LinearRegexError) {
            patterns.append(try LinearRegex(unsafe Span(_unsafeElements: pattern.bytes.buffer)))
        } catch {
            throw PlanFailure(description: error.description)
        }
        return Int32(patterns.count - 1)
    }

    /// A function that nobody has implemented: its arguments are evaluated all the same.
    private static func missing(_ name: String) -> Function {
        Function(name) { evaluator, _ in evaluator.error("no such overload: \(name)") }
    }

    /// In an expression that was not checked, a function with one overload refuses another number of arguments here.
    private func refuseArity(of name: String, _ count: Int) throws(PlanFailure) {
        let overloads = environment.functions[name]?.overloads ?? []
        if overloads.isEmpty, count == 0 { throw PlanFailure(description: "no such overload: \(name)()") }
        guard overloads.count == 1, let arity = overloads.first?.parameters.count, arity == 1 || arity == 2,
            count != arity
        else { return }
        let arguments = count == 0 ? "" : count == 1 ? "arg" : count == 2 ? "lhs, rhs" : "..."
        throw PlanFailure(description: "no such overload: \(name)(\(arguments))")
    }

    /// A constant pattern is compiled even where it is compiled again when the program runs, for its error.
    private mutating func check(patternOf places: [Int32], at place: Int) throws(PlanFailure) {
        guard place < places.count, let pattern = constant(places[place]), pattern.kind == .string else { return }
        _ = try self.place(of: pattern)
    }

    private mutating func place(ofCost cost: CallCost?) -> UInt16 {
        guard let cost, costs.count < Int(UInt16.max) else { return 0 }
        costs.append(cost)
        return UInt16(costs.count)
    }

    private static let conversions: Set<String> = [
        "bool", "bytes", "double", "duration", "dyn", "int", "string", "timestamp", "type", "uint",
    ]

    /// A conversion of a constant is done now; where it fails the expression is refused.
    private mutating func fold(_ name: String, _ argument: Value) throws(PlanFailure) -> Int32 {
        let implementation = environment.implementation(of: name) ?? Self.missing(name)
        let result = unsafe withUnsafePointer(to: argument) {
            unsafe implementation.body(&memory.evaluator, Arguments(base: $0, count: 1))
        }
        if result.isError { throw PlanFailure(description: result.errorMessage) }
        return add(constant: result)
    }

    /// `x in [constants]`: nil where the list is no constant or holds what no set is made of.
    private mutating func planMembership(_ places: [Int32]) -> Int32? {
        guard places.count == 2, let list = constant(places[1]), list.kind == .list else { return nil }
        if list.length == 0 { return add(constant: .false) }
        guard let set = ConstantSet(unsafe Array(list.elements)) else { return nil }
        sets.append(set)
        return add(Node(operation: .isInSet, a: places[0], b: Int32(sets.count - 1)))
    }

    /// Each element is evaluated when `@index` first asks for it, and once only.
    private mutating func planBlock(_ list: ExpressionID, _ result: ExpressionID) throws(PlanFailure) -> Int32 {
        guard case .list(let elements, _) = expression.tree[list] else {
            throw PlanFailure(description: "cel.@block expects a list constructor as the first argument")
        }
        let outer = locals.count
        defer { locals.removeLast(locals.count - outer) }
        var pending: [Int] = []
        for index in elements.indices {
            let slot = Int32(slotCount)
            slotCount += 1
            locals.append(("@index\(index)", slot))
            pending.append(loops.count)
            loops.append(Program.Loop.binding(slot: slot, index: Int32(loops.count)))
        }
        for (index, element) in elements.enumerated() { loops[pending[index]].initial = try plan(element) }
        var body = try plan(result)
        // Each element's slot is prepared by a loop around the body that runs no step.
        for index in pending.reversed() {
            loops[index].result = body
            body = add(Node(operation: .loop, a: Int32(index)))
        }
        return body
    }
}

extension Program.Loop {
    /// A loop that only prepares a slot, for what is evaluated when it is first asked for.
    static func binding(slot: Int32, index: Int32) -> Program.Loop {
        Program.Loop(
            range: -1, initial: 0, condition: 0, step: 0, result: 0, variableSlot: -1, secondSlot: -1,
            accumulatorSlot: slot, index: index)
    }
}

// MARK: literals and loops

extension Planner {
    mutating func planList(_ elements: [ExpressionID], _ optionals: [Int]) throws(PlanFailure) -> Int32 {
        var places: [Int32] = []
        for element in elements { places.append(try plan(element)) }
        if environment.foldsConstants, optionals.isEmpty {
            let values = places.compactMap { constant($0) }
            if values.count == places.count { return add(constant: memory.evaluator.list(values)) }
        }
        guard !optionals.isEmpty else {
            return add(Node(operation: .list, b: add(operands: places), c: Int32(places.count)))
        }
        let marked = places.enumerated().flatMap { [$0.element, optionals.contains($0.offset) ? 1 : Int32(0)] }
        let first = add(operands: marked)
        return add(Node(operation: .list, flags: Node.hasOptionals, b: first, c: Int32(places.count)))
    }

    mutating func planMap(_ entries: [EntryExpression]) throws(PlanFailure) -> Int32 {
        var places: [Int32] = []
        for entry in entries {
            guard let key = entry.key else { continue }
            places.append(try plan(key))
            places.append(try plan(entry.value))
            places.append(entry.isOptional ? 1 : 0)
        }
        let first = add(operands: places)
        let flags = environment.refusesUnusualKeys ? Node.refusesUnusualKeys : 0
        let node = Node(operation: .map, flags: flags, b: first, c: Int32(entries.count))
        let isConstant = stride(from: 0, to: places.count, by: 3).allSatisfy {
            constant(places[$0]) != nil && constant(places[$0 + 1]) != nil && places[$0 + 2] == 0
        }
        guard environment.foldsConstants, isConstant else { return add(node) }
        return foldMap(places) ?? add(node)
    }

    private mutating func foldMap(_ places: [Int32]) -> Int32? {
        var map = memory.evaluator.makeMap(capacity: places.count / 3)
        for index in stride(from: 0, to: places.count, by: 3) {
            guard let key = constant(places[index]), let value = constant(places[index + 1]), !map.isError else {
                return nil
            }
            map = memory.evaluator.set(key, value, in: map)
        }
        return map.isError ? nil : add(constant: map)
    }

    mutating func planObject(_ type: String, _ fields: [EntryExpression]) throws(PlanFailure) -> Int32 {
        guard environment.types?.hasObject(type) == true else {
            throw PlanFailure(description: "unknown type: \(type)")
        }
        var places: [Int32] = []
        for field in fields {
            places.append(try plan(field.value))
            places.append(field.isOptional ? 1 : 0)
        }
        objectMakers.append(ObjectMaker(typeName: memory.evaluator.string(type), fields: fields.map(\.field)))
        let first = add(operands: places)
        return add(Node(operation: .object, a: Int32(objectMakers.count - 1), b: first, c: Int32(fields.count)))
    }

    private mutating func newLocal(_ name: String) -> Int32 {
        slotCount += 1
        locals.append((name, Int32(slotCount - 1)))
        return Int32(slotCount - 1)
    }

    mutating func planLoop(_ loop: Comprehension) throws(PlanFailure) -> Int32 {
        let initial = try plan(loop.initial)
        let range = try plan(loop.range)
        let outer = locals.count
        let accumulator = newLocal(loop.accumulator)
        let inner = locals.count
        let variable = newLocal(loop.variable)
        let second = loop.secondVariable.isEmpty ? -1 : newLocal(loop.secondVariable)
        let condition = try plan(loop.condition)
        let step = inPlace(try plan(loop.step), accumulator, loop)
        locals.removeLast(locals.count - inner)
        let result = try plan(loop.result)
        locals.removeLast(locals.count - outer)
        let place = Int32(loops.count)
        loops.append(
            Program.Loop(
                range: range, initial: initial, condition: condition, step: step, result: result,
                variableSlot: variable, secondSlot: second, accumulatorSlot: accumulator, index: place))
        return add(Node(operation: .loop, a: place))
    }

    /// The steps of the macros that make lists and maps, `accumulator + [x]` and `insert(accumulator, k, v)`, extend
    /// the accumulator where it lies. Only the nodes that a macro wrote are meant: what a user wrote about the
    /// accumulator makes a value of its own.
    private mutating func inPlace(_ step: Int32, _ accumulator: Int32, _ loop: Comprehension) -> Int32 {
        guard loop.accumulator == MacroExpansion.accumulator else { return step }
        let node = nodes[Int(step)]
        if node.operation == .conditional, case .list = expression.tree[loop.initial] {
            nodes[Int(step)].b = appended(node.b, accumulator)
            return step
        }
        if case .list = expression.tree[loop.initial] { return appended(step, accumulator) }
        return step
    }

    private mutating func appended(_ place: Int32, _ accumulator: Int32) -> Int32 {
        let node = nodes[Int(place)]
        guard node.operation == .call, functions[Int(node.a)].name == Operator.add, node.c == 2 else { return place }
        let left = nodes[Int(operands[Int(node.b)])]
        let right = nodes[Int(operands[Int(node.b) + 1])]
        guard left.operation == .variable, left.a == accumulator, right.operation == .list, right.c == 1,
            right.flags & Node.hasOptionals == 0
        else { return place }
        return add(Node(operation: .append, a: accumulator, b: operands[Int(right.b)]))
    }
}
