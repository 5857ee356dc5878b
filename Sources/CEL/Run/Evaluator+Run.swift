// The run loop: one function that decides by a node's operation, and one for each that needs room.

extension Evaluator {
    /// Runs a program and gives its result; an error where it failed or was stopped. What the result refers to lies in
    /// the evaluator, in the program and in the documents that variables are bound to: keep them while it is read.
    public mutating func run(_ program: borrowing Program) -> Value {
        reserveSlots(program.slotCount)
        let result = evaluate(program.root, program)
        guard let stop else { return result }
        return stop == .cost ? .error("operation cancelled: actual cost limit exceeded") : .stopped
    }

    mutating func evaluate(_ place: Int32, _ program: borrowing Program) -> Value {
        let node = unsafe program.code.nodes[Int(place)]
        switch node.operation {
        case .constant: return unsafe program.code.constants[Int(node.a)]
        case .variable:
            if node.flags & Program.Node.charges != 0 { charge(1) }
            return read(node.a, program)
        case .variablePath, .nodePath: return evaluatePath(node, program)
        case .conditional:
            let condition = evaluate(node.a, program)
            if condition.isTrue { return evaluate(node.b, program) }
            if condition.isFalse { return evaluate(node.c, program) }
            return condition.isError ? condition : .noSuchOverload
        case .and: return evaluateLogical(node, program, absorbing: false)
        case .or: return evaluateLogical(node, program, absorbing: true)
        case .equal: return compare(node, program, negated: false)
        case .notEqual: return compare(node, program, negated: true)
        case .call: return call(node, program)
        case .list: return makeList(node, program)
        case .map: return makeMap(node, program)
        case .object: return makeObject(node, program)
        case .loop: return unsafe loop(program.code.loops[Int(node.a)], program)
        case .notStrictlyFalse:
            let value = evaluate(node.a, program)
            charge(1)
            return Value(!value.isFalse)
        case .isInSet:
            let value = evaluate(node.a, program)
            return value.isError ? value : Value(program.sets[Int(node.b)].contains(value))
        case .append: return append(node, program)
        case .matches: return match(node, program)
        case .optionalOr:
            let left = evaluate(node.a, program)
            guard left.kind == .optional else { return left }
            guard let value = left.boxed else { return evaluate(node.b, program) }
            return node.flags & Program.Node.unwraps != 0 ? value : left
        case .failure:
            charge(1)
            let text = unsafe program.code.constants[Int(node.a)]
            return Value(.error, detail: RunError.message.rawValue, length: text.length, word: text.word)
        }
    }

    /// A variable's value; an accumulator that is asked for the first time is made now.
    @inline(__always)
    private mutating func read(_ slot: Int32, _ program: borrowing Program) -> Value {
        let value = unsafe slots[Int(slot)]
        return value.kind == .error && value.detail >= Value.pendingDetail ? prepare(slot, value, program) : value
    }

    @inline(never)
    private mutating func prepare(_ slot: Int32, _ value: Value, _ program: borrowing Program) -> Value {
        guard value.detail == Value.pendingDetail else { return missingVariable(slot, program) }
        // Asking for it again while it is made would not end.
        unsafe slots[Int(slot)] = .noSuchOverload
        let loop = unsafe program.code.loops[Int(value.length)]
        let made = evaluate(loop.initial, program)
        unsafe slots[Int(slot)] = made
        return made
    }

    private mutating func missingVariable(_ slot: Int32, _ program: borrowing Program) -> Value {
        let index = Int(slot)
        let name = index < program.variableNames.count ? program.variableNames[index] : "@"
        return error(.noSuchAttribute, string(name))
    }

    private mutating func evaluateLogical(
        _ node: Program.Node, _ program: borrowing Program, absorbing: Bool
    ) -> Value {
        let left = evaluate(node.a, program)
        if left.kind == .bool, left.boolValue == absorbing { return left }
        if stop != nil { return .stopped }
        let right = evaluate(node.b, program)
        if right.kind == .bool, right.boolValue == absorbing { return right }
        if left.kind != .bool { return left.isError ? left : .noSuchOverload }
        if right.kind != .bool { return right.isError ? right : .noSuchOverload }
        return Value(!absorbing)
    }

    private mutating func compare(_ node: Program.Node, _ program: borrowing Program, negated: Bool) -> Value {
        let left = evaluate(node.a, program)
        let right = evaluate(node.b, program)
        // Comparing a library's value costs one, but only by the sign that the libraries know.
        let isOpaque = left.kind == .opaque && !negated
        charge(isOpaque ? 1 : Self.characters(min(left.costSize, right.costSize)))
        if left.isError { return left }
        if right.isError { return right }
        let equality = equality(of: left, right)
        if mustStop() { return .stopped }
        // A comparison that fails is an error to `==`, and to `!=` a difference.
        if equality.isError, !negated { return equality }
        return Value(equality.isTrue != negated)
    }

    /// What looking at that many characters costs.
    @inline(__always) static func characters(_ count: UInt64) -> UInt64 {
        count < 10 ? (count == 0 ? 0 : 1) : UInt64((Double(count) * Cost.perCharacter).rounded(.up))
    }
}

extension Value {
    /// Marks a slot whose value is made when it is first asked for; `length` is the place of the loop.
    static let pendingDetail = UInt8.max - 1
}

// MARK: paths

extension Evaluator {
    private mutating func evaluatePath(_ node: Program.Node, _ program: borrowing Program) -> Value {
        var value: Value
        if node.operation == .variablePath {
            value = read(node.a, program)
        } else {
            value = evaluate(node.a, program)
        }
        if node.flags & Program.Node.charges != 0 { charge(1) }
        if value.isError { return value }
        var isOptional = false
        if value.kind == .optional {
            guard let wrapped = value.boxed else { return node.flags & Program.Node.tests != 0 ? .false : value }
            value = wrapped
            isOptional = true
        }
        for index in Int(node.b)..<Int(node.b + node.c) {
            let qualifier = unsafe program.code.qualifiers[index]
            isOptional = isOptional || qualifier.isOptional
            guard let next = qualify(value, qualifier, program, isOptional: isOptional) else {
                if qualifier.isTest || node.flags & Program.Node.tests != 0 { return .false }
                return .none
            }
            if next.isError { return next }
            value = qualifier.isTest ? .true : next
        }
        if node.flags & Program.Node.tests != 0 { return value }
        return isOptional ? optional(value) : value
    }

    /// One step of a path; nil where a lenient step finds nothing.
    @inline(__always)
    private mutating func qualify(
        _ value: Value, _ qualifier: Program.Qualifier, _ program: borrowing Program, isOptional: Bool
    ) -> Value? {
        var key = qualifier.key
        if qualifier.node >= 0 {
            key = evaluate(qualifier.node, program)
            if key.isError { return key }
        }
        // What is not there costs nothing in an optional chain; elsewhere a test costs as much as reading.
        if value.kind == .jsonObject, key.kind == .string {
            if let found = findMember(key.bytes, of: value.node) {
                charge(1)
                return found
            }
            return missing(.noSuchKey, key, qualifier, isOptional)
        }
        return qualifySlowly(value, key, qualifier, isOptional)
    }

    @inline(never)
    private mutating func missing(
        _ problem: RunError, _ key: Value, _ qualifier: Program.Qualifier, _ isOptional: Bool
    ) -> Value? {
        if isOptional { return nil }
        charge(1)
        return qualifier.isTest ? nil : error(problem, key)
    }

    @inline(never)
    private mutating func qualifySlowly(
        _ value: Value, _ key: Value, _ qualifier: Program.Qualifier, _ isOptional: Bool
    ) -> Value? {
        if value.isOf(LazyFields.family) {
            guard let found = lazyField(key, of: value) else { return missing(.noSuchKey, key, qualifier, isOptional) }
            charge(1)
            return stop == nil ? found : .stopped
        }
        if value.isMap {
            guard let found = find(key, in: value) else { return missing(.noSuchKey, key, qualifier, isOptional) }
            charge(1)
            return found
        }
        guard value.isList else {
            let isStrict = qualifier.isStrict && value.kind != .optional
            return isStrict ? error(.noSuchKey, key) : missing(.noSuchKey, key, qualifier, isOptional)
        }
        switch position(key) {
        case .failure(let problem):
            if !isOptional { charge(1) }
            return error(problem.message)
        case .success(let position):
            guard position >= 0, position < value.count else {
                return missing(.indexOutOfBounds, key, qualifier, isOptional)
            }
            charge(1)
            if mustStop(after: value.kind == .jsonArray || value.kind == .shapedList ? Int(position) / 8 + 1 : 1) {
                return .stopped
            }
            // A list with a schema has no elements but at integers.
            if value.kind == .shapedList, key.kind != .int { return error("unsupported index: \(key.shown)") }
            return element(Int(position), of: value)
        }
    }

    struct IndexProblem: Error {
        let message: String
    }

    /// The position in a list that a key names.
    func position(_ key: Value) -> Result<Int64, IndexProblem> {
        switch key.kind {
        case .int: return .success(key.intValue)
        case .double:
            if let position = Int64(exactly: key.doubleValue) { return .success(position) }
            return .failure(IndexProblem(message: "unsupported index value \(key.shown) in list"))
        case .uint:
            if let position = Int64(exactly: key.uintValue) { return .success(position) }
            return .failure(IndexProblem(message: "unsupported index value \(key.shown) in list"))
        default: return .failure(IndexProblem(message: "unsupported index type '\(key.typeName)' in list"))
        }
    }
}

// MARK: calls and literals

extension Evaluator {
    private static let inlineArgumentsMax = 4

    private mutating func call(_ node: Program.Node, _ program: borrowing Program) -> Value {
        let count = Int(node.c)
        if count <= Self.inlineArgumentsMax {
            var memory: InlineArray<4, Value> = .init(repeating: .null)
            return unsafe withUnsafeMutablePointer(to: &memory) {
                let base = unsafe UnsafeMutableRawPointer($0).assumingMemoryBound(to: Value.self)
                return unsafe call(node, program, base, count)
            }
        }
        guard let memory = unsafe allocate(count * MemoryLayout<Value>.stride) else { return .stopped }
        return unsafe call(node, program, memory.bindMemory(to: Value.self, capacity: count), count)
    }

    @unsafe @inline(__always)
    private mutating func call(
        _ node: Program.Node, _ program: borrowing Program, _ base: UnsafeMutablePointer<Value>, _ count: Int
    ) -> Value {
        var failure: Value?
        // What a function may have to look through counts as work, whether the function looks or not.
        var steps = 1
        for index in 0..<count {
            let value = unsafe evaluate(program.code.operands[Int(node.b) + index], program)
            unsafe base[index] = value
            if value.kind == .string || value.kind == .bytes { steps &+= value.bytes.count / 64 }
            guard value.isError else { continue }
            // A function of many arguments that stops at the first error is not charged for.
            if node.flags & 1 != 0 { return value }
            if failure == nil { failure = value }
        }
        if mustStop(after: steps) { return .stopped }
        let arguments = unsafe Arguments(base: UnsafePointer(base), count: count)
        let result: Value
        if let failure {
            result = failure
        } else {
            result = program.calls.call(Int(node.a), &self, arguments)
        }
        charge(node.detail == 0 ? 1 : program.calls.cost(Int(node.detail), arguments, result))
        return stop != nil ? .stopped : result
    }

    private mutating func makeList(_ node: Program.Node, _ program: borrowing Program) -> Value {
        let count = Int(node.c)
        let hasOptionals = node.flags & Program.Node.hasOptionals != 0
        guard let memory = unsafe allocate(count * MemoryLayout<Value>.stride) else { return .stopped }
        let values = unsafe memory.bindMemory(to: Value.self, capacity: max(count, 1))
        var written = 0
        for index in 0..<count {
            let operand = Int(node.b) + (hasOptionals ? 2 * index : index)
            var value = unsafe evaluate(program.code.operands[operand], program)
            if !value.isError, hasOptionals, unsafe program.code.operands[operand + 1] == 1 {
                guard value.kind == .optional else {
                    charge(Cost.list)
                    return error("cannot initialize optional list element from non-optional value \(value.shown)")
                }
                guard let wrapped = value.boxed else { continue }
                value = wrapped
            }
            if value.isError {
                charge(Cost.list)
                return value
            }
            unsafe values[written] = value
            written += 1
        }
        charge(Cost.list)
        return unsafe Value(list: values, count: written)
    }

    private mutating func makeMap(_ node: Program.Node, _ program: borrowing Program) -> Value {
        var map = makeMap(capacity: Int(node.c))
        if map.isError { return map }
        for index in 0..<Int(node.c) {
            let operand = Int(node.b) + 3 * index
            let key = unsafe evaluate(program.code.operands[operand], program)
            var value = key.isError ? key : unsafe evaluate(program.code.operands[operand + 1], program)
            if !value.isError, unsafe program.code.operands[operand + 2] == 1 {
                guard value.kind == .optional else {
                    charge(Cost.map)
                    return error(
                        "cannot initialize optional entry '\(key.shown)' from non-optional value \(value.shown)")
                }
                guard let wrapped = value.boxed else {
                    map = remove(key, from: map)
                    continue
                }
                value = wrapped
            }
            if !value.isError, node.flags & Program.Node.refusesUnusualKeys != 0 { value = refusal(key, map) ?? value }
            map = value.isError ? value : set(key, value, in: map)
            if map.isError { break }
        }
        charge(Cost.map)
        return map
    }

    /// Why a key may not be added to a map literal.
    private func refusal(_ key: Value, _ map: Value) -> Value? {
        switch key.kind {
        case .bool, .int, .uint, .string: indexOf(key, in: map) == nil ? nil : .error("Failed with repeated key")
        default: .error("unsupported key type")
        }
    }

    /// The map with an entry for the key, in place of one that it may have had.
    public mutating func set(_ key: Value, _ value: Value, in map: Value) -> Value {
        guard let index = indexOf(key, in: map) else { return insert(key, value, into: map) }
        unsafe map.mapBlock.pointee.entries[2 * index + 1] = value
        return map
    }

    /// A map literal without the entry for the key.
    private mutating func remove(_ key: Value, from map: Value) -> Value {
        guard let gone = indexOf(key, in: map) else { return map }
        var rest = makeMap(capacity: Int(map.length))
        for index in 0..<Int(map.length) where index != gone && !rest.isError {
            let entries = unsafe map.mapBlock.pointee.entries
            rest = unsafe insert(entries[2 * index], entries[2 * index + 1], into: rest)
        }
        return rest
    }

    /// An object is a map from its fields' names that knows its type; what it may hold was checked when it was compiled.
    private mutating func makeObject(_ node: Program.Node, _ program: borrowing Program) -> Value {
        var map = makeMap(capacity: Int(node.c))
        let maker = program.objectMakers[Int(node.a)]
        for (index, field) in maker.fields.enumerated() where !map.isError {
            let operand = Int(node.b) + 2 * index
            var value = unsafe evaluate(program.code.operands[operand], program)
            if !value.isError, unsafe program.code.operands[operand + 1] == 1 {
                guard value.kind == .optional else {
                    charge(Cost.object)
                    return error("cannot initialize optional entry '\(field)' from non-optional value \(value.shown)")
                }
                guard let wrapped = value.boxed else { continue }
                value = wrapped
            }
            map = value.isError ? value : set(string(field), value, in: map)
        }
        charge(Cost.object)
        if !map.isError { unsafe map.mapBlock.pointee.typeName = maker.typeName.bytes }
        return map
    }
}

// MARK: loops

extension Evaluator {
    private mutating func loop(_ loop: Program.Loop, _ program: borrowing Program) -> Value {
        unsafe slots[Int(loop.accumulatorSlot)] = Value(
            .error, detail: Value.pendingDetail, length: UInt32(truncatingIfNeeded: loop.index))
        guard loop.range >= 0 else { return evaluate(loop.result, program) }
        let range = evaluate(loop.range, program)
        if range.isError { return range }
        guard range.isList || range.isMap else { return notIterable(range, loop) }
        let usesKey = range.isMap || loop.secondSlot >= 0
        var cursor = ValueCursor(range)
        while let (key, value) = cursor.next(&self) {
            unsafe slots[Int(loop.variableSlot)] = usesKey ? key : value
            if loop.secondSlot >= 0 { unsafe slots[Int(loop.secondSlot)] = value }
            if evaluate(loop.condition, program).isFalse { break }
            let next = evaluate(loop.step, program)
            unsafe slots[Int(loop.accumulatorSlot)] = next
            if mustStop() { return .stopped }
        }
        return evaluate(loop.result, program)
    }

    private mutating func notIterable(_ range: Value, _ loop: Program.Loop) -> Value {
        guard loop.secondSlot < 0 else { return error("unsupported comprehension range type: \(range.goTypeName)") }
        return error("got '\(range.goTypeName)', expected iterable type")
    }

    /// `accumulator + [element]` as a macro wrote it: the list grows where it lies. Costs are those of the sum.
    private mutating func append(_ node: Program.Node, _ program: borrowing Program) -> Value {
        charge(1)
        let list = read(node.a, program)
        let element = evaluate(node.b, program)
        charge(Cost.list)
        charge(1)
        if list.isError { return list }
        if element.isError { return element }
        guard list.kind == .list else { return .noSuchOverload }
        let count = Int(list.length)
        // Room is kept in powers of two, so that a full list is seen by its length; the first sixteen bytes of the
        // block a grown list lies in say that it may grow there.
        guard list.detail == 1, count & (count - 1) != 0 || count < 4 else { return extended(list, element) }
        let values = unsafe UnsafeMutablePointer<Value>(bitPattern: UInt(truncatingIfNeeded: list.word))
            .unsafelyUnwrapped
        unsafe values[count] = element
        return Value(.list, detail: 1, length: list.length + 1, word: list.word)
    }

    private mutating func extended(_ list: Value, _ element: Value) -> Value {
        let count = Int(list.length)
        var capacity = 4
        while capacity <= count { capacity *= 2 }
        guard let memory = unsafe allocate(capacity * MemoryLayout<Value>.stride) else { return .stopped }
        let values = unsafe memory.bindMemory(to: Value.self, capacity: capacity)
        if count > 0, let old = unsafe list.elements.baseAddress { unsafe values.update(from: old, count: count) }
        unsafe values[count] = element
        return Value(.list, detail: 1, length: list.length + 1, word: UInt64(UInt(bitPattern: values)))
    }
}

extension Value {
    /// What the reference implementation calls the type in one of its messages.
    var goTypeName: String {
        switch kind {
        case .null: "types.Null"
        case .bool: "types.Bool"
        case .int: "types.Int"
        case .uint: "types.Uint"
        case .double: "types.Double"
        case .string: "types.String"
        case .bytes: "types.Bytes"
        case .timestamp: "types.Timestamp"
        case .duration: "types.Duration"
        case .type: "*types.Type"
        case .optional: "*types.Optional"
        default: typeName
        }
    }
}
