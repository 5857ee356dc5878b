import CEL
import CELKubernetes

/// One change that a policy makes.
struct MutationRule: Sendable {
    enum Form: Sendable { case applyConfiguration, jsonPatch }

    let form: Form
    let expression: String
    let program: Program
}

/// A MutatingAdmissionPolicy, its expressions compiled.
final class MutatingPolicy: Sendable {
    let name: String
    let failurePolicy: FailurePolicy
    let paramKind: ParamKind?
    let match: MatchResources
    let conditions: [MatchCondition]
    let variables: LazyFields
    let mutations: [MutationRule]
    /// Whether it runs again where a later policy changed the object.
    let isReinvoked: Bool
    /// Whether a request is denied where the policy would change its own result once more.
    let mustBeIdempotent: Bool
    let slots: VariableSlots
    /// What compiled the expressions: it takes them apart where they are explained.
    let compiler: ExpressionCompiler
    /// How it is run.
    let settings: HookSettings

    /// Reads and checks a document. Where anything is wrong `errors` says so, and the policy must not be used.
    init(_ root: Field, _ errors: FieldErrors) {
        name = PolicyObject.name(root, errors)
        let spec = root["spec"]
        spec.isObject(of: Self.fields, errors)
        failurePolicy = FailurePolicy(spec["failurePolicy"], errors)
        paramKind = ParamKind(spec["paramKind"], errors)
        match = ValidatingPolicy.match(spec["matchConstraints"], errors, mutates: true)
        let variableFields = spec["variables"].elements(errors)
        var compiler = ExpressionCompiler(
            hasParams: spec["paramKind"].isPresent, composes: !variableFields.isEmpty, patches: true)
        conditions = ValidatingPolicy.conditions(spec["matchConditions"], &compiler, errors)
        for field in variableFields { ValidatingPolicy.addVariable(field, &compiler, errors) }
        let mutationFields = spec["mutations"].elements(errors)
        if mutationFields.isEmpty {
            errors.required(spec["mutations"], "mutations must contain at least one item")
        }
        mutations = mutationFields.compactMap { MutationRule($0, &compiler, errors) }
        isReinvoked = Self.reinvocation(spec["reinvocationPolicy"], errors)
        mustBeIdempotent = Self.mustBeIdempotent(root["metadata"]["annotations"][Self.preflightKey], errors)
        variables = LazyFields(compiler.fields)
        slots = compiler.slots
        settings = HookAnnotations.settings(root, failurePolicy, errors, besides: ["preflight"])
        compiler.warnOfUnused(spec, variableFields, errors)
        self.compiler = compiler
    }

    /// What a hook changes.
    init(_ parts: PolicyParts, _ mutations: [MutationRule]) {
        name = parts.name
        failurePolicy = parts.failurePolicy
        paramKind = nil
        match = parts.match
        conditions = parts.conditions
        variables = parts.variables
        self.mutations = mutations
        isReinvoked = false
        slots = parts.slots
        compiler = parts.compiler
        mustBeIdempotent = false
        settings = HookSettings()
    }

    private static let fields = [
        "paramKind", "matchConstraints", "variables", "mutations", "failurePolicy", "matchConditions",
        "reinvocationPolicy",
    ]

    private static let preflightKey = "portcullis.dev/preflight"

    /// Reads the annotation that says what comes of a policy that is not idempotent.
    private static func mustBeIdempotent(_ field: Field, _ errors: FieldErrors) -> Bool {
        guard let text = field.optionalText(errors) else { return false }
        if text != "deny", text != "warn" { errors.notSupported(field, text, ["deny", "warn"]) }
        return text == "deny"
    }

    private static func reinvocation(_ field: Field, _ errors: FieldErrors) -> Bool {
        guard let text = field.optionalText(errors), !text.isEmpty else {
            errors.required(field)
            return false
        }
        if text != "Never", text != "IfNeeded" { errors.notSupported(field, text, ["IfNeeded", "Never"]) }
        return text == "IfNeeded"
    }
}

extension MutationRule {
    init?(_ field: Field, _ compiler: inout ExpressionCompiler, _ errors: FieldErrors) {
        guard field.isObject(of: ["patchType", "applyConfiguration", "jsonPatch"], errors) else { return nil }
        let type = field["patchType"].text(errors)
        let names = ["ApplyConfiguration": "applyConfiguration", "JSONPatch": "jsonPatch"]
        guard let own = names[type] else {
            if type.isEmpty {
                errors.required(field["patchType"])
            } else {
                errors.notSupported(field["patchType"], type, ["ApplyConfiguration", "JSONPatch"])
            }
            return nil
        }
        form = type == "JSONPatch" ? .jsonPatch : .applyConfiguration
        let other = own == "jsonPatch" ? "applyConfiguration" : "jsonPatch"
        let part = field[own]
        if !part.isPresent { errors.required(part, "must be specified when patchType is \(type)") }
        if field[other].isPresent {
            errors.invalid(field[other], "{\(other)}", "must not be specified when patchType is \(type)")
        }
        guard part.isPresent, part.isObject(of: ["expression"], errors) else { return nil }
        expression = part["expression"].text(errors)
        if RuleText.trimmed(expression).isEmpty {
            errors.required(part["expression"])
            return nil
        }
        let wanted: CELType =
            form == .jsonPatch ? .list(.object(MutationTypes.jsonPatchName)) : .object(MutationTypes.objectName)
        guard
            let program = compiler.compile(expression, .full, .one(of: [wanted]), part["expression"], errors)
        else { return nil }
        self.program = program
    }
}
