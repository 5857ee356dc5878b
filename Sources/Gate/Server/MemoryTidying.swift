import HTTP
import Reactor

/// Gives memory back after a storm: of large reviews, or of many connections at once.
struct MemoryTidying {
    /// How often the loop's figures are recorded before it looks: every ten seconds.
    private static let recordings = 20
    /// So many connections made in one period leave holes in the heap that are worth the while.
    private static let stormyConnections: UInt64 = 64

    private var count = 0
    private var accepted: UInt64 = 0
    private var isDue = false

    /// To be called whenever the figures are recorded.
    mutating func ripen(_ server: HTTPServer, _ service: ReviewService) {
        count += 1
        guard count >= Self.recordings else { return }
        count = 0
        server.shrink()
        let wasStormy = server.counters.accepted &- accepted >= Self.stormyConnections
        accepted = server.counters.accepted
        let hasShrunk = service.shrink()
        if hasShrunk || isDue && !wasStormy { FreeMemory.giveBack() }
        isDue = wasStormy
    }
}
