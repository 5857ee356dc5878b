import Reactor

/// How long to wait before a worker that has ended is started again: not at all the first time, then twice as long each time.
struct WorkerBackoff {
    /// Whoever has lived so long begins anew.
    static let steadyLife = Nanoseconds.seconds(60)
    private static let first = Nanoseconds.seconds(1)
    private static let most = Nanoseconds.seconds(30)

    private var next = Nanoseconds.zero

    /// What to wait for one that has lived so long.
    mutating func wait(afterLifeOf life: Nanoseconds) -> Nanoseconds {
        if life >= Self.steadyLife { next = .zero }
        defer { next = next == .zero ? Self.first : min(next + next, Self.most) }
        return next
    }
}
