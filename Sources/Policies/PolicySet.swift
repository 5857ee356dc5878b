import CEL
import CELKubernetes

/// A policy with the bindings that put it to work; or what a hook that asks somebody else is about.
final class BoundPolicy: Sendable {
    let hook: HookRule
    let policy: ValidatingPolicy
    let bindings: [PolicyBinding]
    /// What tells requests apart for the hook's cache.
    let cacheKey: Program?

    init(_ hook: HookRule, _ policy: ValidatingPolicy, _ bindings: [PolicyBinding], cacheKey: Program? = nil) {
        self.hook = hook
        self.policy = policy
        self.bindings = bindings
        self.cacheKey = cacheKey
    }

    /// Whether evaluating its expressions is all there is to do.
    var isEvaluated: Bool { hook.run == nil }
}

/// Something that changes objects: a policy with its bindings, or a hook that asks somebody else.
final class BoundMutation: Sendable {
    enum Work: Sendable {
        case policy(MutatingPolicy, [PolicyBinding])
        case other(BoundPolicy)
    }

    let hook: HookRule
    let work: Work

    init(_ hook: HookRule, _ work: Work) {
        self.hook = hook
        self.work = work
    }

    var match: MatchResources {
        switch work {
        case .policy(let policy, _): policy.match
        case .other(let bound): bound.policy.match
        }
    }
}

/// The rules of one revision with everything they refer to: read, checked and compiled. It never changes, and any
/// number of loops may use it at the same time.
public final class PolicySet: Sendable {
    /// Every hook, whatever kind of document it comes from.
    public let hooks: [HookRule]
    /// The names of the groups that hooks belong to; a group's number is its place here and one.
    public let groups: [String]
    /// What is asked about objects as they will be stored, in the order in which it is asked: by weight; of equal weight
    /// first the policies in the order of their documents, as the API server's are, then the hooks by name.
    let validating: [BoundPolicy]
    /// What changes objects, in the same order.
    let mutating: [BoundMutation]
    /// What runs after the answer, in the same order.
    let after: [BoundPolicy]
    /// The documents that all this was made of.
    let documents: RuleDocuments
    /// The schemas of all kinds, where documents define kinds beside those that are built in.
    let schemas: KindSchemas?
    let objects: ObjectStore
    let roles: RoleRules
    /// The files of the rules, by kind and name.
    let sources: [String: String]

    init(_ loader: consuming RuleLoader, _ schemas: KindSchemas? = nil) {
        documents = loader.rules
        self.schemas = schemas
        objects = ObjectStore(loader.objects, documents: loader.documents)
        roles = RoleRules(loader.objects)
        sources = loader.sources
        let order = HookOrder(documents)
        hooks = order.rules
        groups = Set(order.rules.map(\.settings.group)).subtracting([""]).sorted()
        (validating, mutating, after) = (order.validating, order.mutating, order.after)
    }

    /// The number of a group in the endpoints' paths; nil where no hook belongs to it.
    public func group(named name: String) -> UInt32? {
        groups.firstIndex(of: name).map { UInt32($0 + 1) }
    }

    /// Whether there is no rule at all.
    public var isEmpty: Bool { hooks.isEmpty }

    /// A set without a rule.
    public static let empty = PolicySet(RuleLoader())

    /// Reads rules, and the context that stands in for a cluster: namespaces, parameters, roles. What cannot be used is
    /// left out and reported; the rest is in the set.
    ///
    /// Of a file in which something is wrong, the rules that are not to be had any more are those of `previous`.
    public static func load(
        _ rules: [RuleFile], context: [RuleFile] = [], previous: PolicySet? = nil
    ) -> (set: PolicySet, problems: [RuleProblem]) {
        var loader = RuleLoader()
        for file in rules { loader.read(file) }
        for file in context { loader.read(file, isContext: true) }
        if let previous { loader.keep(previous) }
        loader.checkReferences()
        let schemas = CustomKinds.schemas(of: loader.objects)
        loader.checkTypes(TypeChecker(kinds: KnownKinds(schemas, definedBy: loader.objects)))
        let problems = loader.problems
        return (PolicySet(loader, schemas), problems)
    }

    /// What definitions among the documents say of a kind; nil where none is about it.
    public func definition(apiVersion: String, kind: String) -> KindDefinition? {
        objects.definitions[ParamKind(apiVersion: apiVersion, kind: kind)]
    }

    /// How many documents of each kind are in use.
    public var counts: [(kind: String, count: Int)] {
        [
            ("ValidatingAdmissionPolicy", documents.policies.count),
            ("ValidatingAdmissionPolicyBinding", documents.bindings.count),
            ("MutatingAdmissionPolicy", documents.mutatingPolicies.count),
            ("MutatingAdmissionPolicyBinding", documents.mutatingBindings.count),
            ("Hook", documents.hooks.count),
        ]
    }
}
