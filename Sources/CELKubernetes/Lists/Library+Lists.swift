import CEL

// Sums, extremes and places. What calls were not checked to be goes by the first overload, as in the reference
// implementation: the sum of no elements is then the integer zero.

extension Library {
    /// Sums and extremes of lists, and places in them. Places in strings are another library's.
    static let listFunctions: [Function] =
        [
            Function("isSorted") { evaluator, arguments in
                guard arguments.count == 1, arguments[0].isList else {
                    return evaluator.noOverload("isSorted", arguments)
                }
                return isSorted(arguments[0], &evaluator)
            },
            extreme("min", isBetter: { $0 < 0 }, empty: "min called on empty list"),
            extreme("max", isBetter: { $0 > 0 }, empty: "max called on empty list"),
            place("indexOf", isLast: false), place("lastIndexOf", isLast: true),
        ] + [
            sum("sum", nil), sum("list_int_sum_int", Value(Int64(0))),
            sum("list_uint_sum_uint", Value(UInt64(0))), sum("list_double_sum_double", Value(0.0)),
            sum("list_duration_sum_duration", Value(durationNanoseconds: 0)),
        ]

    private static func isSorted(_ list: Value, _ evaluator: inout Evaluator) -> Value {
        var cursor = ValueCursor(list)
        var earlier: Value?
        while let (_, element) = cursor.next(&evaluator) {
            if evaluator.mustStop() { return .stopped }
            guard element.isComparable else { return .noSuchOverload }
            if let earlier, let order = earlier.order(element), order > 0 { return .false }
            earlier = element
        }
        return .true
    }

    private static func extreme(
        _ name: String, isBetter: @escaping @Sendable (Int) -> Bool, empty: StaticString
    ) -> Function {
        Function(name) { evaluator, arguments in
            guard arguments.count == 1, arguments[0].isList else { return evaluator.noOverload(name, arguments) }
            var cursor = ValueCursor(arguments[0])
            var best: Value?
            while let (_, element) = cursor.next(&evaluator) {
                if evaluator.mustStop() { return .stopped }
                guard element.isComparable else { return .noSuchOverload }
                if let earlier = best {
                    if let order = element.order(earlier), isBetter(order) { best = element }
                } else {
                    best = element
                }
            }
            return best ?? .error(empty)
        }
    }

    /// Where it is not known what is summed, the first element decides.
    private static func sum(_ name: String, _ zero: Value?) -> Function {
        Function(name) { evaluator, arguments in
            guard arguments.count == 1, arguments[0].isList else { return evaluator.noOverload("sum", arguments) }
            var cursor = ValueCursor(arguments[0])
            var sum = zero ?? Value(Int64(0))
            if zero == nil, arguments[0].count > 0 {
                guard let first = evaluator.element(0, of: arguments[0]).zero else {
                    return evaluator.noOverload("sum", arguments)
                }
                sum = first
            }
            while let (_, element) = cursor.next(&evaluator) {
                if evaluator.mustStop() { return .stopped }
                sum = sum.adding(element)
                if sum.isError { return sum }
            }
            return sum
        }
    }

    private static func place(_ name: String, isLast: Bool) -> Function {
        Function(name) { evaluator, arguments in
            guard arguments.count == 2, arguments[0].isList else { return evaluator.noOverload(name, arguments) }
            var cursor = ValueCursor(arguments[0])
            var found: Int64 = -1
            while let (index, element) = cursor.next(&evaluator) {
                if evaluator.mustStop(after: element.isList || element.isMap ? element.count + 1 : 1) {
                    return .stopped
                }
                guard evaluator.areEqual(element, arguments[1]) else { continue }
                found = index.intValue
                if !isLast { break }
            }
            return Value(found)
        }
    }
}

extension Value {
    /// Whether values of this type are ordered among themselves.
    fileprivate var isComparable: Bool {
        switch kind {
        case .bool, .int, .uint, .double, .string, .bytes, .timestamp, .duration: true
        default: false
        }
    }

    /// Negative, zero or positive as this comes before, with or after the other; nil where they have no order.
    fileprivate func order(_ other: Value) -> Int? {
        switch (kind, other.kind) {
        case (.string, .string), (.bytes, .bytes): return bytes.order(other.bytes)
        case (.bool, .bool): return (boolValue ? 1 : 0) - (other.boolValue ? 1 : 0)
        case (.duration, .duration): return intValue < other.intValue ? -1 : intValue > other.intValue ? 1 : 0
        case (.timestamp, .timestamp):
            let mine = (intValue, nanosecondsValue)
            let theirs = (other.intValue, other.nanosecondsValue)
            return mine < theirs ? -1 : mine > theirs ? 1 : 0
        default: return Evaluator.numericOrder(self, other)
        }
    }

    /// The zero of the type of a number or duration; nil for anything else.
    fileprivate var zero: Value? {
        switch kind {
        case .int: Value(Int64(0))
        case .uint: Value(UInt64(0))
        case .double: Value(0.0)
        case .duration: Value(durationNanoseconds: 0)
        default: nil
        }
    }

    /// The sum of two numbers or durations of one type.
    fileprivate func adding(_ other: Value) -> Value {
        switch (kind, other.kind) {
        case (.int, .int):
            let (sum, overflows) = intValue.addingReportingOverflow(other.intValue)
            return overflows ? .error("integer overflow") : Value(sum)
        case (.uint, .uint):
            let (sum, overflows) = uintValue.addingReportingOverflow(other.uintValue)
            return overflows ? .error("unsigned integer overflow") : Value(sum)
        case (.double, .double): return Value(doubleValue + other.doubleValue)
        case (.duration, .duration):
            let (sum, overflows) = intValue.addingReportingOverflow(other.intValue)
            return overflows ? .error("integer overflow") : Value(durationNanoseconds: sum)
        default: return .noSuchOverload
        }
    }
}
