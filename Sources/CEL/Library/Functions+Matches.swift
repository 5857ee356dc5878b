import LinearRegex

// Regular expressions whose patterns are known only when the expression runs; the planner compiles the others.

extension Library {
    static let matchFunctions: [Function] = [
        op("matches", []) { evaluator, arguments in
            guard arguments.are(.string, .string) else { return .noSuchOverload }
            do throws(LinearRegexError) {
                return evaluator.match(try evaluator.matching.expression(arguments[1].bytes), arguments[0].bytes)
            } catch {
                return evaluator.error(error.description)
            }
        }
    ]
}
