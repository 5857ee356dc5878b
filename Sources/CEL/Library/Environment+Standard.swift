extension Environment {
    /// The language with all of cel-go's own libraries, as the conformance tests of cel-spec use it.
    public static func standard() -> Environment {
        var environment = Environment()
        environment.foldsConstants = false
        environment.allowsEscapedIdentifiers = true
        environment.localsHideNames = true
        environment.refusesUnusualKeys = true
        environment.joinsNullWithOthers = true
        environment.refusesTestsOfScalars = true
        let libraries: [Library] = [
            .standard, .optionals, .bindings, .encoders, .math, .strings(), .lists, .sets, .twoVariableLoops, .blocks,
        ]
        for library in libraries { environment.add(library) }
        environment.implement(Library.functionsAsSpecified)
        // An optimiser would know their types; whoever writes a block by hand does not say them.
        for index in 0..<blockElementsMax { environment.declare("@index\(index)", .dyn) }
        return environment
    }

    /// As many elements of a block may be referred to.
    private static let blockElementsMax = 30
}

extension Library {
    /// Functions that the specification wants otherwise than the reference implementation has them. They are asked
    /// first, and leave to that one what they do not decide.
    static let functionsAsSpecified: [Function] = [
        Function("getMilliseconds") { _, arguments in
            guard arguments.are(.duration) else { return .noSuchOverload }
            return Value(arguments[0].intValue % 1_000_000_000 / 1_000_000)
        },
        offsetWithin("indexOf"), offsetWithin("lastIndexOf"),
    ]

    /// An offset past the end of the string is an error.
    private static func offsetWithin(_ name: String) -> Function {
        Function(name) { evaluator, arguments in
            guard arguments.are(.string, .string, .int),
                arguments[2].intValue > Int64(arguments[0].bytes.codePointCount)
            else { return .noSuchOverload }
            return outOfRange(&evaluator, arguments[2].intValue)
        }
    }
}
