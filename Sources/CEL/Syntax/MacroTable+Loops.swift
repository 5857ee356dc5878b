// The looping macros and `has`. In each loop the condition may end it early; the step works on the accumulator.

extension MacroTable {
    mutating func addStandard(withAliases: Bool) {
        add("has", 1, isMember: false) { expansion, _, arguments throws(ExpressionIssue) in
            guard case .select(let operand, let field, _) = expansion.tree[arguments[0]] else {
                throw expansion.issue("invalid argument to has() macro", at: arguments[0])
            }
            return expansion.add(.select(operand: operand, field: field, isTest: true))
        }
        for (name, kind) in Quantifier.names where withAliases || name != "existsOne" {
            add(name, 2) { expansion, target, arguments throws(ExpressionIssue) in
                let variable = try expansion.variable(arguments[0], otherwise: "argument must be a simple name")
                return expansion.quantifier(kind, over: target, [variable, ""], arguments[1])
            }
        }
        add("map", 2) { expansion, target, arguments throws(ExpressionIssue) in
            try expansion.map(target, arguments[0], filter: nil, arguments[1])
        }
        add("map", 3) { expansion, target, arguments throws(ExpressionIssue) in
            try expansion.map(target, arguments[0], filter: arguments[1], arguments[2])
        }
        add("filter", 2) { expansion, target, arguments throws(ExpressionIssue) in
            try expansion.map(target, arguments[0], filter: arguments[1], arguments[0])
        }
    }

    /// The loops that name both the index or key and the value.
    public static let twoVariables: MacroTable = {
        var table = MacroTable()
        for (name, kind) in Quantifier.names {
            table.add(name, 3) { expansion, target, arguments throws(ExpressionIssue) in
                let variables = try expansion.twoVariables(arguments)
                return expansion.quantifier(kind, over: target, variables, arguments[2])
            }
        }
        for (name, kind) in [("transformList", Transform.list), ("transformMap", .map), ("transformMapEntry", .entry)] {
            table.add(name, 3) { expansion, target, arguments throws(ExpressionIssue) in
                try expansion.transform(kind, target, arguments, filter: nil, arguments[2])
            }
            table.add(name, 4) { expansion, target, arguments throws(ExpressionIssue) in
                try expansion.transform(kind, target, arguments, filter: arguments[2], arguments[3])
            }
        }
        return table
    }()
}

private enum Quantifier {
    case all, exists, existsOne

    static let names: [(String, Quantifier)] = [
        ("all", .all), ("exists", .exists), ("exists_one", .existsOne), ("existsOne", .existsOne),
    ]
}

private enum Transform {
    case list, map, entry
}

extension MacroExpansion {
    /// Two different plain names.
    fileprivate func twoVariables(_ arguments: [ExpressionID]) throws(ExpressionIssue) -> [String] {
        let first = try name(arguments[0], otherwise: "argument must be a simple name")
        let second = try name(arguments[1], otherwise: "argument must be a simple name")
        if first == second { throw issue("duplicate variable name: \(first)", at: arguments[1]) }
        _ = try variable(arguments[0], otherwise: "")
        _ = try variable(arguments[1], otherwise: "")
        return [first, second]
    }

    fileprivate mutating func quantifier(
        _ kind: Quantifier, over target: ExpressionID?, _ variables: [String], _ predicate: ExpressionID
    ) -> ExpressionID? {
        guard let target else { return nil }
        let initial: ExpressionID
        let condition: ExpressionID
        let step: ExpressionID
        var result: ExpressionID?
        switch kind {
        case .all:
            initial = literal(.bool(true))
            condition = call(Operator.notStrictlyFalse, [accumulator()])
            step = call(Operator.logicalAnd, [accumulator(), predicate])
        case .exists:
            initial = literal(.bool(false))
            condition = call(Operator.notStrictlyFalse, [call(Operator.logicalNot, [accumulator()])])
            step = call(Operator.logicalOr, [accumulator(), predicate])
        case .existsOne:
            initial = literal(.int(0))
            condition = literal(.bool(true))
            let more = call(Operator.add, [accumulator(), literal(.int(1))])
            step = call(Operator.conditional, [predicate, more, accumulator()])
            result = call(Operator.equals, [accumulator(), literal(.int(1))])
        }
        return loop(
            over: target, variables[0], variables[1], from: initial, while: condition, step: step, result: result)
    }

    fileprivate mutating func map(
        _ target: ExpressionID?, _ variable: ExpressionID, filter: ExpressionID?, _ transform: ExpressionID
    ) throws(ExpressionIssue) -> ExpressionID? {
        guard let target else { return nil }
        return try map(target, variable, filter: filter, transform) as ExpressionID
    }

    /// A list of what each element becomes; with a filter, of those for which it is true.
    mutating func map(
        _ target: ExpressionID, _ variable: ExpressionID, filter: ExpressionID?, _ transform: ExpressionID
    ) throws(ExpressionIssue) -> ExpressionID {
        let name = try self.variable(variable, otherwise: "argument is not an identifier")
        let initial = list()
        let condition = literal(.bool(true))
        let step = filtered(filter, call(Operator.add, [accumulator(), list([transform])]))
        return loop(over: target, name, from: initial, while: condition, step: step)
    }

    /// The step, or the accumulator as it was where the filter is false.
    private mutating func filtered(_ filter: ExpressionID?, _ step: ExpressionID) -> ExpressionID {
        guard let filter else { return step }
        return call(Operator.conditional, [filter, step, accumulator()])
    }

    fileprivate mutating func transform(
        _ kind: Transform, _ target: ExpressionID?, _ arguments: [ExpressionID], filter: ExpressionID?,
        _ transform: ExpressionID
    ) throws(ExpressionIssue) -> ExpressionID? {
        let variables = try twoVariables(arguments)
        guard let target else { return nil }
        let initial = kind == .list ? list() : add(.map([]))
        let condition = literal(.bool(true))
        let step: ExpressionID
        switch kind {
        case .list: step = call(Operator.add, [accumulator(), list([transform])])
        case .map: step = call("cel.@mapInsert", [accumulator(), identifier(variables[0]), transform])
        case .entry: step = call("cel.@mapInsert", [accumulator(), transform])
        }
        return loop(
            over: target, variables[0], variables[1], from: initial, while: condition, step: filtered(filter, step))
    }
}
