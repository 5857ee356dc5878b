// Lists: parts, order and repetition.

extension Library {
    static let listFunctions: [Function] = [
        Function("slice") { evaluator, arguments in
            guard arguments.count == 3, arguments[0].isList, arguments[1].kind == .int, arguments[2].kind == .int else {
                return evaluator.noOverload("slice", arguments)
            }
            return slice(&evaluator, arguments[0], arguments[1].intValue, arguments[2].intValue)
        },
        Function("flatten", body: flatten),
        Function("lists.range") { evaluator, arguments in
            guard arguments.are(.int) else { return evaluator.noOverload("lists.range", arguments) }
            return range(&evaluator, arguments[0].intValue)
        },
        Function("reverse") { evaluator, arguments in
            guard arguments.count == 1, arguments[0].isList else { return evaluator.noOverload("reverse", arguments) }
            let copy = evaluator.collect(from: arguments[0], upTo: arguments[0].count) { _, element in element }
            if copy.isError { return copy }
            var elements = unsafe UnsafeMutableBufferPointer(mutating: copy.elements)
            unsafe elements.reverse()
            return copy
        },
        Function("distinct", body: distinct),
        op("sort", []) { evaluator, arguments in
            guard arguments.count == 1, arguments[0].isList else { return .noSuchOverload }
            return ListOrder.sort(&evaluator, arguments[0], by: arguments[0])
        },
        op("@sortByAssociatedKeys", []) { evaluator, arguments in
            guard arguments.count == 2, arguments[0].isList, arguments[1].isList else { return .noSuchOverload }
            return ListOrder.sort(&evaluator, arguments[0], by: arguments[1])
        },
    ]

    private static func slice(_ evaluator: inout Evaluator, _ list: Value, _ start: Int64, _ end: Int64) -> Value {
        let call = "cannot slice(\(start), \(end)),"
        if start < 0 || end < 0 { return evaluator.error("\(call) negative indexes not supported") }
        if start > end { return evaluator.error("\(call) start index must be less than or equal to end index") }
        if end > Int64(list.count) { return evaluator.error("\(call) list is length \(list.count)") }
        var index: Int64 = 0
        return evaluator.collect(from: list, upTo: Int(end - start)) { _, element in
            index += 1
            return index > start ? element : nil
        }
    }

    private static func range(_ evaluator: inout Evaluator, _ end: Int64) -> Value {
        let count = max(0, end)
        let (bytes, overflows) = Int(count).multipliedReportingOverflow(by: MemoryLayout<Value>.stride)
        guard !overflows, let memory = unsafe evaluator.allocate(bytes) else {
            evaluator.stop = evaluator.stop ?? .memory
            return .stopped
        }
        let values = unsafe memory.bindMemory(to: Value.self, capacity: max(Int(count), 1))
        for number in 0..<Int(count) {
            unsafe values[number] = Value(Int64(number))
            if number & 0xFF == 0, evaluator.mustStop(after: 0x100) { return .stopped }
        }
        return unsafe Value(list: values, count: Int(count))
    }

    private static func flatten(_ evaluator: inout Evaluator, _ arguments: Arguments) -> Value {
        guard arguments.count <= 2, arguments[0].isList, arguments.count == 1 || arguments[1].kind == .int else {
            return evaluator.noOverload("flatten", arguments)
        }
        let depth = arguments.count == 1 ? 1 : arguments[1].intValue
        if depth < 0 { return .error("level must be non-negative") }
        var flattening = Flattening(depthMax: depth)
        guard flattening.walk(arguments[0], depth: 0, &evaluator) else { return .stopped }
        let list = evaluator.list(repeatElement(.null, count: flattening.count))
        if list.isError { return list }
        var filling = Flattening(depthMax: depth)
        unsafe filling.values = UnsafeMutablePointer(mutating: list.elements.baseAddress)
        return filling.walk(arguments[0], depth: 0, &evaluator) ? list : .stopped
    }

    /// Walks nested lists down to a depth: first to count what there is, then to write it down.
    @safe private struct Flattening {
        let depthMax: Int64
        var count = 0
        var values: UnsafeMutablePointer<Value>?
        /// Lists that are nested deeper stay as they are: documents are bounded below it.
        private static let recursionMax: Int64 = 1024

        init(depthMax: Int64) { self.depthMax = min(depthMax, Self.recursionMax) }

        /// False where the run must stop.
        mutating func walk(_ list: Value, depth: Int64, _ evaluator: inout Evaluator) -> Bool {
            var cursor = ValueCursor(list)
            while let (_, element) = cursor.next(&evaluator) {
                if evaluator.mustStop() { return false }
                if element.isList, depth < depthMax {
                    guard walk(element, depth: depth + 1, &evaluator) else { return false }
                    continue
                }
                unsafe values?[count] = element
                count += 1
            }
            return true
        }
    }

    /// Each value once, where it first stands.
    private static func distinct(_ evaluator: inout Evaluator, _ arguments: Arguments) -> Value {
        guard arguments.count == 1, arguments[0].isList else { return evaluator.noOverload("distinct", arguments) }
        let list = arguments[0]
        let unique = evaluator.list(repeatElement(.null, count: list.count))
        guard !unique.isError else { return unique }
        let values = unsafe UnsafeMutablePointer(mutating: unique.elements.baseAddress)
        var count = 0
        var cursor = ValueCursor(list)
        while let (_, element) = cursor.next(&evaluator) {
            var isNew = true
            for index in 0..<count {
                if evaluator.mustStop() { return .stopped }
                if let values = unsafe values, unsafe evaluator.areEqual(values[index], element) {
                    isNew = false
                    break
                }
            }
            guard isNew else { continue }
            unsafe values?[count] = element
            count += 1
        }
        return Value(.list, length: UInt32(count), word: unique.word)
    }
}
