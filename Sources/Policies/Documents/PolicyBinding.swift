/// A ValidatingAdmissionPolicyBinding or a MutatingAdmissionPolicyBinding.
final class PolicyBinding: Sendable {
    /// What a failed validation leads to.
    struct Actions: OptionSet, Sendable {
        let rawValue: UInt8
        static let deny = Actions(rawValue: 1)
        static let warn = Actions(rawValue: 2)
        static let audit = Actions(rawValue: 4)
    }

    let name: String
    let policyName: String
    let reference: ParamReference?
    let match: MatchResources?
    let actions: Actions
    /// The actions as they were written, for audit annotations.
    let actionNames: [String]
    /// Whether there is no such document: a hook is bound to what it is about by itself.
    let isImplied: Bool

    /// What puts a hook to work.
    init(impliedFor hook: String) {
        name = hook
        policyName = hook
        reference = nil
        match = nil
        (actions, actionNames) = ([.deny], ["Deny"])
        isImplied = true
    }

    /// Reads and checks a document. Where anything is wrong `errors` says so, and the binding must not be used.
    init(_ root: Field, _ errors: FieldErrors, mutates: Bool = false) {
        name = PolicyObject.name(root, errors)
        isImplied = false
        HookAnnotations.refuse(root, errors)
        let spec = root["spec"]
        let fields = ["policyName", "paramRef", "matchResources"] + (mutates ? [] : ["validationActions"])
        spec.isObject(of: fields, errors)
        policyName = spec["policyName"].text(errors)
        if policyName.isEmpty {
            errors.required(spec["policyName"])
        } else {
            for problem in NameRules.subdomain(policyName) { errors.invalid(spec["policyName"], policyName, problem) }
        }
        reference = ParamReference(spec["paramRef"], errors)
        let match = spec["matchResources"]
        self.match = match.isPresent ? MatchResources(match, errors, mutates: mutates) : nil
        (actions, actionNames) = mutates ? ([], []) : Self.actions(spec["validationActions"], errors)
    }

    private static func actions(_ field: Field, _ errors: FieldErrors) -> (Actions, [String]) {
        let names = field.texts(errors)
        var actions: Actions = []
        var seen: Set<String> = []
        for (name, element) in zip(names, field.elements(FieldErrors())) {
            switch name {
            case "Deny": actions.insert(.deny)
            case "Warn": actions.insert(.warn)
            case "Audit": actions.insert(.audit)
            default: errors.notSupported(element, name, ["Audit", "Deny", "Warn"])
            }
            if !seen.insert(name).inserted { errors.duplicate(element, name) }
        }
        if actions.isSuperset(of: [.deny, .warn]) {
            errors.invalid(
                field, json: RuleText.list(names),
                "must not contain both Deny and Warn (repeating the same validation failure information in the API "
                    + "response and headers serves no purpose)")
        }
        if names.isEmpty { errors.required(field, "at least one validation action is required") }
        return (actions, names)
    }
}
