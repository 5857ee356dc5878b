public import Policies
public import Reactor
import Telemetry

/// Every hook's state, by name, for all loops and all revisions of the rules; and what people have changed.
public final class HookBoard: Sendable {
    private struct Entry {
        var state: HookState
        let phase: HookPhase
        /// The name that it counts under.
        let label: String
    }

    private struct Table {
        var entries: [String: Entry] = [:]
        /// The names of the revision that was made last, in its order.
        var current: [String] = []
        var overrides: [String: HookOverride] = [:]
        var seeds: Jitter
    }

    private let metrics: HookMetrics?
    private let clock: any Clock
    private let table: Guarded<Table>

    /// A board without hooks. The seed is for chances that its breakers take.
    public init(metrics: HookMetrics? = nil, clock: any Clock, seed: UInt64) {
        self.metrics = metrics
        self.clock = clock
        table = Guarded(Table(seeds: Jitter(seed: seed)))
        let most = metrics?.hooksMax ?? 0
        metrics?.collect { [weak self] writer in
            if let self { HookFigures.write(self, atMost: most, &writer) }
        }
    }

    /// Makes a revision of the rules ready to be used by loops: hooks whose names were there before go on as they are.
    public func revise(_ set: PolicySet, hash: String) -> HookRevision {
        let states = table.withLock { table in
            sweep(&table, keeping: Set(set.hooks.map(\.name)))
            let states = set.hooks.map { state(of: $0, &table) }
            table.current = set.hooks.map(\.name)
            return states
        }
        return HookRevision(set: set, hash: hash, states: states)
    }

    private func state(of rule: HookRule, _ table: inout Table) -> HookState {
        if let entry = table.entries[rule.name], entry.phase == rule.phase {
            entry.state.adopt(rule)
            return entry.state
        }
        let isFull = table.entries.count >= metrics?.hooksMax ?? 0
        let label = isFull ? HookMetrics.other : rule.name
        let state = HookState(
            rule, series: metrics.flatMap { $0.series(label, rule.phase) }, seed: table.seeds.next())
        if let change = table.overrides[rule.name] { state.set(change) }
        table.entries[rule.name] = Entry(state: state, phase: rule.phase, label: label)
        return state
    }

    /// Forgets hooks that are gone and that no loop holds any more; until then they are kept, lest their series be given
    /// to others while somebody still counts there.
    private func sweep(_ table: inout Table, keeping names: Set<String>) {
        // Not over the table itself, which then would hold the states too.
        for name in Array(table.entries.keys) where !names.contains(name) {
            guard var entry = table.entries.removeValue(forKey: name) else { continue }
            guard isKnownUniquelyReferenced(&entry.state) else {
                table.entries[name] = entry
                continue
            }
            if entry.label != HookMetrics.other { metrics?.retire(entry.label, entry.phase) }
        }
    }

    /// The states of the hooks of the revision that was made last, in the order in which its set lists them.
    public var states: [HookState] {
        table.withLock { table in table.current.compactMap { table.entries[$0]?.state } }
    }

    /// The state of the hook of that name; nil where there is none.
    public func state(named name: String) -> HookState? { table.withLock { $0.entries[name]?.state } }

    /// The time that states are looked at.
    var now: Instant { clock.now }
}

// MARK: what people change

extension HookBoard {
    /// Changes a hook while it serves; false where there is no hook of that name. The change outlives reloads.
    public func set(_ change: HookOverride, of name: String) -> Bool {
        table.withLock { table in
            guard let entry = table.entries[name] else { return false }
            table.overrides[name] = change.isEmpty ? nil : change
            entry.state.set(change)
            return true
        }
    }

    /// Everything that people have changed, by hook.
    public var overrides: [String: HookOverride] { table.withLock { $0.overrides } }

    /// Takes over what was changed in an earlier life, hooks that are not there (yet) included.
    public func restore(_ overrides: [String: HookOverride]) {
        table.withLock { table in
            table.overrides = overrides.filter { !$0.value.isEmpty }
            for (name, entry) in table.entries { entry.state.set(overrides[name] ?? HookOverride()) }
        }
    }
}

/// A revision of the rules with the states of its hooks: what a loop needs to serve it.
public final class HookRevision: Sendable {
    /// The rules.
    public let set: PolicySet
    /// Their hash.
    public let hash: String
    /// The states of the set's hooks, in its order.
    let states: [HookState]

    init(set: PolicySet, hash: String, states: [HookState]) {
        self.set = set
        self.hash = hash
        self.states = states
    }
}
