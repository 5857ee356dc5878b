public import Policies
public import Reactor

/// How long is waited before a failed attempt is repeated.
public enum Backoff {
    /// Nobody is left alone for longer, whatever he asks for.
    public static let retryAfterMax = Nanoseconds.seconds(10)

    /// The most that is waited after that many failed attempts.
    public static func ceiling(afterAttempt attempt: Int, _ settings: RetrySettings) -> Nanoseconds {
        var ceiling = settings.backoff
        for _ in 1..<max(attempt, 1) where ceiling < settings.backoffMax { ceiling = ceiling * 2 }
        return min(ceiling, settings.backoffMax)
    }

    /// Anything from nothing to the ceiling (full jitter, so that those who failed together do not come back together);
    /// not less than what the one who was asked wants to be left alone for.
    public static func wait(
        afterAttempt attempt: Int, _ settings: RetrySettings, retryAfter: Nanoseconds?, fraction: Double
    ) -> Nanoseconds {
        let ceiling = ceiling(afterAttempt: attempt, settings)
        let wait = Jitter.scaled(ceiling, by: min(max(fraction, 0), 1))
        return max(wait, min(retryAfter ?? .zero, retryAfterMax))
    }
}
