/// Sorts a list by keys that stand beside its elements.
enum ListOrder {
    static func sort(_ evaluator: inout Evaluator, _ list: Value, by keys: Value) -> Value {
        guard list.count == keys.count else {
            return evaluator.error(
                "@sortByAssociatedKeys() expected a list of the same size as the associated keys list, "
                    + "but got \(list.count) and \(keys.count) elements respectively")
        }
        guard list.count > 0 else { return list }
        let values = evaluator.collect(from: list, upTo: list.count) { _, element in element }
        let sorted = evaluator.collect(from: keys, upTo: keys.count) { _, key in key }
        if values.isError || sorted.isError { return .stopped }
        let order = unsafe sorted.elements
        guard unsafe order[0].isComparable else { return .error("list elements must be comparable") }
        let kind = unsafe order[0].kind
        for index in order.indices where unsafe order[index].kind != kind {
            return .error("list elements must have the same type")
        }
        var sorting = unsafe PatternDefeatingSort(
            keys: UnsafeMutableBufferPointer(mutating: order),
            values: UnsafeMutableBufferPointer(mutating: values.elements))
        return sorting.run(&evaluator) ? values : .stopped
    }
}

extension Value {
    /// Whether values of this type have an order.
    fileprivate var isComparable: Bool {
        switch kind {
        case .bool, .int, .uint, .double, .string, .bytes, .timestamp, .duration: true
        default: false
        }
    }
}
