// What calls of the extension libraries are estimated to cost.

extension Library {
    /// The estimate for an overload of lists and sets; nil for any other.
    static func cost(
        of overload: String, target: EstimatedNode?, arguments: [EstimatedNode], model: any CostModel
    ) -> CallEstimate? {
        let one = Estimate(exactly: 1)
        switch (overload, arguments.count, target) {
        case ("list_sets_contains_list", 2, _), ("list_sets_intersects_list", 2, _):
            return CallEstimate(cost: (model.size(of: arguments[0]) * model.size(of: arguments[1])) * 1.0 + one)
        case ("list_sets_equivalent_list", 2, _):
            return CallEstimate(cost: (model.size(of: arguments[0]) * model.size(of: arguments[1])) * 2.0 + one)
        case ("list_slice", 2, let target?):
            let start = arguments[0].integer ?? 0
            let end = arguments[1].integer ?? model.size(of: target).max
            return allocating(1, Estimate(exactly: end &- start))
        case ("lists_range", 1, nil): return allocating(1, Estimate(exactly: arguments[0].integer ?? .max))
        case ("list_reverse", 0, let target?): return allocating(1, model.size(of: target))
        case ("list_flatten", 0, let target?): return allocating(1, model.size(of: target))
        case ("list_flatten_int", 1, let target?):
            return allocating(Double(arguments[0].integer ?? .max), model.size(of: target))
        case ("list_distinct", 0, let target?):
            let size = model.size(of: target)
            return allocating(2, size * size)
        case (_, 0, let target?) where overload.hasPrefix("list_") && overload.hasSuffix("_sort"):
            return sorting(overload, by: target, model)
        case (_, 1, .some) where overload.hasSuffix("_sortByAssociatedKeys"):
            return sorting(overload, by: arguments[0], model)
        default: return nil
        }
    }

    private static func sorting(_ overload: String, by keys: EstimatedNode, _ model: any CostModel) -> CallEstimate {
        let size = model.size(of: keys)
        let isText = overload.hasPrefix("list_string_") || overload.hasPrefix("list_bytes_")
        return allocating(isText ? 2 + Cost.perCharacter : 2, size * size)
    }

    private static func allocating(_ factor: Double, _ size: Estimate) -> CallEstimate {
        CallEstimate(cost: size * factor + Estimate(exactly: 1 + Cost.list), resultSize: size)
    }
}

extension EstimatedNode {
    /// The integer that the node is, and zero for a negative one.
    fileprivate var integer: UInt64? {
        guard case .int(let value)? = literal else { return nil }
        return value < 0 ? 0 : UInt64(value)
    }
}
