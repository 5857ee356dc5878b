public import Policies

/// What people have changed about a hook while it serves, and who did so when.
public struct HookOverride: Hashable, Sendable {
    /// The mode that goes before the one of the hook's document; nil: none.
    public var mode: HookMode?
    /// What is decided about its breaker.
    public var breaker = Breaker.Control.auto
    /// Who changed it last.
    public var by = ""
    /// When, in nanoseconds since 1970.
    public var wall: Int64 = 0

    /// Nothing is changed.
    public init() {}

    /// Whether there is nothing to be kept.
    public var isEmpty: Bool { mode == nil && breaker == .auto }
}
