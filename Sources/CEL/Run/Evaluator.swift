/// Runs programs, one after the other, in memory and within limits of its own.
///
/// One thread owns an evaluator. What a run gives is good until `reset`.
@safe public struct Evaluator: ~Copyable {
    /// What an evaluation may use at the most.
    public struct Limits: Sendable {
        /// The cost at which an expression is stopped.
        public var cost: UInt64 = .max
        /// The memory that its values may take.
        public var arenaBytes = 64 << 20

        /// Limits; without arguments, next to none.
        public init(cost: UInt64 = .max, arenaBytes: Int = 64 << 20) {
            self.cost = cost
            self.arenaBytes = arenaBytes
        }
    }

    /// Why an evaluation was stopped before its end.
    public enum Stop: UInt8, Sendable {
        /// It would have cost more than it may.
        case cost
        /// Its time is up.
        case deadline
        /// It would have used more memory than it may.
        case memory
    }

    var arena: Arena
    var slots: UnsafeMutablePointer<Value>
    private var slotCapacity: Int
    /// What the run has cost so far.
    public internal(set) var cost: UInt64 = 0
    /// What computing lazy fields has cost since the expression began.
    public internal(set) var fieldCost: UInt64 = 0
    /// How many lazy fields are being computed, one for the other, and where the stack was at the first.
    var fieldDepth = 0
    var fieldStack: UInt = 0
    /// Why the run was stopped; nil when it was not.
    public internal(set) var stop: Stop?
    /// The cost at which an expression is stopped.
    public var costMax: UInt64
    /// Says whether time is up; asked every few hundred steps.
    public var isTimeUp: (@Sendable () -> Bool)?
    var stepsUntilCheck = Evaluator.stepsBetweenChecks
    /// What matching patterns works in.
    let matching = PatternMemory()

    static let stepsBetweenChecks = 256

    /// An evaluator with memory of its own.
    public init(limits: Limits = Limits()) {
        arena = Arena(bytesMax: limits.arenaBytes)
        costMax = limits.cost
        slotCapacity = 64
        unsafe slots = .allocate(capacity: 64)
        unsafe slots.initialize(repeating: .unset, count: 64)
    }

    deinit { unsafe slots.deallocate() }

    /// Gives back everything that earlier runs made, and forgets all variables and costs.
    public mutating func reset() {
        arena.reset()
        cost = 0
        fieldCost = 0
        fieldDepth = 0
        stop = nil
        stepsUntilCheck = Self.stepsBetweenChecks
        unsafe slots.update(repeating: .unset, count: slotCapacity)
    }

    /// The memory that the values of this run have taken so far.
    public var arenaBytesInUse: Int { arena.bytesInUse }

    /// Gives a variable its value.
    public mutating func bind(_ slot: Int, _ value: Value) {
        reserveSlots(slot + 1)
        unsafe slots[slot] = value
    }

    mutating func reserveSlots(_ count: Int) {
        guard count > slotCapacity else { return }
        let capacity = max(count, slotCapacity * 2)
        let more = UnsafeMutablePointer<Value>.allocate(capacity: capacity)
        unsafe more.initialize(from: slots, count: slotCapacity)
        unsafe (more + slotCapacity).initialize(repeating: .unset, count: capacity - slotCapacity)
        unsafe slots.deallocate()
        unsafe slots = more
        slotCapacity = capacity
    }
}

extension Value {
    /// What a slot holds that no variable was bound to.
    static let unset = Value(.error, detail: .max)
    var isUnset: Bool { kind == .error && detail == .max }
}

// MARK: limits

extension Evaluator {
    /// Adds to the cost; false when that stops the run.
    @inline(__always)
    mutating func charge(_ amount: UInt64) {
        cost &+= amount
        if cost > costMax { stopForCost(amount) }
    }

    /// What is charged on the way out of a run that was stopped no longer counts.
    @inline(never) private mutating func stopForCost(_ amount: UInt64) {
        if stop == nil { stop = .cost } else { cost &-= amount }
    }

    /// Counts work that costs nothing by the rules but takes time; every few hundred steps looks at the deadline.
    /// True when the run must end.
    @inline(__always)
    public mutating func mustStop(after steps: Int = 1) -> Bool {
        stepsUntilCheck &-= steps
        return stepsUntilCheck <= 0 ? look() : stop != nil
    }

    @inline(never) private mutating func look() -> Bool {
        stepsUntilCheck = Self.stepsBetweenChecks
        if stop == nil, let isTimeUp, isTimeUp() { stop = .deadline }
        return stop != nil
    }

    /// Room in the arena; where there is none the run is stopped.
    @unsafe @inline(__always)
    mutating func allocate(_ count: Int) -> UnsafeMutableRawPointer? {
        guard let memory = unsafe arena.allocate(count) else {
            if stop == nil { stop = .memory }
            return nil
        }
        return unsafe memory
    }
}
