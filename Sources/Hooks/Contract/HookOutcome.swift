public import Reactor

/// What a hook said (contract version 1).
public struct HookResult: Hashable, Sendable {
    /// The verdict.
    public enum Verdict: String, Sendable {
        case pass, warn, deny
    }

    /// The verdict.
    public var verdict: Verdict
    /// Why, for people.
    public var message = ""
    /// Why, as `metav1.StatusReason` has it; empty: `Forbidden`.
    public var reason = ""
    /// The HTTP status of a denial; nil: 403.
    public var code: Int?
    /// Shown to whoever sent the request.
    public var warnings: [String] = []
    /// A JSON Patch; of hooks of the mutate phase only.
    public var patch: [UInt8]?
    /// Written to the audit log.
    public var auditAnnotations: [Annotation] = []

    /// A key and its value.
    public struct Annotation: Hashable, Sendable {
        /// A key that Kubernetes takes for an audit annotation's.
        public var key: String
        /// What it is given.
        public var value: String

        /// An annotation.
        public init(_ key: String, _ value: String) { (self.key, self.value) = (key, value) }
    }

    /// A verdict without more to say.
    public init(_ verdict: Verdict) { self.verdict = verdict }
}

/// Why a hook has no verdict. A failure is never a verdict: the hook's failure policy makes one of it.
public struct HookFailure: Error, Hashable, Sendable {
    /// The sorts that metrics tell apart.
    public enum Reason: Int, Sendable, CaseIterable {
        /// It took too long.
        case timeout
        /// It could not be asked, or it failed.
        case error
        /// It was not asked, because it failed too often of late.
        case breakerOpen
        /// It was not asked, because too much was going on.
        case overload
        /// What it gave is not what the contract says.
        case contract

        /// As metrics, logs and answers have it.
        public var name: String { self == .breakerOpen ? "breaker_open" : "\(self)" }
    }

    /// The sort.
    public var reason: Reason
    /// What happened, in a sentence for people; never a secret.
    public var message: String
    /// Whether another attempt may end better.
    public var isRetryable: Bool
    /// How long whoever was asked wants to be left alone; nil: not said.
    public var retryAfter: Nanoseconds?

    /// A failure.
    public init(_ reason: Reason, _ message: String, isRetryable: Bool = false, retryAfter: Nanoseconds? = nil) {
        self.reason = reason
        self.message = message
        self.isRetryable = isRetryable
        self.retryAfter = retryAfter
    }
}
