/// A hook of a set of rules, whatever kind of document it comes from: what those who run hooks need to know of it.
public final class HookRule: Sendable {
    /// The documents that hooks come from.
    public enum Origin: Sendable {
        case validatingPolicy, mutatingPolicy, hook
    }

    /// The place in the set's list.
    public let index: Int
    /// The name, which no other hook of the set has: where a policy or a hook shares its document's name with another
    /// kind's, a colon and its own kind follow.
    public let name: String
    /// Where it comes from.
    public let origin: Origin
    /// When it runs.
    public let phase: HookPhase
    /// Its knobs.
    public let settings: HookSettings
    /// Whom it asks; nil where it is made of expressions.
    public let run: HookRun?
    /// What the paths in `run` are relative to.
    public let folder: String

    init(
        index: Int, name: String, origin: Origin, phase: HookPhase, settings: HookSettings, run: HookRun? = nil,
        folder: String = ""
    ) {
        self.index = index
        self.name = name
        self.origin = origin
        self.phase = phase
        self.settings = settings
        self.run = run
        self.folder = folder
    }

    /// Whether somebody outside of this process is asked, so that the answer is waited for.
    public var asksOthers: Bool { run?.asksOthers ?? false }
}

/// Gives hooks their numbers and their names.
struct HookNumbering {
    private(set) var rules: [HookRule] = []
    private var names: Set<String> = []

    mutating func add(_ policy: ValidatingPolicy) -> HookRule {
        add(
            policy.name, ":validating", .validatingPolicy, .validate, policy.settings, nil, "")
    }

    mutating func add(_ policy: MutatingPolicy) -> HookRule {
        add(policy.name, ":mutating", .mutatingPolicy, .mutate, policy.settings, nil, "")
    }

    mutating func add(_ hook: HookDocument) -> HookRule {
        add(hook.name, ":hook", .hook, hook.phase, hook.settings, hook.run, hook.folder)
    }

    private mutating func add(
        _ name: String, _ suffix: String, _ origin: HookRule.Origin, _ phase: HookPhase, _ settings: HookSettings,
        _ run: HookRun?, _ folder: String
    ) -> HookRule {
        let own = names.insert(name).inserted ? name : name + suffix
        let rule = HookRule(
            index: rules.count, name: own, origin: origin, phase: phase, settings: settings, run: run, folder: folder)
        rules.append(rule)
        return rule
    }
}
