// Mathematics on numbers of all three types.

extension Library {
    static let mathFunctions: [Function] =
        [
            extreme("math.@min", keeps: { $0 <= 0 }), extreme("math.@max", keeps: { $0 >= 0 }),
            real("math.ceil") { Value($0.rounded(.up)) }, real("math.floor") { Value($0.rounded(.down)) },
            real("math.round") { Value($0.rounded(.toNearestOrAwayFromZero)) },
            real("math.trunc") { Value($0.rounded(.towardZero)) },
            real("math.isInf") { Value($0.isInfinite) }, real("math.isNaN") { Value($0.isNaN) },
            real("math.isFinite") { Value($0.isFinite) },
            Function("math.abs") { evaluator, arguments in
                switch arguments[0].kind {
                case .double: return Value(arguments[0].doubleValue.magnitude)
                case .uint: return arguments[0]
                case .int: return arguments[0].intValue < 0 ? Arithmetic.negate(arguments[0]) : arguments[0]
                default: return evaluator.noOverload("math.abs", arguments)
                }
            },
            Function("math.sign") { evaluator, arguments in
                switch arguments[0].kind {
                case .double:
                    let number = arguments[0].doubleValue
                    return number.isNaN ? arguments[0] : Value(number > 0 ? 1.0 : number < 0 ? -1.0 : 0.0)
                case .int: return Value(arguments[0].intValue.signum())
                case .uint: return Value(UInt64(arguments[0].uintValue.signum()))
                default: return evaluator.noOverload("math.sign", arguments)
                }
            },
            Function("math.sqrt") { evaluator, arguments in
                switch arguments[0].kind {
                case .double: return Value(arguments[0].doubleValue.squareRoot())
                case .int: return Value(Double(arguments[0].intValue).squareRoot())
                case .uint: return Value(Double(arguments[0].uintValue).squareRoot())
                default: return evaluator.noOverload("math.sqrt", arguments)
                }
            },
        ] + bitFunctions

    private static let bitFunctions: [Function] = [
        bits("math.bitAnd") { $0 & $1 }, bits("math.bitOr") { $0 | $1 }, bits("math.bitXor") { $0 ^ $1 },
        shift("math.bitShiftLeft") { $0 << $1 }, shift("math.bitShiftRight") { $0 >> $1 },
        Function("math.bitNot") { evaluator, arguments in
            switch arguments[0].kind {
            case .int: return Value(~arguments[0].intValue)
            case .uint: return Value(~arguments[0].uintValue)
            default: return evaluator.noOverload("math.bitNot", arguments)
            }
        },
    ]

    private static func real(_ name: String, _ body: @escaping @Sendable (Double) -> Value) -> Function {
        Function(name) { evaluator, arguments in
            guard arguments.are(.double) else { return evaluator.noOverload(name, arguments) }
            return body(arguments[0].doubleValue)
        }
    }

    private static func bits(_ name: String, _ body: @escaping @Sendable (UInt64, UInt64) -> UInt64) -> Function {
        Function(name) { evaluator, arguments in
            guard arguments.are(.int, .int) || arguments.are(.uint, .uint) else {
                return evaluator.noOverload(name, arguments)
            }
            return Value(arguments[0].kind, word: body(arguments[0].word, arguments[1].word))
        }
    }

    /// Shifts bits in or out that are zeros, whatever the sign.
    private static func shift(_ name: String, _ body: @escaping @Sendable (UInt64, Int64) -> UInt64) -> Function {
        Function(name) { evaluator, arguments in
            guard arguments.are(.int, .int) || arguments.are(.uint, .int) else {
                return evaluator.noOverload(name, arguments)
            }
            let offset = arguments[1].intValue
            if offset < 0 { return evaluator.error("\(name)() negative offset: \(offset)") }
            return Value(arguments[0].kind, word: body(arguments[0].word, offset))
        }
    }

    /// The least or greatest of one number, of two, or of a list.
    private static func extreme(_ name: String, keeps: @escaping @Sendable (Int) -> Bool) -> Function {
        Function(name) { evaluator, arguments in
            if arguments.count == 2 { return pick(&evaluator, name, arguments[0], arguments[1], keeps) }
            let only = arguments[0]
            if only.isNumber { return only }
            guard arguments.count == 1, only.isList else { return evaluator.noOverload(name, arguments) }
            if only.count == 0 { return evaluator.error("\(name)(list) argument must not be empty") }
            var cursor = ValueCursor(only)
            var best: Value?
            while let (_, element) = cursor.next(&evaluator) {
                if evaluator.mustStop() { return .stopped }
                let next = best.map { pick(&evaluator, name, $0, element, keeps) } ?? element
                if next.isError { return next }
                best = next
            }
            guard let best, best.isNumber else { return evaluator.error("no such overload: \(name)") }
            return best
        }
    }

    private static func pick(
        _ evaluator: inout Evaluator, _ name: String, _ one: Value, _ other: Value, _ keeps: (Int) -> Bool
    ) -> Value {
        guard one.isNumber, other.isNumber else { return evaluator.error("no such overload: \(name)") }
        guard let order = Evaluator.numericOrder(one, other) else {
            return evaluator.error("NaN values cannot be ordered: \(name)")
        }
        return keeps(order) ? one : other
    }
}
