/// What has been found out about type variables, and whether types fit each other under it.
struct TypeUnification {
    /// Whether a type that accepts null is more general than that of null.
    var prefersNonNull = false
    /// What each variable stands for, by its number.
    private var bindings: [CELType?] = []

    /// A variable about which nothing is known yet.
    mutating func newVariable() -> CELType {
        bindings.append(nil)
        return .variable(bindings.count - 1)
    }

    private func binding(of type: CELType) -> CELType? {
        guard case .variable(let number) = type, number < bindings.count else { return nil }
        return bindings[number]
    }

    private mutating func bind(_ type: CELType, to other: CELType) {
        if case .variable(let number) = type, number < bindings.count { bindings[number] = other }
    }

    /// Whether a value of `other` may stand where `type` is wanted; what that says of variables is remembered.
    mutating func isAssignable(_ type: CELType, from other: CELType) -> Bool {
        var trial = self
        guard trial.unify(type, other) else { return false }
        self = trial
        return true
    }

    /// The same for lists of types, all or none.
    mutating func isAssignable(_ types: [CELType], from others: [CELType]) -> Bool {
        var trial = self
        guard trial.unify(types, others) else { return false }
        self = trial
        return true
    }

    private mutating func unify(_ types: [CELType], _ others: [CELType]) -> Bool {
        guard types.count == others.count else { return false }
        for (type, other) in zip(types, others) where !unify(type, other) { return false }
        return true
    }

    private mutating func unify(_ one: CELType, _ two: CELType) -> Bool {
        if two.isUnbound {
            let (isValid, wasBound) = substitutes(two, for: one)
            if isValid { return true }
            if wasBound { return false }
        }
        if one.isUnbound { return substitutes(one, for: two).isValid }
        if one.isDynOrError || two.isDynOrError { return true }
        if one == .null { return two.acceptsNull }
        if two == .null { return one.acceptsNull }
        switch one {
        case .type:
            if case .type = two { return true }
            return false
        case .list, .map, .opaque:
            return one.erasedName == two.erasedName && unify(one.parameters, two.parameters)
        default:
            return two.unwrapped == one.unwrapped
        }
    }

    /// Whether the variable `variable` may stand for `type`, and whether it already stood for something.
    private mutating func substitutes(_ variable: CELType, for type: CELType) -> (isValid: Bool, wasBound: Bool) {
        if type == variable { return (true, true) }
        if let bound = binding(of: variable) {
            if type.isExactly(bound) { return (true, true) }
            guard unify(type, bound) else { return (false, true) }
            let general = mostGeneral(type, bound)
            if !occurs(variable, in: general) { bind(variable, to: general) }
            return (true, true)
        }
        guard !occurs(variable, in: type) else { return (false, false) }
        bind(variable, to: type)
        return (true, false)
    }

    /// Whether `variable` is a part of `type`, directly or through what other variables stand for.
    private func occurs(_ variable: CELType, in type: CELType) -> Bool {
        if variable == type { return true }
        if type.isUnbound { return binding(of: type).map { occurs(variable, in: $0) } ?? false }
        return type.parameters.contains { occurs(variable, in: $0) }
    }

    /// The more general of two types that fit each other.
    func mostGeneral(_ one: CELType, _ two: CELType) -> CELType {
        if prefersNonNull, one == .null || two == .null, one != two { return one == .null ? two : one }
        return Self.isAsGeneral(one, as: two) ? one : two
    }

    private static func isAsGeneral(_ one: CELType, as two: CELType) -> Bool {
        if one.isDyn || one.isUnbound { return true }
        if two.isDyn || two.isUnbound { return false }
        switch (one, two) {
        case (.type, .type): return true
        case (.list, .list), (.map, .map), (.opaque, .opaque):
            return one.erasedName == two.erasedName && one.parameters.count == two.parameters.count
                && zip(one.parameters, two.parameters).allSatisfy { isAsGeneral($0, as: $1) }
        default: return one.isExactly(two)
        }
    }

    /// `type` with every variable replaced by what it stands for; with `unboundIsDyn`, by `dyn` where that is nothing.
    func resolve(_ type: CELType, unboundIsDyn: Bool = false) -> CELType {
        switch type {
        case .variable, .parameter:
            if let bound = binding(of: type) { return resolve(bound, unboundIsDyn: unboundIsDyn) }
            return unboundIsDyn ? .dyn : type
        case .list(let element): return .list(resolve(element, unboundIsDyn: unboundIsDyn))
        case .map(let key, let value):
            return .map(resolve(key, unboundIsDyn: unboundIsDyn), resolve(value, unboundIsDyn: unboundIsDyn))
        case .opaque(let name, let parts):
            return .opaque(name, parts.map { resolve($0, unboundIsDyn: unboundIsDyn) })
        case .type(let inner?): return .type(resolve(inner, unboundIsDyn: unboundIsDyn))
        default: return type
        }
    }
}

extension CELType {
    /// Whether `null` may stand where this type is wanted.
    fileprivate var acceptsNull: Bool {
        switch self {
        case .opaque, .object, .any, .duration, .timestamp, .wrapper, .null, .dyn: true
        default: false
        }
    }

    /// This type with a declaration's parameters replaced.
    func instantiated(with arguments: [String: CELType]) -> CELType {
        switch self {
        case .parameter(let name): arguments[name] ?? self
        case .list(let element): .list(element.instantiated(with: arguments))
        case .map(let key, let value):
            .map(key.instantiated(with: arguments), value.instantiated(with: arguments))
        case .opaque(let name, let parts): .opaque(name, parts.map { $0.instantiated(with: arguments) })
        case .type(let inner?): .type(inner.instantiated(with: arguments))
        default: self
        }
    }

    /// The parameters that occur, in order.
    func collectParameters(into names: inout [String]) {
        if case .parameter(let name) = self, !names.contains(name) { names.append(name) }
        for part in parameters { part.collectParameters(into: &names) }
    }
}
