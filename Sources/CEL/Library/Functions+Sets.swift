// Lists taken as sets, and the maps that loops make.

extension Library {
    static let setFunctions: [Function] = [
        Function("sets.contains") { evaluator, arguments in
            guard areLists(arguments) else { return evaluator.noOverload("sets.contains", arguments) }
            return hasAll(&evaluator, arguments[0], of: arguments[1])
        },
        Function("sets.equivalent") { evaluator, arguments in
            guard areLists(arguments) else { return evaluator.noOverload("sets.equivalent", arguments) }
            let first = hasAll(&evaluator, arguments[0], of: arguments[1])
            return first.isTrue ? hasAll(&evaluator, arguments[1], of: arguments[0]) : first
        },
        Function("sets.intersects") { evaluator, arguments in
            guard areLists(arguments) else { return evaluator.noOverload("sets.intersects", arguments) }
            var cursor = ValueCursor(arguments[0])
            while let (_, element) = cursor.next(&evaluator) {
                let found = has(&evaluator, arguments[1], element)
                if !found.isFalse { return found }
            }
            return .false
        },
    ]

    private static func areLists(_ arguments: Arguments) -> Bool {
        arguments.count == 2 && arguments[0].isList && arguments[1].isList
    }

    private static func hasAll(_ evaluator: inout Evaluator, _ list: Value, of part: Value) -> Value {
        var cursor = ValueCursor(part)
        while let (_, element) = cursor.next(&evaluator) {
            let found = has(&evaluator, list, element)
            if !found.isTrue { return found }
        }
        return .true
    }

    private static func has(_ evaluator: inout Evaluator, _ list: Value, _ wanted: Value) -> Value {
        var cursor = ValueCursor(list)
        while let (_, element) = cursor.next(&evaluator) {
            if evaluator.mustStop() { return .stopped }
            if evaluator.areEqual(wanted, element) { return .true }
        }
        return .false
    }

    /// What the loops that make maps call in each step: a key may come once only.
    static let twoVariableFunctions: [Function] = [
        Function("cel.@mapInsert") { evaluator, arguments in
            guard arguments[0].isMap else { return evaluator.noOverload("cel.@mapInsert", arguments) }
            var map = evaluator.owned(arguments[0])
            if arguments.count == 3 { return evaluator.insertNew(arguments[1], arguments[2], into: map) }
            guard arguments.count == 2, arguments[1].isMap else {
                return evaluator.noOverload("cel.@mapInsert", arguments)
            }
            var cursor = ValueCursor(arguments[1])
            while !map.isError, let (key, value) = cursor.next(&evaluator) {
                map = evaluator.insertNew(key, value, into: map)
                if evaluator.mustStop() { return .stopped }
            }
            return map
        }
    ]
}

extension Evaluator {
    /// The accumulator of a loop, which grows where it lies. The empty one it starts from is a constant and is replaced.
    fileprivate mutating func owned(_ map: Value) -> Value {
        map.kind == .map && map.count > 0 ? map : copied(map)
    }

    private mutating func copied(_ map: Value) -> Value {
        var copy = makeMap(capacity: map.count)
        var cursor = ValueCursor(map)
        while !copy.isError, let (key, value) = cursor.next(&self) { copy = insert(key, value, into: copy) }
        return copy
    }

    fileprivate mutating func insertNew(_ key: Value, _ value: Value, into map: Value) -> Value {
        if map.isError { return map }
        if indexOf(key, in: map) != nil { return error("insert failed: key \(key.shown) already exists") }
        return insert(key, value, into: map)
    }
}
