import Synchronization

/// What the whole server may spend on retries: a share of its calls, and a reserve for the beginning.
///
/// Where everything fails, retries would otherwise multiply the load on what is failing already. All loops share one
/// budget; a loop adds to it and takes from it without waiting.
public final class RetryBudget: Sendable {
    private static let unit = 1000

    /// In thousandths of a retry.
    private let tokens: Atomic<Int>
    private let refusals = Atomic<UInt64>(0)
    private let most: Int
    private let share: Int

    /// A budget that is full: `reserve` retries, and from then on so many of a hundred calls; it never holds more than
    /// the reserve.
    public init(percent: Int = 20, reserve: Int = 50) {
        share = min(max(percent, 0), 100) * Self.unit / 100
        most = min(max(reserve, 0), 1_000_000) * Self.unit
        tokens = Atomic(most)
    }

    /// A call is made for the first time.
    public func noteCall() {
        guard tokens.load(ordering: .relaxed) < most else { return }
        // Loops that add at the same time may pass the most by a share each; taking brings it back.
        tokens.add(share, ordering: .relaxed)
    }

    /// Takes a retry; false where there is none left.
    public func takeRetry() -> Bool {
        let left = tokens.subtract(Self.unit, ordering: .relaxed).newValue
        if left >= 0 { return true }
        tokens.add(Self.unit, ordering: .relaxed)
        refusals.add(1, ordering: .relaxed)
        return false
    }

    /// How many retries were refused because nothing was left.
    public var refused: UInt64 { refusals.load(ordering: .relaxed) }

    /// Whole retries that could be taken now.
    public var left: Int { max(tokens.load(ordering: .relaxed), 0) / Self.unit }
}
