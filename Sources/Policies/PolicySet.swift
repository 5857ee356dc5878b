import CELKubernetes
import JSON

/// A policy with the bindings that put it to work.
final class BoundPolicy: Sendable {
    let policy: ValidatingPolicy
    let bindings: [PolicyBinding]

    init(_ policy: ValidatingPolicy, _ bindings: [PolicyBinding]) {
        self.policy = policy
        self.bindings = bindings
    }
}

/// The rules of one revision with everything they refer to: read, checked and compiled. It never changes, and any
/// number of loops may use it at the same time.
public final class PolicySet: Sendable {
    /// In the order in which they are asked: that of the documents.
    let validating: [BoundPolicy]
    let mutating: [MutatingPolicy]
    let mutatingBindings: [PolicyBinding]
    /// The schemas of all kinds, where documents define kinds beside those that are built in.
    let schemas: KindSchemas?
    let objects: ObjectStore
    let roles: RoleRules
    /// The files of the rules, by kind and name.
    let sources: [String: String]

    init(_ loader: consuming RuleLoader, _ schemas: KindSchemas? = nil) {
        let bindings = Dictionary(grouping: loader.bindings, by: \.policyName)
        validating = loader.policies.map { BoundPolicy($0, bindings[$0.name] ?? []) }
        mutating = loader.mutatingPolicies
        mutatingBindings = loader.mutatingBindings
        self.schemas = schemas
        objects = ObjectStore(loader.objects, documents: loader.documents)
        roles = RoleRules(loader.objects)
        sources = loader.sources
    }

    /// Whether there is no rule at all.
    public var isEmpty: Bool { validating.isEmpty && mutating.isEmpty }

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
            ("ValidatingAdmissionPolicy", validating.count),
            ("ValidatingAdmissionPolicyBinding", validating.reduce(0) { $0 + $1.bindings.count }),
            ("MutatingAdmissionPolicy", mutating.count),
            ("MutatingAdmissionPolicyBinding", mutatingBindings.count),
        ]
    }
}
