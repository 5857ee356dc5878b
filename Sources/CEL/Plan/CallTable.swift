/// What the run loop calls: functions, and what their calls cost.
///
/// A closure that is read from memory is retained while it runs, in case the memory changes. Read from a constant of an
/// object that is borrowed it is not: hence an object for each, which the table keeps and lends.
@safe struct CallTable: @unchecked Sendable {
    private final class FunctionEntry: Sendable {
        let body: Function.Body
        init(_ body: @escaping Function.Body) { self.body = body }
    }

    private final class CostEntry: Sendable {
        let cost: CallCost
        init(_ cost: @escaping CallCost) { self.cost = cost }
    }

    let names: [String]
    private let functionOwners: [FunctionEntry]
    private let costOwners: [CostEntry]
    private let functions: FixedTable<Unmanaged<FunctionEntry>>
    private let costs: FixedTable<Unmanaged<CostEntry>>

    init(functions: [Function], costs: [CallCost]) {
        names = functions.map(\.name)
        functionOwners = functions.map { FunctionEntry($0.body) }
        costOwners = costs.map { CostEntry($0) }
        unsafe self.functions = unsafe FixedTable(functionOwners.map { unsafe Unmanaged.passUnretained($0) })
        unsafe self.costs = unsafe FixedTable(costOwners.map { unsafe Unmanaged.passUnretained($0) })
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
