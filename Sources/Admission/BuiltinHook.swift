import HTTP
public import JSON

/// A hook that is written in Swift and compiled into the server: it decides at once, on the thread of the loop that asks.
///
/// ```swift
/// struct OwnerRequired: ConfigurableHook {
///     static let name: StaticString = "owner-required"
///     let phases: [ReviewPhase] = [.validate]
///     let label: String
///
///     init(settings: JSONNode) throws(HookProblem) {
///         guard let label = settings["label"]?.string else { throw HookProblem("settings.label must be a text") }
///         self.label = label
///     }
///
///     func review(
///         _ review: AdmissionReview, _ phase: ReviewPhase, _ response: inout ReviewResponse
///     ) throws(HookProblem) {
///         guard let metadata = review.object?["metadata"] else { throw HookProblem("the object has no metadata") }
///         if metadata["labels"]?[label] == nil {
///             response.deny(code: 422, reason: "Invalid")
///             response.message.append("the label \(label) is required")
///         }
///     }
/// }
///
/// var registry = BuiltinRegistry()
/// registry.register(OwnerRequired.self)
/// ```
///
/// A rule file puts it to work, with the same knobs as every other hook:
///
/// ```yaml
/// apiVersion: portcullis.dev/v1
/// kind: Hook
/// metadata: {name: owners}
/// spec:
///   phase: validate
///   match: {resourceRules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods]}]}
///   run: {builtin: {name: owner-required, settings: {label: owner}}}
/// ```
///
/// What to know before writing one:
/// - An error that it throws is a failure of the hook, never a verdict: the hook's `failurePolicy` decides, and the
///   metrics, the log and the fail-open ledger say so.
/// - To change an object in the phase `mutate`, write a JSON Patch into `response.patch`. It applies to the object as the
///   hook was given it; the answer to the API server is one patch of all hooks together.
/// - Nothing interrupts it. Whoever loops forever takes the loop along: keep to work that is bounded by the review's size.
/// - A trap (an index out of range, an overflow, a forced unwrapping) ends the process. What comes from the review may be
///   anything, so ask for optionals.
/// - One value serves all loops at the same time, so it holds nothing that changes.
public protocol BuiltinHook: Sendable {
    /// The name that configuration knows it by.
    static var name: StaticString { get }
    /// The endpoints that it has something to say at.
    var phases: [ReviewPhase] { get }
    /// Decides about a review. What it throws is a failure of the hook.
    func review(
        _ review: AdmissionReview, _ phase: ReviewPhase, _ response: inout ReviewResponse
    ) throws(HookProblem)
}

/// A built-in hook that has settings: a mapping that the rule file gives it, empty where it does not.
public protocol ConfigurableHook: BuiltinHook {
    /// A hook with these settings; throws where they are not as they must be.
    init(settings: JSONNode) throws(HookProblem)
}

/// Why a built-in hook has no verdict, or cannot be set up.
public struct HookProblem: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong, for people; never a secret.
    public let description: String

    /// A problem in those words.
    public init(_ description: String) { self.description = description }
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
    private typealias Make = @Sendable (JSONNode) throws(HookProblem) -> any BuiltinHook

    private var hooks: [(name: String, make: Make)]

    /// The hooks that every server has.
    public init() {
        hooks = []
        register(AllowAll())
        register(PodChecks())
        register(PodDefaults())
    }

    /// Adds a hook that has no settings; one of the same name is replaced.
    public mutating func register<Hook: BuiltinHook>(_ hook: Hook) {
        add(Hook.name.description) { settings throws(HookProblem) in
            guard settings.count == 0 else { throw HookProblem("the hook \(Hook.name) has no settings") }
            return hook
        }
    }

    /// Adds a hook that has settings; one of the same name is replaced.
    public mutating func register<Hook: ConfigurableHook>(_ hook: Hook.Type) {
        add(Hook.name.description) { settings throws(HookProblem) in try Hook(settings: settings) }
    }

    private mutating func add(_ name: String, _ make: @escaping Make) {
        hooks.removeAll { $0.name == name }
        hooks.append((name, make))
    }

    /// The hook of that name without settings; nil where there is none, or where it needs some.
    public subscript(_ name: String) -> (any BuiltinHook)? { try? hook(named: name, settings: Array("{}".utf8)) }

    /// The hook of that name with these settings, a JSON object.
    public func hook(named name: String, settings: [UInt8]) throws(HookProblem) -> any BuiltinHook {
        guard let entry = hooks.first(where: { $0.name == name }) else {
            throw HookProblem("there is no built-in hook '\(name)'; there are \(names.joined(separator: ", "))")
        }
        let document: JSONDocument
        do throws(JSONError) { document = try JSONDocument(parsing: settings) } catch {
            throw HookProblem("the settings of the hook \(name) are not JSON")
        }
        return try document.withRoot { root throws(HookProblem) in try entry.make(root) }
    }

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
        review(question, &response)
        return .answered
    }

    /// Adds to the answer what the hooks say: for those who run other hooks beside them. One that fails denies.
    public func review(_ question: ReviewQuestion, _ response: inout ReviewResponse) {
        for index in hooks.indices where hooks[index].phases.contains(question.phase) {
            do throws(HookProblem) {
                try hooks[index].review(question.review, question.phase, &response)
            } catch {
                response.fail(hook: type(of: hooks[index]).name.description, error.description)
            }
        }
    }
}

extension ReviewResponse {
    /// Denies because a hook failed whose verdict is needed, as the API server does where a webhook cannot be called.
    public mutating func fail(hook: String, _ problem: String) { fail(Self.failure(of: hook, problem)) }

    /// What a denial says because of a hook that failed, for those who say it again and again.
    public static func failure(of hook: String, _ problem: String) -> String { "hook '\(hook)' failed: \(problem)" }

    /// Denies in the words of `failure(of:_:)`.
    public mutating func fail(_ text: String) {
        if isAllowed {
            deny(code: 500, reason: "InternalError")
            message.removeAll()
            message.append(text)
        }
        addCause(reason: "InternalError".utf8.span, message: text.utf8.span)
    }
}
