internal import Policies
internal import Synchronization

/// How a hook's programs did of late, which decides how the next one stands among others that want the processors.
///
/// What is tried again and again though it does not work must not be in the way of what does: after several programs in a row
/// without a verdict the next ones have the processors only while nobody else wants them. Now and then one starts like any
/// other, lest a hook whose programs fail because the processors are busy stays behind for that alone.
final class CommandStanding: Sendable {
    private static let failuresMost = 3
    private static let likeOthersEvery = 8

    private let failures = Atomic<Int>(0)

    /// Whether the next program stands behind all others.
    var isBehind: Bool {
        let failures = failures.load(ordering: .relaxed)
        return failures >= Self.failuresMost && failures % Self.likeOthersEvery != 0
    }

    /// A program has ended.
    func note(_ result: Result<HookResult, HookFailure>) {
        switch result {
        case .success: failures.store(0, ordering: .relaxed)
        case .failure: failures.wrappingAdd(1, ordering: .relaxed)
        }
    }
}
