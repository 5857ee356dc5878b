/// What a function is called with: values that are no errors, the target first.
@safe public struct Arguments: BitwiseCopyable {
    private let base: UnsafePointer<Value>
    /// How many there are.
    public let count: Int

    @unsafe @inline(__always) init(base: UnsafePointer<Value>, count: Int) {
        unsafe self.base = base
        self.count = count
    }

    /// The argument at a place; an error, which no function takes, where an expression that was not checked gave fewer.
    @inline(__always) public subscript(index: Int) -> Value {
        guard index >= 0, index < count else { return .noSuchOverload }
        return unsafe base[index]
    }

    // Each of these says whether the arguments are of these kinds, one for one. They are written out because a variable
    // number of parameters would be an array on the heap.

    /// Whether there is one argument, of this kind.
    @inline(__always) public func are(_ first: Value.Kind) -> Bool { count == 1 && self[0].kind == first }

    /// Whether there are two arguments, of these kinds.
    @inline(__always) public func are(_ first: Value.Kind, _ second: Value.Kind) -> Bool {
        count == 2 && self[0].kind == first && self[1].kind == second
    }

    /// Whether there are three arguments, of these kinds.
    @inline(__always) public func are(_ first: Value.Kind, _ second: Value.Kind, _ third: Value.Kind) -> Bool {
        count == 3 && self[0].kind == first && self[1].kind == second && self[2].kind == third
    }

    /// Whether there are four arguments, of these kinds.
    @inline(__always)
    public func are(_ first: Value.Kind, _ second: Value.Kind, _ third: Value.Kind, _ fourth: Value.Kind) -> Bool {
        count == 4 && self[0].kind == first && self[1].kind == second && self[2].kind == third
            && self[3].kind == fourth
    }
}

/// A function as it runs: it decides by its arguments which of its overloads it is.
public struct Function: Sendable {
    /// What the function does. It gives an error for arguments that it does not take.
    public typealias Body = @Sendable (inout Evaluator, Arguments) -> Value

    /// The name it is called by.
    public let name: String
    /// Whether its arguments are evaluated one after the other, and the rest not once one of them failed; else all
    /// are evaluated before the first failure counts. Cost accounting can tell.
    let stopsAtFirstError: Bool
    /// The place of the argument that is a regular expression: a constant one is refused before the first run.
    public var patternPlace: Int?
    let body: Body

    /// The same function with more overloads, which are tried first.
    func adding(_ newer: Function) -> Function {
        let older = body
        let stops = stopsAtFirstError || newer.stopsAtFirstError
        return Function(name, stopsAtFirstError: stops) { [newer = newer.body] evaluator, arguments in
            let result = newer(&evaluator, arguments)
            return result.isOverloadError ? older(&evaluator, arguments) : result
        }
    }

    /// A function; `stopsAtFirstError` where it is declared with more than two arguments or for any number of them.
    public init(_ name: String, stopsAtFirstError: Bool = false, _ body: @escaping Body) {
        self.name = name
        self.stopsAtFirstError = stopsAtFirstError
        self.body = body
    }
}

/// What a call costs, by its arguments and its result.
public typealias CallCost = @Sendable (Arguments, Value) -> UInt64

/// What calls cost when they run, beyond the language itself.
public protocol RunCosts: Sendable {
    /// The cost of a call; nil leaves it to the language. The overload is nil where it is not known before the run.
    func cost(of function: String, overload: String?) -> CallCost?
    /// Whether testing for a field's presence costs as much as reading it.
    var presenceTestsHaveCost: Bool { get }
}

extension Evaluator {
    /// The error of a function that was given arguments it does not take.
    @inline(never)
    public mutating func noOverload(_ name: String, _ arguments: Arguments) -> Value {
        let types = (0..<arguments.count).map { arguments[$0].typeName }
        let text = string("no such overload: \(name)(\(types.joined(separator: ", ")))")
        guard !text.isError else { return text }
        return Value(.error, detail: RunError.noMatchingOverload.rawValue, length: text.length, word: text.word)
    }
}
