import CEL

extension Quantity {
    static let family = OpaqueFamily(
        typeName: "kubernetes.Quantity",
        equals: { $0.payload(as: Quantity.self).order($1.payload(as: Quantity.self)) == 0 },
        text: { $0.payload(as: Quantity.self).description })
}

extension Value {
    fileprivate var quantity: Quantity? { isOf(Quantity.family) ? payload(as: Quantity.self) : nil }
}

extension Library {
    /// Quantities. What they are compared by they share with semantic versions.
    static let quantityFunctions: [Function] = [
        Function("quantity") { evaluator, arguments in
            guard arguments.are(.string) else { return evaluator.noOverload("quantity", arguments) }
            do throws(QuantityProblem) {
                return evaluator.opaque(Quantity.family, try Quantity.parse(arguments[0].bytes, &evaluator))
            } catch {
                return .error(error.message)
            }
        },
        Function("isQuantity") { evaluator, arguments in
            guard arguments.are(.string) else { return evaluator.noOverload("isQuantity", arguments) }
            do throws(QuantityProblem) {
                _ = try Quantity.parse(arguments[0].bytes, &evaluator)
                return .true
            } catch {
                return .false
            }
        },
        Function("sign") { evaluator, arguments in
            guard let quantity = arguments[0].quantity else { return evaluator.noOverload("sign", arguments) }
            return Value(Int64(quantity.sign))
        },
        Function("asApproximateFloat") { evaluator, arguments in
            guard let quantity = arguments[0].quantity else {
                return evaluator.noOverload("asApproximateFloat", arguments)
            }
            return Value(quantity.approximateFloat)
        },
        Function("asInteger") { evaluator, arguments in
            guard let quantity = arguments[0].quantity else { return evaluator.noOverload("asInteger", arguments) }
            return quantity.integer.map { Value($0) } ?? .error("cannot convert value to integer")
        },
        Function("isInteger") { evaluator, arguments in
            guard let quantity = arguments[0].quantity else { return evaluator.noOverload("isInteger", arguments) }
            return Value(quantity.integer != nil)
        },
        Function("add") { evaluator, arguments in
            guard let (one, other) = operands(arguments) else { return evaluator.noOverload("add", arguments) }
            return sum(one.adding(other, &evaluator), &evaluator)
        },
        Function("sub") { evaluator, arguments in
            guard let (one, other) = operands(arguments) else { return evaluator.noOverload("sub", arguments) }
            return sum(one.subtracting(other, &evaluator), &evaluator)
        },
    ]

    /// An integer counts as a quantity that is written with an exponent.
    private static func operands(_ arguments: Arguments) -> (Quantity, Quantity)? {
        guard arguments.count == 2, let one = arguments[0].quantity else { return nil }
        if arguments[1].kind == .int { return (one, Quantity(arguments[1].intValue, .decimalExponent)) }
        return arguments[1].quantity.map { (one, $0) }
    }

    private static func sum(_ sum: Quantity?, _ evaluator: inout Evaluator) -> Value {
        sum.map { evaluator.opaque(Quantity.family, $0) } ?? .error(QuantityProblem.size.message)
    }

    /// What quantities and semantic versions are compared by.
    static let comparisonFunctions: [Function] = [
        Function("isGreaterThan") { evaluator, arguments in
            guard let order = order(arguments) else { return evaluator.noOverload("isGreaterThan", arguments) }
            return Value(order > 0)
        },
        Function("isLessThan") { evaluator, arguments in
            guard let order = order(arguments) else { return evaluator.noOverload("isLessThan", arguments) }
            return Value(order < 0)
        },
        Function("compareTo") { evaluator, arguments in
            guard let order = order(arguments) else { return evaluator.noOverload("compareTo", arguments) }
            return Value(Int64(order.signum()))
        },
    ]

    private static func order(_ arguments: Arguments) -> Int? {
        guard arguments.count == 2 else { return nil }
        if let one = arguments[0].quantity, let other = arguments[1].quantity { return one.order(other) }
        guard arguments[0].isOf(SemanticVersion.family), arguments[1].isOf(SemanticVersion.family) else { return nil }
        return arguments[0].payload(as: SemanticVersion.self).order(arguments[1].payload(as: SemanticVersion.self))
    }
}
