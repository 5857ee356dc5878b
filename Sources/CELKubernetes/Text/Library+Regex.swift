import CEL
import LinearRegex

extension Library {
    /// What a pattern finds in a text.
    static let regexFunctions: [Function] = [find, findAll].map { function in
        var function = function
        function.patternPlace = 1
        return function
    }

    private static let find = Function("find") { evaluator, arguments in
        guard arguments.are(.string, .string) else { return evaluator.noOverload("find", arguments) }
        let found = findAll(arguments[0].bytes, arguments[1].bytes, limit: 1, &evaluator)
        guard !found.isError else { return found }
        return found.count == 0 ? Value(.string, .empty) : evaluator.element(0, of: found)
    }

    /// A negative number is no limit.
    private static let findAll = Function("findAll") { evaluator, arguments in
        guard arguments.are(.string, .string) || arguments.are(.string, .string, .int) else {
            return evaluator.noOverload("findAll", arguments)
        }
        let limit = arguments.count == 3 ? Int(arguments[2].intValue) : -1
        return findAll(arguments[0].bytes, arguments[1].bytes, limit: limit < 0 ? .max : limit, &evaluator)
    }

    private static func findAll(
        _ text: ByteView, _ pattern: ByteView, limit: Int, _ evaluator: inout Evaluator
    ) -> Value {
        let found = evaluator.withPattern(pattern) {
            (evaluator, expression, scratch) throws(LinearRegexStopped) -> Value in
            let ranges = try unsafe expression.findAll(
                in: Span(_unsafeElements: text.buffer), limit: limit, scratch: &scratch, isValidUTF8: true,
                shouldStop: { evaluator.mustStop(after: 256) })
            return evaluator.list(ranges.lazy.map { Value(.string, text[view: $0]) })
        }
        if evaluator.mustStop(after: text.count / 64 + 1) { return .stopped }
        guard found.isError else { return found }
        return evaluator.error("Illegal regex: \(found.errorMessage)")
    }
}
