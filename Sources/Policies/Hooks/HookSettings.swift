public import Reactor

/// When a hook runs.
public enum HookPhase: UInt8, BitwiseCopyable, Sendable, CaseIterable {
    /// Before the object is validated; it may change the object.
    case mutate
    /// On the object as it will be stored.
    case validate
    /// Once the answer is out; it sees the verdict and cannot change it.
    case after
}

/// What a hook's verdict leads to.
public enum HookMode: UInt8, BitwiseCopyable, Sendable, CaseIterable {
    /// Denials deny, patches change.
    case enforce
    /// Denials become warnings; patches are left out, with a warning.
    case warn
    /// Denials and patches become audit annotations.
    case audit
    /// The hook is not asked.
    case off
}

/// What a hook's failure leads to.
public enum HookFailurePolicy: UInt8, BitwiseCopyable, Sendable, CaseIterable {
    /// The request is denied.
    case fail
    /// The request is admitted unchecked, which is said everywhere.
    case ignore
    /// The last verdict for the same key counts if it is not too old; otherwise the request is denied.
    case cached
}

/// Which requests a hook is asked about while it is rolled out.
public struct HookRollout: Hashable, Sendable {
    /// What is hashed to decide.
    public enum Basis: UInt8, BitwiseCopyable, Sendable, CaseIterable {
        case namespace, user, uid
    }

    /// How many of a hundred; fractions are allowed.
    public var percent: Double = 100
    /// What a request's share is decided by.
    public var basis = Basis.namespace
    /// If there are any, only requests in these namespaces, whatever `percent` says.
    public var namespaces: [String] = []

    /// All requests.
    public init() {}
}

/// How failed attempts are repeated, within the hook's budget only.
public struct RetrySettings: Hashable, Sendable {
    /// How often a hook is tried altogether.
    public var attempts = 1
    /// The longest wait before the second attempt; it doubles with each one,
    public var backoff = Nanoseconds.milliseconds(5)
    /// up to this. The wait itself is anything between nothing and that (full jitter).
    public var backoffMax = Nanoseconds.milliseconds(50)

    /// A single attempt.
    public init() {}
}

/// When a breaker opens, and how it closes again.
public struct BreakerSettings: Hashable, Sendable {
    /// The time over which calls are judged.
    public var window = Nanoseconds.seconds(30)
    /// With fewer calls in the window the breaker stays closed.
    public var minimumCalls = 20
    /// The share of failures that opens it.
    public var failureRate = 0.5
    /// A call that takes longer is slow; nil: none is.
    public var slowCall: Nanoseconds?
    /// The share of slow calls that opens it.
    public var slowRate = 0.8
    /// How long it stays open at first; it doubles each time that the probes fail, with jitter,
    public var openFor = Nanoseconds.seconds(10)
    /// up to this.
    public var openForMax = Nanoseconds.seconds(300)
    /// How many calls probe it once that time is over.
    public var halfOpenCalls = 3

    /// The defaults.
    public init() {}
}

/// How many calls of a hook there may be at a time.
public struct ConcurrencySettings: Hashable, Sendable {
    /// At the same time, over all loops.
    public var callsMax = 32
    /// How many wait for one of those to end.
    public var queueMax = 64

    /// The defaults.
    public init() {}
}

/// How verdicts are kept.
public struct CacheSettings: Hashable, Sendable {
    /// A CEL expression; requests with equal values share a verdict.
    public var key: String
    /// How long a verdict is as good as new.
    public var timeToLive = Nanoseconds.seconds(60)
    /// How long it counts when there is no other (`failurePolicy: Cached`).
    public var staleFor = Nanoseconds.zero
    /// How many verdicts are kept,
    public var entriesMax = 1_000
    /// and how many bytes of keys and verdicts.
    public var bytesMax = 4 << 20

    /// Verdicts by the value of that expression.
    public init(key: String) { self.key = key }
}

/// The knobs that every hook has, whatever kind of document it comes from.
public struct HookSettings: Hashable, Sendable {
    /// Lower ones run first, then by name.
    public var weight = 0
    /// What verdicts lead to.
    public var mode = HookMode.enforce
    /// Which requests it is asked about.
    public var rollout = HookRollout()
    /// How long it may take, retries included; nil: as long as the request may.
    public var budget: Nanoseconds?
    /// What a failure leads to.
    public var failurePolicy = HookFailurePolicy.fail
    /// How often it is to have a verdict.
    public var objective = HookObjective()
    /// How failed attempts are repeated.
    public var retry = RetrySettings()
    /// When it is not called any more for a while; nil: never.
    public var breaker: BreakerSettings?
    /// How many calls there may be at a time.
    public var concurrency = ConcurrencySettings()
    /// How verdicts are kept; nil: they are not.
    public var cache: CacheSettings?
    /// Of hooks that run after the answer: whether also when an earlier hook of the request failed.
    public var runsOnError = false
    /// Which group of the endpoints' paths it belongs to (the label `portcullis.dev/group`); empty for none.
    public var group = ""

    /// The defaults of a hook.
    public init() {}
}
