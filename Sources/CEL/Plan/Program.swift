import LinearRegex

/// An expression made ready to run: a table of nodes that refer to each other by their places.
///
/// It never changes once made, and any number of evaluators may run it at the same time.
@safe public final class Program: @unchecked Sendable {
    /// What one node does. `a`, `b` and `c` are places of nodes, constants or operands, as the operation says.
    struct Node: BitwiseCopyable {
        enum Operation: UInt8, BitwiseCopyable {
            /// Constant `a`.
            case constant
            /// The variable in slot `a`.
            case variable
            /// `c` qualifiers from `b` on, applied to the variable in slot `a`.
            case variablePath
            /// `c` qualifiers from `b` on, applied to node `a`.
            case nodePath
            /// Node `b` or `c`, as node `a` is true or false.
            case conditional
            /// Nodes `a` and `b`.
            case and, or
            case equal, notEqual
            /// Function `a` of `c` operands from `b` on; `detail` is its cost.
            case call
            /// A list, map or object (of type `a`) of `c` operands from `b` on.
            case list, map, object
            /// Loop `a`.
            case loop
            /// Whether node `a` is in the constant set `b`.
            case isInSet
            /// The list in slot `a` with node `b` appended in place.
            case append
            /// Whether pattern `a` matches the first operand of two from `b` on; `detail` is its cost.
            case matches
            /// Node `a` where it is an optional with a value, else node `b`.
            case optionalOr
            /// Whether node `a` is anything but a plain false.
            case notStrictlyFalse
            /// An error with constant `a` as its text.
            case failure
        }

        var operation: Operation
        var flags: UInt8 = 0
        var detail: UInt16 = 0
        var a: Int32 = 0
        var b: Int32 = 0
        var c: Int32 = 0

        /// Reading the variable or node costs one on top of its qualifiers.
        static let charges: UInt8 = 1
        /// The last qualifier only asks whether it is there.
        static let tests: UInt8 = 2
        /// What is given is the optional's value.
        static let unwraps: UInt8 = 1
        /// Operands come with a mark for those that are optional.
        static let hasOptionals: UInt8 = 4
        /// Each key may come once, and only of the types that keys have.
        static let refusesUnusualKeys: UInt8 = 8
    }

    /// One step of a path.
    struct Qualifier: BitwiseCopyable {
        /// The key or index; where `node` is not negative, what that node gives.
        var key: Value
        var node: Int32 = -1
        var isOptional = false
        var isTest = false
        /// Fails on a value that has no fields, even where nothing need be there.
        var isStrict = false
    }

    /// The parts of a loop.
    struct Loop: BitwiseCopyable {
        var range: Int32
        var initial: Int32
        var condition: Int32
        var step: Int32
        var result: Int32
        var variableSlot: Int32
        /// Negative in the one-variable form.
        var secondSlot: Int32
        var accumulatorSlot: Int32
        /// The place of the loop, which an accumulator that is not made yet refers to.
        var index: Int32
    }

    /// The tables, as the run loop reads them.
    @safe struct Code: BitwiseCopyable {
        let nodes: UnsafePointer<Node>
        let operands: UnsafePointer<Int32>
        let qualifiers: UnsafePointer<Qualifier>
        let loops: UnsafePointer<Loop>
        let constants: UnsafePointer<Value>
    }

    let code: Code
    let calls: CallTable
    /// Keep what `calls` refers to.
    let functions: [CallTable.FunctionEntry]
    private let costs: [CallTable.CostEntry]
    let sets: FixedTable<ConstantSet>
    let patterns: PatternTable
    let objectMakers: FixedTable<ObjectMaker>
    let root: Int32
    /// How many slots a run needs.
    public let slotCount: Int
    /// The names of the slots that are variables, for messages.
    let variableNames: [String]
    /// Keeps the memory of constants.
    private let constantMemory: ConstantMemory
    /// The type of the result, where the expression was checked.
    public let resultType: CELType

    init(_ planner: Planner, root: Int32, resultType: CELType) {
        code = unsafe Code(
            nodes: Self.table(planner.nodes), operands: Self.table(planner.operands),
            qualifiers: Self.table(planner.qualifiers), loops: Self.table(planner.loops),
            constants: Self.table(planner.constants))
        functions = planner.functions.map { CallTable.FunctionEntry($0) }
        costs = planner.costs.map { CallTable.CostEntry($0) }
        calls = CallTable(functions: functions, costs: costs)
        sets = FixedTable(planner.sets)
        patterns = PatternTable(planner.patterns)
        objectMakers = FixedTable(planner.objectMakers)
        slotCount = planner.slotCount
        variableNames = planner.variableNames
        constantMemory = planner.memory
        self.root = root
        self.resultType = resultType
    }

    deinit {
        unsafe code.nodes.deallocate()
        unsafe code.operands.deallocate()
        unsafe code.qualifiers.deallocate()
        unsafe code.loops.deallocate()
        unsafe code.constants.deallocate()
        calls.free()
        sets.free()
        patterns.free()
        objectMakers.free()
    }

    @unsafe private static func table<Element>(_ elements: [Element]) -> UnsafePointer<Element> {
        let memory = UnsafeMutablePointer<Element>.allocate(capacity: max(elements.count, 1))
        unsafe memory.initialize(from: elements, count: elements.count)
        return unsafe UnsafePointer(memory)
    }
}

/// The arena in which a program's constants lie.
final class ConstantMemory {
    var evaluator = Evaluator(limits: .init(cost: .max, arenaBytes: 16 << 20))
}

/// Makes an object from its fields' values.
struct ObjectMaker: Sendable {
    /// A string among the program's constants.
    let typeName: Value
    let fields: [String]
}
