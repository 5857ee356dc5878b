// Macros of the extension libraries: `sortBy`, `math.least` and `math.greatest`.

extension MacroTable {
    /// `list.sortBy(e, key)`: the keys are made by a loop, and the list is sorted along with them.
    static let sorting: MacroTable = {
        var table = MacroTable()
        table.add("sortBy", 2) { expansion, target, arguments throws(ExpressionIssue) in
            guard let target else { return nil }
            if case .literal = expansion.tree[target] { throw expansion.unsortable(target) }
            if case .map = expansion.tree[target] { throw expansion.unsortable(target) }
            if case .object = expansion.tree[target] { throw expansion.unsortable(target) }
            let input = "@__sortBy_input__"
            let looped = expansion.identifier(input)
            let keys = try expansion.map(looped, arguments[0], filter: nil, arguments[1])
            let list = expansion.identifier(input)
            let sorted = expansion.call("@sortByAssociatedKeys", [keys], on: list)
            return expansion.binding(input, to: target, in: sorted)
        }
        return table
    }()

    /// `math.least(…)` and `math.greatest(…)` with any number of arguments.
    static let extremes: MacroTable = {
        var table = MacroTable()
        for (name, function) in [("least", "math.@min"), ("greatest", "math.@max")] {
            table.addVariadic(name) { expansion, target, arguments throws(ExpressionIssue) in
                guard let target, case .identifier("math") = expansion.tree[target] else { return nil }
                return try expansion.extreme("math.\(name)()", function, target, arguments)
            }
        }
        return table
    }()
}

extension MacroExpansion {
    fileprivate func unsortable(_ id: ExpressionID) -> ExpressionIssue {
        issue("sortBy can only be applied to a list, identifier, comprehension, call or select expression", at: id)
    }

    fileprivate mutating func extreme(
        _ name: String, _ function: String, _ target: ExpressionID, _ arguments: [ExpressionID]
    ) throws(ExpressionIssue) -> ExpressionID {
        if arguments.isEmpty { throw issue("\(name) requires at least one argument", at: target) }
        if arguments.count == 1 {
            guard isNumeric(arguments[0]) || isNumericList(arguments[0]) else {
                throw issue("\(name) invalid single argument value", at: arguments[0])
            }
            return call(function, arguments)
        }
        for argument in arguments where !isNumeric(argument) {
            throw issue("\(name) simple literal arguments must be numeric", at: argument)
        }
        return call(function, arguments.count == 2 ? arguments : [list(arguments)])
    }

    /// Whether an argument is a number, or may turn out to be one.
    private func isNumeric(_ id: ExpressionID) -> Bool {
        switch tree[id] {
        case .literal(.int), .literal(.uint), .literal(.double): true
        case .literal, .list, .map, .object: false
        default: true
        }
    }

    private func isNumericList(_ id: ExpressionID) -> Bool {
        guard case .list(let elements, _) = tree[id] else { return false }
        return !elements.isEmpty && elements.allSatisfy(isNumeric)
    }
}
