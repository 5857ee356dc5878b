/// Knows the types that have named fields.
public protocol TypeProvider: Sendable {
    /// Whether there is an object type of that name.
    func hasObject(_ name: String) -> Bool
    /// The type of a field of an object type; nil where it has no such field.
    func field(_ field: String, of object: String) -> CELType?
}

/// What an expression may refer to, and how strictly it is held to its types.
public struct Environment: Sendable {
    /// The namespace in which names are looked up first.
    public var container = ""
    /// The macros that are expanded.
    public var macros: MacroTable = .standard
    /// Whether `a.?b` and its like may be written.
    public var allowsOptionals = false
    /// Whether a field's name may be written between backquotes.
    public var allowsEscapedIdentifiers = false
    /// What is checked of an expression once its types are sound.
    public var validations: [Validation] = []
    /// Whether numbers of different types may be compared by `<` and its like.
    public var allowsMixedComparisons = true
    /// The object types.
    public var types: (any TypeProvider)?
    /// What calls cost when they run.
    public var runCosts: (any RunCosts)?
    /// Whether what is constant is computed before the first run, as an API server does.
    public var foldsConstants = true
    /// Whether the variables of loops hide the names of the container, and a leading dot names what they hide.
    public var localsHideNames = false
    /// Whether a map literal with a key twice, or with one that is no bool, integer or string, is an error.
    public var refusesUnusualKeys = false
    /// Whether null beside a value of a type that accepts it is taken for one of that type.
    public var joinsNullWithOthers = false
    /// Whether `has` and optional selection fail on values that have no fields.
    public var refusesTestsOfScalars = false
    /// How many slots programs leave to others: what they use beside their variables comes behind these.
    public var reservedSlotCount = 0
    private(set) var variables: [String: CELType] = [:]
    /// The variables in the order of their slots.
    private(set) var variableOrder: [String] = []
    private var slots: [String: Int] = [:]
    private var implementations: [String: Function] = [:]
    private(set) var functions: [String: FunctionDeclaration] = [:]

    /// An environment in which nothing is declared.
    public init() {}

    /// Declares a variable; one of the same name is replaced.
    public mutating func declare(_ name: String, _ type: CELType) {
        // The name of a type is a constant and needs no slot.
        if case .type = type {
            variables[name] = type
            return
        }
        if slots[name] == nil {
            slots[name] = variableOrder.count
            variableOrder.append(name)
        }
        variables[name] = type
    }

    /// The slot that a program of this environment reads a variable from; nil where it is not declared.
    public func slot(of name: String) -> Int? { slots[name] }

    /// Gives functions that are declared what they do. Where several libraries have overloads of one function, the one
    /// that came last is asked first.
    public mutating func implement(_ functions: [Function]) {
        for function in functions {
            implementations[function.name] = implementations[function.name]?.adding(function) ?? function
        }
    }

    func implementation(of name: String) -> Function? { implementations[name] }

    var presenceTestsHaveCost: Bool { runCosts?.presenceTestsHaveCost ?? true }

    func runCost(of function: String, overload: String?) -> CallCost? {
        Library.runCost(of: overload) ?? runCosts?.cost(of: function, overload: overload)
            ?? Library.ownRunCost(of: overload)
    }

    /// Declares functions; overloads of known functions are added to them.
    public mutating func declare(_ table: SignatureTable) {
        for function in table.functions { declare(function) }
    }

    /// Declares a function, or more overloads of it.
    public mutating func declare(_ function: FunctionDeclaration) {
        functions[function.name, default: FunctionDeclaration(name: function.name, overloads: [])]
            .add(function.overloads)
    }

    /// The names under which `name` is looked up, in order.
    func candidates(for name: String) -> [String] {
        if name.utf8.first == UInt8(ascii: ".") { return [String(name.dropFirst())] }
        guard !container.isEmpty else { return [name] }
        var candidates: [String] = []
        var prefix = container[...]
        while !prefix.isEmpty {
            candidates.append("\(prefix).\(name)")
            prefix = prefix.lastIndex(of: ".").map { prefix[..<$0] } ?? ""
        }
        return candidates + [name]
    }

    /// Reads and checks an expression.
    public func compile(_ text: String, name: String = "<input>") -> Result<CheckedExpression, CompileFailure> {
        let source = ExpressionSource(text, name: name)
        var stage = CompileFailure.Stage.parsing
        do throws(ExpressionIssues) {
            let tree = try parse(source)
            stage = .checking
            let checked = try Checker.check(tree, in: self)
            var issues = ExpressionIssues()
            for validation in validations { validation.run(checked, &issues) }
            if !issues.isEmpty { throw issues }
            return .success(checked)
        } catch {
            return .failure(CompileFailure(source: source, stage: stage, issues: error))
        }
    }

    /// Reads an expression that is to be used without being checked.
    public func compileUnchecked(
        _ text: String, name: String = "<input>"
    ) -> Result<CheckedExpression, CompileFailure> {
        let source = ExpressionSource(text, name: name)
        do throws(ExpressionIssues) {
            return .success(CheckedExpression(unchecked: try parse(source)))
        } catch {
            return .failure(CompileFailure(source: source, stage: .parsing, issues: error))
        }
    }

    /// Makes an expression that is sound ready to run.
    public func plan(_ expression: CheckedExpression) throws(PlanFailure) -> Program {
        try Planner.plan(expression, in: self)
    }

    /// Makes one part of an expression ready to run; no part of a loop's body can be run on its own.
    public func plan(_ expression: CheckedExpression, part: ExpressionID) throws(PlanFailure) -> Program {
        try Planner.plan(expression, in: self, from: part)
    }

    /// Reads an expression without checking it.
    public func parse(_ source: ExpressionSource) throws(ExpressionIssues) -> SyntaxTree {
        let options = Parser.Options(
            macros: macros, allowsOptionals: allowsOptionals, allowsEscapedIdentifiers: allowsEscapedIdentifiers)
        return try Parser.parse(source, options: options)
    }
}

/// Why an expression cannot be used.
public struct CompileFailure: Error, CustomStringConvertible, Sendable {
    /// How far an expression got.
    public enum Stage: Sendable {
        /// It could not be read.
        case parsing
        /// Its types or its form are not sound.
        case checking
    }

    /// The expression.
    public let source: ExpressionSource
    /// How far it got.
    public let stage: Stage
    /// Everything that is wrong with it.
    public let issues: ExpressionIssues
    /// Every issue with its place and source line.
    public var description: String { issues.display(in: source) }

    /// The issues as an API server words them: of an expression that cannot be read all in one, with their places, and
    /// else one by one and without.
    public var messages: [String] { stage == .parsing ? [description] : issues.sorted.map(\.message) }
}

/// An expression that is sound, with what is known of each of its nodes.
public struct CheckedExpression: Sendable {
    /// What a name or a call refers to.
    public enum Reference: Sendable, Hashable {
        /// A variable, by its full name.
        case variable(String)
        /// The overloads that a call may turn out to be.
        case overloads([String])
    }

    /// The expression, its names resolved.
    public let tree: SyntaxTree
    let types: [CELType]
    let references: [Reference?]

    init(tree: SyntaxTree, types: [CELType], references: [Reference?]) {
        self.tree = tree
        self.types = types
        self.references = references
    }

    /// An expression that is used without having been checked: everything in it is decided when it runs.
    public init(unchecked tree: SyntaxTree) { self.init(tree: tree, types: [], references: []) }

    var isUnchecked: Bool { types.isEmpty }

    /// The type of a node.
    public func type(of id: ExpressionID) -> CELType {
        id.index < types.count ? types[id.index] : .dyn
    }

    /// What a node refers to; nil where it refers to nothing.
    public func reference(of id: ExpressionID) -> Reference? {
        id.index < references.count ? references[id.index] : nil
    }

    /// The type of the whole expression.
    public var resultType: CELType { type(of: tree.root) }
}

extension CheckedExpression {
    /// Whether a name in the expression refers to the variable of that name.
    public func refers(toVariable name: String) -> Bool { references.contains(.variable(name)) }
}
