// Macros that give names to values: `optMap` and `optFlatMap`, `cel.bind`, `cel.block`.

extension MacroTable {
    /// Computations on the value of an optional, where it has one.
    public static let optionals: MacroTable = {
        var table = MacroTable()
        for name in ["optMap", "optFlatMap"] {
            table.add(name, 2) { expansion, target, arguments throws(ExpressionIssue) in
                guard let target else { return nil }
                let message = "\(name)() variable name must be a simple identifier"
                let variable = try expansion.name(arguments[0], otherwise: message)
                let present = expansion.call("hasValue", [], on: target)
                let value = expansion.call("value", [], on: try expansion.copy(target))
                var mapped = expansion.binding(variable, to: value, in: arguments[1])
                if name == "optMap" { mapped = expansion.call("optional.of", [mapped]) }
                let none = expansion.call("optional.none", [])
                return expansion.call(Operator.conditional, [present, mapped, none])
            }
        }
        return table
    }()

    /// `cel.bind(name, value, expression)`.
    public static let bindings: MacroTable = {
        var table = MacroTable()
        table.add("bind", 3) { expansion, target, arguments throws(ExpressionIssue) in
            guard expansion.isNamespace(target) else { return nil }
            let message = "cel.bind() variable names must be simple identifiers"
            let name = try expansion.name(arguments[0], otherwise: message)
            return expansion.binding(name, to: arguments[1], in: arguments[2])
        }
        return table
    }()

    /// `cel.block([…], expression)` with `cel.index`, `cel.iterVar` and `cel.accuVar`: what optimisers write.
    public static let blocks: MacroTable = {
        var table = MacroTable()
        table.add("block", 2) { expansion, target, arguments throws(ExpressionIssue) in
            guard expansion.isNamespace(target) else { return nil }
            guard case .list = expansion.tree[arguments[0]] else {
                throw expansion.issue("cel.block requires the first arg to be a list literal", at: arguments[0])
            }
            return expansion.call("cel.@block", arguments)
        }
        table.add("index", 1) { expansion, target, arguments throws(ExpressionIssue) in
            guard expansion.isNamespace(target) else { return nil }
            let message = "cel.index requires a single non-negative int constant arg"
            return expansion.identifier("@index\(try expansion.ordinal(arguments[0], otherwise: message))")
        }
        for (name, prefix) in [("iterVar", "@it"), ("accuVar", "@ac")] {
            table.add(name, 2) { expansion, target, arguments throws(ExpressionIssue) in
                guard expansion.isNamespace(target) else { return nil }
                let message = "cel.\(name) requires two non-negative int constant args"
                let depth = try expansion.ordinal(arguments[0], otherwise: message)
                let unique = try expansion.ordinal(arguments[1], otherwise: message)
                return expansion.identifier("\(prefix):\(depth):\(unique)")
            }
        }
        return table
    }()
}

extension MacroExpansion {
    fileprivate func isNamespace(_ target: ExpressionID?) -> Bool {
        guard let target, case .identifier("cel") = tree[target] else { return false }
        return true
    }

    /// A literal integer that is not negative.
    fileprivate func ordinal(_ id: ExpressionID, otherwise message: String) throws(ExpressionIssue) -> Int64 {
        guard case .literal(.int(let value)) = tree[id], value >= 0 else { throw issue(message, at: id) }
        return value
    }
}
