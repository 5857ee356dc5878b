extension Library {
    /// What the language's own functions do.
    static let standardFunctions: [Function] =
        operatorFunctions + conversionFunctions + textFunctions + timeFunctions + matchFunctions

    /// Strings as the language has them, without extensions.
    private static let textFunctions: [Function] = [
        Function("contains") { evaluator, arguments in
            guard arguments.are(.string, .string) else { return .noSuchOverload }
            let found = TextSearch.first(arguments[1].bytes, in: arguments[0].bytes, from: 0, &evaluator)
            return evaluator.stop != nil ? .stopped : Value(found != nil)
        },
        Function("startsWith") { _, arguments in
            guard arguments.are(.string, .string) else { return .noSuchOverload }
            return Value(arguments[0].bytes.starts(withBytes: arguments[1].bytes))
        },
        Function("endsWith") { _, arguments in
            guard arguments.are(.string, .string) else { return .noSuchOverload }
            let (text, end) = (arguments[0].bytes, arguments[1].bytes)
            guard text.count >= end.count else { return .false }
            return Value(text[view: text.count - end.count..<text.count].hasSameBytes(as: end))
        },
    ]
}
