// Values that may be absent. `or` and `orValue` are laid out by the planner, since they may leave an argument out.

extension Library {
    static let optionalFunctions: [Function] = [
        Function("optional.of") { evaluator, arguments in evaluator.optional(arguments[0]) },
        Function("optional.none") { _, _ in .none },
        Function("optional.ofNonZeroValue") { evaluator, arguments in
            arguments[0].isZero ? .none : evaluator.optional(arguments[0])
        },
        Function("hasValue") { evaluator, arguments in
            guard arguments.are(.optional) else { return evaluator.noOverload("hasValue", arguments) }
            return Value(arguments[0].boxed != nil)
        },
        Function("value") { evaluator, arguments in
            guard arguments.are(.optional) else { return evaluator.noOverload("value", arguments) }
            return arguments[0].boxed ?? .error("optional.none() dereference")
        },
        Function("first") { evaluator, arguments in
            guard arguments.count == 1, arguments[0].isList else { return evaluator.noOverload("first", arguments) }
            if arguments[0].count == 0 { return .none }
            return evaluator.optional(evaluator.element(0, of: arguments[0]))
        },
        Function("last") { evaluator, arguments in
            guard arguments.count == 1, arguments[0].isList else { return evaluator.noOverload("last", arguments) }
            let count = arguments[0].count
            if count == 0 { return .none }
            if evaluator.mustStop(after: count / 8 + 1) { return .stopped }
            return evaluator.optional(evaluator.element(count - 1, of: arguments[0]))
        },
        Function("optional.unwrap") { evaluator, arguments in unwrap(&evaluator, "optional.unwrap", arguments) },
        Function("unwrapOpt") { evaluator, arguments in unwrap(&evaluator, "unwrapOpt", arguments) },
    ]

    /// The values of those elements that have one.
    private static func unwrap(_ evaluator: inout Evaluator, _ name: String, _ arguments: Arguments) -> Value {
        guard arguments.count == 1, arguments[0].isList else { return evaluator.noOverload(name, arguments) }
        return evaluator.collect(from: arguments[0], upTo: arguments[0].count) { evaluator, element in
            guard element.kind == .optional else { return evaluator.error("value \(element.shown) is not optional") }
            return element.boxed
        }
    }
}

extension Value {
    /// Whether this is what a value of its type is without anything having been said.
    fileprivate var isZero: Bool {
        switch kind {
        case .null: true
        case .bool, .int, .uint, .duration: word == 0
        case .double: doubleValue == 0
        case .string, .bytes: length == 0
        // To the API server a list or map with a schema is never nothing.
        case .list, .map, .jsonArray, .jsonObject: count == 0
        case .timestamp: intValue == Instant.secondsMin && nanosecondsValue == 0
        default: false
        }
    }
}

extension Evaluator {
    /// A list of what `transform` makes of the elements of another; it leaves out those for which it gives nil.
    /// `upTo` is the most that there may be.
    mutating func collect(
        from list: Value, upTo count: Int, _ transform: (inout Evaluator, Value) -> Value?
    ) -> Value {
        guard let memory = unsafe allocate(count * MemoryLayout<Value>.stride) else { return .stopped }
        let values = unsafe memory.bindMemory(to: Value.self, capacity: max(count, 1))
        var written = 0
        var cursor = ValueCursor(list)
        while let (_, element) = cursor.next(&self) {
            if mustStop() { return .stopped }
            guard written < count, let value = transform(&self, element) else { continue }
            if value.isError { return value }
            unsafe values[written] = value
            written += 1
        }
        return unsafe Value(list: values, count: written)
    }
}
