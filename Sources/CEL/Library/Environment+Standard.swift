extension Environment {
    /// The language with all of cel-go's own libraries, as the conformance tests of cel-spec use it.
    public static func standard() -> Environment {
        var environment = Environment()
        environment.foldsConstants = false
        environment.allowsEscapedIdentifiers = true
        let libraries: [Library] = [
            .standard, .optionals, .bindings, .encoders, .math, .strings(), .lists, .sets, .twoVariableLoops, .blocks,
        ]
        for library in libraries { environment.add(library) }
        // An optimiser would know their types; whoever writes a block by hand does not say them.
        for index in 0..<blockElementsMax { environment.declare("@index\(index)", .dyn) }
        return environment
    }

    /// As many elements of a block may be referred to.
    private static let blockElementsMax = 30
}
