import CELKubernetes
import JSON

/// A rule with what its expressions' types depend on.
struct CheckedRule {
    /// The kind and the name of its document.
    let key: String
    let match: MatchResources
    let paramKind: ParamKind?
    /// Whether its expressions make patches.
    let patches: Bool

    init(_ policy: ValidatingPolicy, kind: String = "ValidatingAdmissionPolicy") {
        (key, match, paramKind, patches) = ("\(kind) \(policy.name)", policy.match, policy.paramKind, false)
    }

    init(_ policy: MutatingPolicy, kind: String = "MutatingAdmissionPolicy") {
        (key, match, paramKind, patches) = ("\(kind) \(policy.name)", policy.match, policy.paramKind, true)
    }
}

/// Checks the expressions of validating policies, and of hooks that validate, by the types of the objects that they are about, as the API server does
/// for a policy's `status.typeChecking`: validations and their messages, nothing else.
///
/// Like the API server's its warnings change nothing: an expression runs on objects as they are. Of two false alarms of the
/// API server there is none here: parameters of an unknown kind can be anything, and `authorizer.requestResource` is known.
struct TypeChecker {
    let kinds: KnownKinds

    /// What is wrong with a rule that was read from `root`.
    func warnings(_ rule: CheckedRule, _ root: JSONNode) -> FieldErrors {
        let warnings = FieldErrors()
        let expressions = RuleExpressions(root)
        let typed = kinds.kinds(of: rule.match).compactMap { kind in
            kinds.types(of: kind).map { types in
                (kind, self.typed(types, rule.paramKind, variables: expressions.variableTexts))
            }
        }
        for (role, field) in expressions.parts where role == .validation || role == .message {
            let text = field.text(FieldErrors())
            let problems = typed.compactMap { kind, expressions -> String? in
                guard case .failure(let failure) = expressions.compile(text) else { return nil }
                return "\(kind.warningText): \(failure)"
            }
            if !problems.isEmpty { warnings.warn(problems.joined(separator: "\n"), field) }
        }
        return warnings
    }

    /// The expressions of a policy, as they are about objects of these types.
    func typed(
        _ object: SchemaTypes?, _ paramKind: ParamKind?, patches: Bool = false,
        variables: [(name: String, text: String)]
    ) -> TypedExpressions {
        let params = paramKind.flatMap { kinds.types(ofParams: $0) }
        return TypedExpressions(
            AdmissionTypes(object: object, params: params), hasParams: paramKind != nil, patches: patches,
            variables: variables)
    }
}
