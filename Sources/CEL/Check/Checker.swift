/// Finds the type of every node of an expression, and which overloads its calls may be.
///
/// Types are gradual: what is `dyn` fits everything and is decided when the expression runs.
struct Checker {
    private let environment: Environment
    var tree: SyntaxTree
    var issues = ExpressionIssues()
    private var types: [CELType]
    private var references: [CheckedExpression.Reference?]
    private var unification = TypeUnification()
    /// The variables that loops bring, the innermost last.
    private var scopes: [[String: CELType]] = []

    static func check(_ tree: SyntaxTree, in environment: Environment) throws(ExpressionIssues) -> CheckedExpression {
        var checker = Checker(tree, environment)
        checker.check(tree.root)
        if !checker.issues.isEmpty { throw checker.issues }
        let types = checker.types.map { checker.unification.resolve($0, unboundIsDyn: true) }
        return CheckedExpression(tree: checker.tree, types: types, references: checker.references)
    }

    private init(_ tree: SyntaxTree, _ environment: Environment) {
        self.environment = environment
        self.tree = tree
        unification.prefersNonNull = environment.joinsNullWithOthers
        types = Array(repeating: .error, count: tree.nodes.count)
        references = Array(repeating: nil, count: tree.nodes.count)
    }

    private func type(of id: ExpressionID) -> CELType { types[id.index] }

    private mutating func report(_ message: String, at id: ExpressionID) {
        issues.report(message, at: tree.location(of: id))
    }

    private mutating func reportUndeclared(_ name: String, at id: ExpressionID) {
        report("undeclared reference to '\(name)' (in container '\(environment.container)')", at: id)
    }

    private mutating func reportMismatch(_ expected: CELType, _ actual: CELType, at id: ExpressionID) {
        report("expected type '\(expected)' but found '\(actual)'", at: id)
    }

    private mutating func check(_ id: ExpressionID) {
        switch tree[id] {
        case .missing: types[id.index] = .error
        case .literal(let value): types[id.index] = value.type
        case .identifier(let name): checkIdentifier(id, name)
        case .select(let operand, let field, let isTest): checkSelect(id, operand, field, isTest)
        case .call(let function, let target, let arguments): checkCall(id, function, target, arguments)
        case .list(let elements, let optionals): checkList(id, elements, optionals)
        case .map(let entries): checkMap(id, entries)
        case .object(let name, let fields): checkObject(id, name, fields)
        case .comprehension(let loop): checkComprehension(id, loop)
        }
    }
}

// MARK: names

extension Checker {
    /// The full name and type of the variable or type that `name` refers to.
    private func lookUp(_ name: String) -> (name: String, type: CELType)? {
        if environment.localsHideNames {
            if let type = localType(name) { return (name, type) }
            // What a leading dot names is looked up as if no loop had a variable of that name.
            if name.utf8.first == UInt8(ascii: "."), localType(String(name.dropFirst())) != nil {
                return environment.variables[String(name.dropFirst())].map { (name, $0) }
            }
        }
        for candidate in environment.candidates(for: name) {
            for scope in scopes.reversed() {
                if let type = scope[candidate] { return (candidate, type) }
            }
            if let type = environment.variables[candidate] { return (candidate, type) }
            if environment.types?.hasObject(candidate) == true { return (candidate, .type(.object(candidate))) }
        }
        return nil
    }

    private func localType(_ name: String) -> CELType? {
        scopes.last { $0[name] != nil }?[name]
    }

    /// Whether a chain of selections begins with a loop's variable, so that it spells no name of the container.
    private func beginsWithLocal(_ name: String) -> Bool {
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        guard environment.localsHideNames, let first = parts.first
        else { return false }
        return localType(String(first)) != nil
    }

    private func lookUpFunction(_ name: String) -> FunctionDeclaration? {
        for candidate in environment.candidates(for: name) {
            if let function = environment.functions[candidate] { return function }
        }
        return nil
    }

    private mutating func checkIdentifier(_ id: ExpressionID, _ name: String) {
        guard let found = lookUp(name) else {
            types[id.index] = .error
            return reportUndeclared(name, at: id)
        }
        resolve(id, to: found)
    }

    private mutating func resolve(_ id: ExpressionID, to found: (name: String, type: CELType)) {
        types[id.index] = found.type
        references[id.index] = .variable(found.name)
        tree[id] = .identifier(found.name)
    }

    private mutating func checkSelect(_ id: ExpressionID, _ operand: ExpressionID, _ field: String, _ isTest: Bool) {
        if let name = tree.qualifiedName(id), !beginsWithLocal(name), let found = lookUp(name) {
            return resolve(id, to: found)
        }
        let result = checkField(id, operand, field, isOptional: false)
        types[id.index] = isTest ? .bool : unification.resolve(result)
    }

    /// `operand.?field`, which the parser writes as a call.
    private mutating func checkOptionalSelect(_ id: ExpressionID, _ arguments: [ExpressionID]) {
        guard arguments.count == 2 else {
            let count = "argument count: \(arguments.count)"
            return report("unsupported optional field selection: incorrect signature. \(count)", at: id)
        }
        guard case .literal(.string(let field)) = tree[arguments[1]] else {
            return report("unsupported optional field selection: not a string", at: arguments[1])
        }
        types[id.index] = unification.resolve(checkField(id, arguments[0], field, isOptional: true))
        references[id.index] = .overloads(["select_optional_field"])
        types[arguments[1].index] = .string
    }

    private mutating func checkField(
        _ id: ExpressionID, _ operand: ExpressionID, _ field: String, isOptional: Bool
    ) -> CELType {
        check(operand)
        let operandType = unification.resolve(type(of: operand))
        let target = operandType.wrappedInOptional ?? operandType
        let result: CELType
        switch target {
        case .map(_, let value): result = value
        case .object(let name): result = fieldType(field, of: name, at: id) ?? .error
        case .variable, .parameter:
            _ = unification.isAssignable(.dyn, from: target)
            result = .dyn
        default:
            if !target.isDynOrError { report("type '\(target)' does not support field selection", at: id) }
            result = .dyn
        }
        return isOptional || operandType.wrappedInOptional != nil ? .optional(result) : result
    }

    private mutating func fieldType(_ field: String, of object: String, at id: ExpressionID) -> CELType? {
        guard let types = environment.types, types.hasObject(object) else {
            report("unexpected failed resolution of '\(object)'", at: id)
            return nil
        }
        if let type = types.field(field, of: object) { return type }
        report("undefined field '\(field)'", at: id)
        return nil
    }
}

// MARK: calls

extension Checker {
    private mutating func checkCall(
        _ id: ExpressionID, _ function: String, _ target: ExpressionID?, _ arguments: [ExpressionID]
    ) {
        if function == Operator.optionalSelect { return checkOptionalSelect(id, arguments) }
        for argument in arguments { check(argument) }
        guard let target else {
            guard let declaration = lookUpFunction(function) else { return reportNoFunction(function, at: id) }
            tree[id] = .call(function: declaration.name, target: nil, arguments: arguments)
            return resolveOverload(id, declaration, target: nil, arguments)
        }
        // `a.b.c()` is the function `a.b.c` where there is one, and else `c` called on `a.b`.
        if let prefix = tree.qualifiedName(target), let declaration = lookUpFunction("\(prefix).\(function)") {
            tree[id] = .call(function: declaration.name, target: nil, arguments: arguments)
            return resolveOverload(id, declaration, target: nil, arguments)
        }
        check(target)
        guard let declaration = lookUpFunction(function) else { return reportNoFunction(function, at: id) }
        resolveOverload(id, declaration, target: target, arguments)
    }

    private mutating func reportNoFunction(_ function: String, at id: ExpressionID) {
        types[id.index] = .error
        reportUndeclared(function, at: id)
    }

    private mutating func resolveOverload(
        _ id: ExpressionID, _ function: FunctionDeclaration, target: ExpressionID?, _ arguments: [ExpressionID]
    ) {
        if function.name == Operator.logicalAnd || function.name == Operator.logicalOr, target == nil {
            return checkLogical(id, function, arguments)
        }
        let argumentTypes = ((target.map { [$0] } ?? []) + arguments).map { type(of: $0) }
        var result: CELType?
        var matching: [String] = []
        for overload in function.overloads where overload.isMember == (target != nil) && isEnabled(overload) {
            let (parameters, overloadResult) = instantiate(overload)
            guard unification.isAssignable(argumentTypes, from: parameters) else { continue }
            matching.append(overload.id)
            let found = unification.resolve(overloadResult)
            if let known = result {
                if !known.isDyn, !found.isExactly(known) { result = .dyn }
            } else {
                result = found
            }
        }
        guard let result else {
            return reportNoOverload(id, function, argumentTypes, isMember: target != nil)
        }
        types[id.index] = result
        references[id.index] = .overloads(matching)
    }

    /// Every term of `&&` and `||` must be a bool, and each that is none is reported.
    private mutating func checkLogical(
        _ id: ExpressionID, _ function: FunctionDeclaration, _ arguments: [ExpressionID]
    ) {
        var isSound = true
        for argument in arguments where !unification.isAssignable(type(of: argument), from: .bool) {
            reportMismatch(.bool, type(of: argument), at: argument)
            isSound = false
        }
        types[id.index] = isSound ? .bool : .error
        if isSound { references[id.index] = .overloads(function.overloads.map(\.id)) }
    }

    private mutating func instantiate(_ overload: OverloadDeclaration) -> (parameters: [CELType], result: CELType) {
        guard !overload.typeParameters.isEmpty else { return (overload.parameters, overload.result) }
        var fresh: [String: CELType] = [:]
        for name in overload.typeParameters { fresh[name] = unification.newVariable() }
        return (overload.parameters.map { $0.instantiated(with: fresh) }, overload.result.instantiated(with: fresh))
    }

    /// Comparisons of mixed numbers can be turned off, but are on inside of loops all the same, as in the reference
    /// implementation, whose users' rules depend on it.
    private func isEnabled(_ overload: OverloadDeclaration) -> Bool {
        environment.allowsMixedComparisons || !scopes.isEmpty || !Library.mixedComparisons.contains(overload.id)
    }

    private mutating func reportNoOverload(
        _ id: ExpressionID, _ function: FunctionDeclaration, _ argumentTypes: [CELType], isMember: Bool
    ) {
        types[id.index] = .error
        let shown = argumentTypes.map { unification.resolve($0, unboundIsDyn: true).description }
        let target = isMember ? "\(shown.first ?? "")." : ""
        let list = shown.dropFirst(isMember ? 1 : 0).joined(separator: ", ")
        report("found no matching overload for '\(function.name)' applied to '\(target)(\(list))'", at: id)
    }
}

// MARK: literals and loops

extension Checker {
    /// What an element marked `?` holds when it is there.
    private mutating func unwrapOptional(_ id: ExpressionID) -> CELType {
        let type = type(of: id)
        if let wrapped = type.wrappedInOptional { return wrapped }
        if !type.isDyn { reportMismatch(.optional(type), type, at: id) }
        return type
    }

    private mutating func checkList(_ id: ExpressionID, _ elements: [ExpressionID], _ optionals: [Int]) {
        var common: CELType?
        for (index, element) in elements.enumerated() {
            check(element)
            let type = optionals.contains(index) ? unwrapOptional(element) : type(of: element)
            common = join(common, type)
        }
        types[id.index] = .list(common ?? unification.newVariable())
    }

    private mutating func checkMap(_ id: ExpressionID, _ entries: [EntryExpression]) {
        var key: CELType?
        var value: CELType?
        for entry in entries {
            if let entryKey = entry.key {
                check(entryKey)
                key = join(key, type(of: entryKey))
            }
            check(entry.value)
            value = join(value, entry.isOptional ? unwrapOptional(entry.value) : type(of: entry.value))
        }
        types[id.index] = .map(key ?? unification.newVariable(), value ?? unification.newVariable())
    }

    /// The type that covers what came before and one more.
    private mutating func join(_ previous: CELType?, _ current: CELType) -> CELType {
        guard let previous else { return current }
        if unification.isAssignable(previous, from: current) { return unification.mostGeneral(previous, current) }
        return .dyn
    }

    private mutating func checkObject(_ id: ExpressionID, _ name: String, _ fields: [EntryExpression]) {
        guard let found = lookUp(name) else {
            types[id.index] = .error
            return reportUndeclared(name, at: id)
        }
        tree[id] = .object(type: found.name, fields: fields)
        references[id.index] = .variable(found.name)
        var object: String?
        if case .type(let inner?) = found.type {
            if case .object(let typeName) = inner { object = typeName }
            if object == nil { report("'\(inner.erasedName)' is not a message type", at: id) }
        } else if found.type != .error {
            report("'\(found.type.erasedName)' is not a type", at: id)
        }
        types[id.index] = object.map { .object($0) } ?? .error
        for field in fields { checkField(field, of: object ?? found.name) }
    }

    private mutating func checkField(_ field: EntryExpression, of object: String) {
        check(field.value)
        let expected = fieldType(field.field, of: object, at: field.id) ?? .error
        let actual = field.isOptional ? unwrapOptional(field.value) : type(of: field.value)
        guard !unification.isAssignable(expected, from: actual) else { return }
        let message = "expected type of field '\(field.field)' is '\(expected)' but provided type is '\(actual)'"
        report(message, at: field.id)
    }

    private mutating func checkComprehension(_ id: ExpressionID, _ loop: Comprehension) {
        check(loop.range)
        check(loop.initial)
        let accumulator = type(of: loop.initial)
        scopes.append([loop.accumulator: accumulator])
        var variables: [String: CELType] = [:]
        let (first, second) = loopTypes(loop)
        variables[loop.variable] = first
        if !loop.secondVariable.isEmpty { variables[loop.secondVariable] = second }
        scopes.append(variables)
        check(loop.condition)
        assert(loop.condition, is: .bool)
        check(loop.step)
        assert(loop.step, is: accumulator)
        scopes.removeLast()
        check(loop.result)
        scopes.removeLast()
        types[id.index] = unification.resolve(type(of: loop.result))
    }

    /// The types of a loop's variables, by what it loops over.
    private mutating func loopTypes(_ loop: Comprehension) -> (CELType, CELType) {
        let range = unification.resolve(type(of: loop.range))
        switch range {
        case .list(let element): return loop.secondVariable.isEmpty ? (element, .error) : (.int, element)
        case .map(let key, let value): return (key, value)
        case .dyn, .error, .variable, .parameter:
            _ = unification.isAssignable(.dyn, from: range)
            return (.dyn, .dyn)
        default:
            let message =
                "expression of type '\(range)' cannot be range of a comprehension (must be list, map, or dynamic)"
            report(message, at: loop.range)
            return (.error, .error)
        }
    }

    private mutating func assert(_ id: ExpressionID, is expected: CELType) {
        if !unification.isAssignable(expected, from: type(of: id)) { reportMismatch(expected, type(of: id), at: id) }
    }
}

extension Literal {
    var type: CELType {
        switch self {
        case .null: .null
        case .bool: .bool
        case .int: .int
        case .uint: .uint
        case .double: .double
        case .string: .string
        case .bytes: .bytes
        }
    }
}
