// Operators, as functions that decide by their arguments.

extension Library {
    static let operatorFunctions: [Function] = [
        op(Operator.logicalNot, [.bool, .int, .double, .duration]) { _, arguments in
            arguments[0].kind == .bool ? Value(!arguments[0].boolValue) : .noSuchOverload
        },
        op(Operator.negate, [.int, .double, .duration]) { _, arguments in Arithmetic.negate(arguments[0]) },
        op(Operator.add, [.int, .uint, .double, .bytes, .list, .jsonArray, .shapedList]) { evaluator, arguments in
            Arithmetic.add(&evaluator, arguments[0], arguments[1])
        },
        op(Operator.subtract, [.int, .uint, .double]) { _, arguments in
            Arithmetic.subtract(arguments[0], arguments[1])
        },
        op(Operator.multiply, [.int, .uint, .double]) { _, arguments in
            Arithmetic.multiply(arguments[0], arguments[1])
        },
        op(Operator.divide, [.int, .uint, .double]) { _, arguments in Arithmetic.divide(arguments[0], arguments[1]) },
        op(Operator.modulo, [.int, .uint]) { _, arguments in Arithmetic.modulo(arguments[0], arguments[1]) },
        op(Operator.less, ordered) { _, arguments in order(arguments) { $0 < 0 } },
        op(Operator.lessEquals, ordered) { _, arguments in order(arguments) { $0 <= 0 } },
        op(Operator.greater, ordered) { _, arguments in order(arguments) { $0 > 0 } },
        op(Operator.greaterEquals, ordered) { _, arguments in order(arguments) { $0 >= 0 } },
        Function(Operator.in, body: contains),
        Function("in", body: contains),
        Function("_in_", body: contains),
        op("size", []) { _, arguments in
            let value = arguments[0]
            switch value.kind {
            case .string, .bytes, .list, .map, .jsonArray, .jsonObject, .shapedList, .shapedMap:
                return Value(Int64(clamping: value.costSize))
            default: return .noSuchOverload
            }
        },
    ]

    /// An operator that the values of these types have. The error about a first operand of another type names the
    /// operator, except for those types that functions can be called on.
    static func op(_ name: String, _ kinds: [Value.Kind], _ body: @escaping Function.Body) -> Function {
        let owners = kinds + [.string, .timestamp, .duration]
        return Function(name) { evaluator, arguments in
            let result = body(&evaluator, arguments)
            guard result.isOverloadError, !owners.contains(arguments[0].kind) else { return result }
            return evaluator.error("no such overload: \(name)")
        }
    }

    private static let ordered: [Value.Kind] = [.bool, .int, .uint, .double, .bytes]

    @inline(__always)
    private static func order(_ arguments: Arguments, _ holds: (Int) -> Bool) -> Value {
        Arithmetic.order(arguments[0], arguments[1], holds)
    }

    private static func contains(_ evaluator: inout Evaluator, _ arguments: Arguments) -> Value {
        let wanted = arguments[0]
        let container = arguments[1]
        if container.isMap {
            let found = evaluator.find(wanted, in: container)
            return found.map { $0.isError ? $0 : .true } ?? .false
        }
        guard container.isList else { return .noSuchOverload }
        if container.kind == .shapedList { return evaluator.contains(wanted, inShaped: container) }
        var cursor = ValueCursor(container)
        while let (_, element) = cursor.next(&evaluator) {
            if evaluator.areEqual(wanted, element) { return .true }
            if evaluator.mustStop() { return .stopped }
        }
        return .false
    }
}

extension Function {
    init(_ name: String, body: @escaping Body) { self.init(name, stopsAtFirstError: false, body) }
}

/// Arithmetic that ends in an error where it would leave a type's range.
enum Arithmetic {
    static func negate(_ value: Value) -> Value {
        switch value.kind {
        case .double: return Value(-value.doubleValue)
        case .int, .duration:
            let (result, overflows) = Int64(0).subtractingReportingOverflow(value.intValue)
            if overflows { return .error(.integerOverflow) }
            return value.kind == .int ? Value(result) : Value(durationNanoseconds: result)
        default: return .noSuchOverload
        }
    }

    static func add(_ evaluator: inout Evaluator, _ one: Value, _ other: Value) -> Value {
        switch (one.kind, other.kind) {
        case (.int, .int): return int(one.intValue.addingReportingOverflow(other.intValue))
        case (.uint, .uint): return uint(one.uintValue.addingReportingOverflow(other.uintValue))
        case (.double, .double): return Value(one.doubleValue + other.doubleValue)
        case (.string, .string), (.bytes, .bytes): return concatenate(&evaluator, one, other)
        case (.duration, .duration): return duration(one.intValue.addingReportingOverflow(other.intValue))
        case (.timestamp, .duration): return Instant(one).adding(nanoseconds: other.intValue)
        case (.duration, .timestamp): return Instant(other).adding(nanoseconds: one.intValue)
        default:
            guard one.isList, other.isList else { return .noSuchOverload }
            if one.kind == .shapedList { return evaluator.sum(ofShaped: one, other) }
            return concatenateLists(&evaluator, one, other)
        }
    }

    private static func concatenate(_ evaluator: inout Evaluator, _ one: Value, _ other: Value) -> Value {
        let (first, second) = (one.bytes, other.bytes)
        return unsafe evaluator.make(one.kind, upTo: first.count + second.count) { evaluator, output in
            _ = output.write(first, &evaluator) && output.write(second, &evaluator)
        }
    }

    private static func concatenateLists(_ evaluator: inout Evaluator, _ one: Value, _ other: Value) -> Value {
        if one.count == 0 { return other }
        if other.count == 0 { return one }
        var cursor = ValueCursor(one)
        let firstCount = one.count
        return unsafe evaluator.makeList(firstCount + other.count) { evaluator, index in
            if index == firstCount { cursor = ValueCursor(other) }
            return cursor.next(&evaluator)?.1 ?? .null
        }
    }

    static func subtract(_ one: Value, _ other: Value) -> Value {
        switch (one.kind, other.kind) {
        case (.int, .int): return int(one.intValue.subtractingReportingOverflow(other.intValue))
        case (.uint, .uint): return uint(one.uintValue.subtractingReportingOverflow(other.uintValue))
        case (.double, .double): return Value(one.doubleValue - other.doubleValue)
        case (.duration, .duration): return duration(one.intValue.subtractingReportingOverflow(other.intValue))
        case (.timestamp, .timestamp): return Instant(one).since(Instant(other))
        case (.timestamp, .duration):
            let (negated, overflows) = Int64(0).subtractingReportingOverflow(other.intValue)
            return overflows ? .error(.integerOverflow) : Instant(one).adding(nanoseconds: negated)
        default: return .noSuchOverload
        }
    }

    static func multiply(_ one: Value, _ other: Value) -> Value {
        switch (one.kind, other.kind) {
        case (.int, .int): int(one.intValue.multipliedReportingOverflow(by: other.intValue))
        case (.uint, .uint): uint(one.uintValue.multipliedReportingOverflow(by: other.uintValue))
        case (.double, .double): Value(one.doubleValue * other.doubleValue)
        default: .noSuchOverload
        }
    }

    static func divide(_ one: Value, _ other: Value) -> Value {
        switch (one.kind, other.kind) {
        case (.double, .double): return Value(one.doubleValue / other.doubleValue)
        case (.int, .int), (.uint, .uint):
            if other.word == 0 { return .error(.divisionByZero) }
            if one.kind == .uint { return Value(one.uintValue / other.uintValue) }
            return int(one.intValue.dividedReportingOverflow(by: other.intValue))
        default: return .noSuchOverload
        }
    }

    static func modulo(_ one: Value, _ other: Value) -> Value {
        switch (one.kind, other.kind) {
        case (.int, .int), (.uint, .uint):
            if other.word == 0 { return .error(.modulusByZero) }
            if one.kind == .uint { return Value(one.uintValue % other.uintValue) }
            return int(one.intValue.remainderReportingOverflow(dividingBy: other.intValue))
        default: return .noSuchOverload
        }
    }

    /// Compares within a type, and numbers of any types with each other. Nothing holds for a number that is none.
    static func order(_ one: Value, _ other: Value, _ holds: (Int) -> Bool) -> Value {
        switch (one.kind, other.kind) {
        case (.string, .string), (.bytes, .bytes): return Value(holds(one.bytes.order(other.bytes)))
        case (.bool, .bool): return Value(holds(Int(one.word) - Int(other.word)))
        case (.duration, .duration): return Value(holds(sign(one.intValue, other.intValue)))
        case (.timestamp, .timestamp):
            let seconds = sign(one.intValue, other.intValue)
            return Value(holds(seconds != 0 ? seconds : Int(one.length) - Int(other.length)))
        default: break
        }
        guard one.isNumber, other.isNumber else { return .noSuchOverload }
        guard let order = Evaluator.numericOrder(one, other) else {
            return Value.error("NaN values cannot be ordered")
        }
        return Value(holds(order))
    }

    private static func sign(_ one: Int64, _ other: Int64) -> Int { one < other ? -1 : one > other ? 1 : 0 }

    private static func int(_ result: (partialValue: Int64, overflow: Bool)) -> Value {
        result.overflow ? .error(.integerOverflow) : Value(result.partialValue)
    }

    private static func uint(_ result: (partialValue: UInt64, overflow: Bool)) -> Value {
        result.overflow ? .error(.unsignedOverflow) : Value(result.partialValue)
    }

    private static func duration(_ result: (partialValue: Int64, overflow: Bool)) -> Value {
        result.overflow ? .error(.integerOverflow) : Value(durationNanoseconds: result.partialValue)
    }
}
