internal import CSystem

/// How a thread stands among others where several want the processors.
///
/// Somebody waits for each request, and nobody for what is written, read again or cleaned up behind it. The kernel cannot tell
/// them apart, so that a thread that has woken up for a request may wait out the turn of one that has not.
public enum ThreadRank: Sendable {
    /// Serves requests: it asks for short turns and so has its turn soon after it wakes up, in the place of a thread that
    /// takes longer ones. It gets no more of the processors for that.
    case prompt
    /// As the system has it.
    case ordinary
    /// Does what nobody waits for: it has less of the processors where others want them too.
    case yielding

    static let shortTurn: UInt64 = 200_000

    /// Gives the calling thread this rank.
    public func take() {
        switch self {
        case .prompt: _ = system_take_short_turns(Self.shortTurn, 0)
        case .ordinary: break
        // To the kernel zero is the thread that asks, not its process.
        case .yielding: _ = system_set_niceness(0, 5)
        }
    }
}
