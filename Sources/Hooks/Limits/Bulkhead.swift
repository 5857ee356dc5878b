public import Policies
import Reactor

/// How many calls of one hook there are at a time, over all loops: so many are made, so many wait their turn, and the
/// rest is turned away at once.
public final class Bulkhead: Sendable {
    /// Somebody who waits for a turn.
    public final class Waiter: Sendable {
        /// Tells that the turn has come; called on whichever thread gave its place away. False where nobody can be told.
        let wake: @Sendable () -> Bool

        /// Somebody who is to be told so.
        public init(wake: @escaping @Sendable () -> Bool) { self.wake = wake }
    }

    /// What became of an attempt to enter.
    public enum Entry: Sendable {
        /// It has a place, which it must leave.
        case entered
        /// Its turn will come, unless it gives up.
        case waits
        /// There is no room even to wait.
        case full
    }

    private struct State {
        var settings: ConcurrencySettings
        var active = 0
        var waiting: [Waiter] = []
    }

    private let state: Guarded<State>

    /// An empty one.
    public init(_ settings: ConcurrencySettings) { state = Guarded(State(settings: settings)) }

    /// Calls that have a place, and those that wait for one.
    public var load: (active: Int, waiting: Int) { state.withLock { ($0.active, $0.waiting.count) } }

    /// Takes a place, or a turn in the queue.
    public func enter(_ waiter: @autoclosure () -> Waiter) -> (Entry, Waiter?) {
        state.withLock { state in
            if state.active < state.settings.callsMax, state.waiting.isEmpty {
                state.active += 1
                return (.entered, nil)
            }
            guard state.waiting.count < state.settings.queueMax else { return (.full, nil) }
            let waiter = waiter()
            state.waiting.append(waiter)
            return (.waits, waiter)
        }
    }

    /// Leaves a place, which goes to whoever waits the longest.
    public func leave() {
        while let next = takeNext(leaving: true) {
            if next.wake() { return }
        }
    }

    /// Stops waiting; false where the turn has come meanwhile, and with it a place that must be left.
    public func giveUp(_ waiter: Waiter) -> Bool {
        state.withLock { state in
            guard let index = state.waiting.firstIndex(where: { $0 === waiter }) else { return false }
            state.waiting.remove(at: index)
            return true
        }
    }

    /// Other bounds, from now on; those who wait may have their turn.
    public func adopt(_ settings: ConcurrencySettings) {
        state.withLock { $0.settings = settings }
        while let next = takeNext(leaving: false) {
            // Nobody is there to take the place: it is left again.
            if !next.wake() { leave() }
        }
    }

    private func takeNext(leaving: Bool) -> Waiter? {
        state.withLock { state in
            if leaving { state.active -= 1 }
            guard !state.waiting.isEmpty, state.active < state.settings.callsMax else { return nil }
            state.active += 1
            return state.waiting.removeFirst()
        }
    }
}
