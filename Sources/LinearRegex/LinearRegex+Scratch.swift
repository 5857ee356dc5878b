extension LinearRegex {
    /// The memory that matching works in; each thread owns one and passes it to every match.
    ///
    /// It keeps the automata that texts have built so far, for every pattern that was matched with it, within
    /// `bytesMax`; once it is warm, `matches` neither allocates nor retains.
    @safe public struct Scratch: ~Copyable {
        /// The bytes that the automata of all patterns may take together before they are dropped.
        public let bytesMax: Int
        /// The automata, in an open hash table by the identity of their pattern.
        private var slots: [UnsafeMutablePointer<Automata>?]
        private var count = 0
        private var bytes = 0
        var workspace = Workspace()
        var pike = PikeVM()
        var backtracker = Backtracker()
        var groups: [Int] = []
        var replaced = ReplacedText()

        /// An empty scratch.
        public init(bytesMax: Int = 64 << 20) {
            self.bytesMax = bytesMax
            unsafe slots = [UnsafeMutablePointer<Automata>?](repeating: nil, count: 16)
        }

        deinit {
            for index in unsafe slots.indices {
                unsafe slots[index]?.deinitialize(count: 1)
                unsafe slots[index]?.deallocate()
            }
        }
    }

    /// The automata of one pattern in one scratch.
    struct Automata: ~Copyable {
        let identity: UInt64
        var forward: LazyDFA
        /// Never used where the pattern has no program for it.
        var backward: LazyDFA
        /// What `Scratch` has counted for it.
        var countedBytes = 0

        init(_ pattern: CompiledPattern) {
            identity = pattern.identity
            forward = LazyDFA(pattern.forward, bytesMax: pattern.automatonBytesMax)
            backward = LazyDFA(pattern.backward ?? pattern.forward, bytesMax: pattern.automatonBytesMax)
        }

        var bytes: Int { forward.bytes + backward.bytes }
    }
}

extension LinearRegex.Scratch {
    /// The automata of a pattern, which stay where they are until the next call.
    @inline(__always)
    mutating func automata(of pattern: CompiledPattern) -> UnsafeMutablePointer<LinearRegex.Automata> {
        let mask = unsafe slots.count - 1
        var index = Int(truncatingIfNeeded: pattern.identity) & mask
        while let slot = unsafe slots[index] {
            if unsafe slot.pointee.identity == pattern.identity { return unsafe slot }
            index = (index + 1) & mask
        }
        return unsafe admit(pattern)
    }

    /// Counts what a run has added to the automata; the bound is kept when the next ones come.
    @inline(__always)
    mutating func settle(_ automata: UnsafeMutablePointer<LinearRegex.Automata>) {
        guard unsafe automata.pointee.forward.hasGrown || automata.pointee.backward.hasGrown else { return }
        unsafe automata.pointee.forward.hasGrown = false
        unsafe automata.pointee.backward.hasGrown = false
        let now = unsafe automata.pointee.bytes
        bytes += unsafe now - automata.pointee.countedBytes
        unsafe automata.pointee.countedBytes = now
        if bytes > bytesMax { dropAll() }
    }

    @inline(never)
    private mutating func admit(_ pattern: CompiledPattern) -> UnsafeMutablePointer<LinearRegex.Automata> {
        if unsafe (count + 1) * 2 > slots.count { grow() }
        let added = UnsafeMutablePointer<LinearRegex.Automata>.allocate(capacity: 1)
        unsafe added.initialize(to: LinearRegex.Automata(pattern))
        unsafe insert(added)
        count += 1
        return unsafe added
    }

    private mutating func insert(_ automata: UnsafeMutablePointer<LinearRegex.Automata>) {
        let mask = unsafe slots.count - 1
        var index = unsafe Int(truncatingIfNeeded: automata.pointee.identity) & mask
        while unsafe slots[index] != nil { index = (index + 1) & mask }
        unsafe slots[index] = automata
    }

    private mutating func grow() {
        let old = unsafe slots
        unsafe slots = [UnsafeMutablePointer<LinearRegex.Automata>?](repeating: nil, count: old.count * 2)
        for index in unsafe old.indices {
            if let slot = unsafe old[index] { unsafe insert(slot) }
        }
    }

    @inline(never)
    private mutating func dropAll() {
        for index in unsafe slots.indices {
            unsafe slots[index]?.deinitialize(count: 1)
            unsafe slots[index]?.deallocate()
            unsafe slots[index] = nil
        }
        count = 0
        bytes = 0
    }
}
