/// What the run loop calls: functions, and what their calls cost.
///
/// A closure that is read from memory is retained while it runs, in case the memory changes. Read from a constant of an
/// object that is borrowed it is not: hence an object for each, which the program keeps and the table only names.
@safe struct CallTable: @unchecked Sendable {
    final class FunctionEntry: Sendable {
        let name: String
        let body: Function.Body

        init(_ function: Function) {
            name = function.name
            body = function.body
        }
    }

    final class CostEntry: Sendable {
        let cost: CallCost
        init(_ cost: @escaping CallCost) { self.cost = cost }
    }

    private let functions: FixedTable<Unmanaged<FunctionEntry>>
    private let costs: FixedTable<Unmanaged<CostEntry>>

    init(functions: [FunctionEntry], costs: [CostEntry]) {
        unsafe self.functions = unsafe FixedTable(functions.map { unsafe Unmanaged.passUnretained($0) })
        unsafe self.costs = unsafe FixedTable(costs.map { unsafe Unmanaged.passUnretained($0) })
    }

    @inline(__always)
    func call(_ index: Int, _ evaluator: inout Evaluator, _ arguments: Arguments) -> Value {
        unsafe functions[index]._withUnsafeGuaranteedRef { $0.body(&evaluator, arguments) }
    }

    /// The cost of a call by its rule, which is counted from one.
    @inline(__always)
    func cost(_ rule: Int, _ arguments: Arguments, _ result: Value) -> UInt64 {
        unsafe costs[rule - 1]._withUnsafeGuaranteedRef { $0.cost(arguments, result) }
    }

    func free() {
        unsafe functions.free()
        unsafe costs.free()
    }
}
