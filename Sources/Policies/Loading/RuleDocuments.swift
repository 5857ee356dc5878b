/// The rules of one revision as their documents have them, in the order of the documents.
struct RuleDocuments: Sendable {
    var policies: [ValidatingPolicy] = []
    var bindings: [PolicyBinding] = []
    var mutatingPolicies: [MutatingPolicy] = []
    var mutatingBindings: [PolicyBinding] = []
    var hooks: [HookDocument] = []
}
