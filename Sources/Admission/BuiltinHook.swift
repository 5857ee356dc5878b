/// A hook that is compiled into the server: it decides at once and keeps nothing.
public protocol BuiltinHook: Sendable {
    /// The name that configuration knows it by.
    static var name: StaticString { get }
    /// The endpoints that it has something to say at.
    var phases: [ReviewPhase] { get }
    /// Decides about a review. `response` may hold what earlier hooks said.
    func review(_ review: AdmissionReview, _ phase: ReviewPhase, _ response: inout ReviewResponse)
}

/// Admits everything.
public struct AllowAll: BuiltinHook {
    /// The name that configuration knows it by.
    public static let name: StaticString = "allow-all"
    /// Both endpoints.
    public let phases: [ReviewPhase] = [.mutate, .validate]

    /// The hook.
    public init() {}

    /// Says nothing, which admits.
    public func review(_ review: AdmissionReview, _ phase: ReviewPhase, _ response: inout ReviewResponse) {}
}

/// The built-in hooks there are, by name.
public struct BuiltinRegistry: Sendable {
    private var hooks: [(name: String, hook: any BuiltinHook)]

    /// The hooks that every server has.
    public init() {
        hooks = []
        register(AllowAll())
        register(PodChecks())
        register(PodDefaults())
    }

    /// Adds a hook; one of the same name is replaced.
    public mutating func register<Hook: BuiltinHook>(_ hook: Hook) {
        let name = Hook.name.description
        hooks.removeAll { $0.name == name }
        hooks.append((name, hook))
    }

    /// The hook of that name.
    public subscript(_ name: String) -> (any BuiltinHook)? { hooks.first { $0.name == name }?.hook }

    /// Every name, in the order of registration.
    public var names: [String] { hooks.map(\.name) }
}

/// Runs built-in hooks, one after the other.
public final class BuiltinPipeline: ReviewHandler {
    private let hooks: [any BuiltinHook]

    /// A pipeline of those hooks, in that order.
    public init(_ hooks: [any BuiltinHook]) { self.hooks = hooks }

    /// Answers at once.
    public func handle(
        _ question: ReviewQuestion, _ response: inout ReviewResponse, _ exchange: inout some ReviewExchange
    ) -> ReviewProgress {
        for index in hooks.indices where hooks[index].phases.contains(question.phase) {
            hooks[index].review(question.review, question.phase, &response)
        }
        return .answered
    }
}
