import Reactor

/// So many whole reviews a second, and some seconds' worth at once after a rest.
final class ReviewRate: Sendable {
    private static let restSeconds = 10

    /// Nil: none at all.
    private let every: Nanoseconds?
    /// When all that was taken would have been taken at this very rate.
    private let due = Guarded(Instant(nanoseconds: 0))

    init(perSecond: Int) {
        every = perSecond > 0 ? .nanoseconds(1_000_000_000 / Int64(min(perSecond, 1_000_000))) : nil
    }

    /// Takes one; false where there is none left.
    func take(at now: Instant) -> Bool {
        guard let every else { return false }
        return due.withLock { due in
            let next = max(due, now) + every
            guard next - now <= .seconds(Int64(Self.restSeconds)) else { return false }
            due = next
            return true
        }
    }
}
