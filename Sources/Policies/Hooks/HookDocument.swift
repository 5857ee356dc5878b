import CEL
import CELKubernetes
import JSON
import Reactor

/// A document of kind `Hook`, its expressions compiled.
final class HookDocument: Sendable {
    let name: String
    let phase: HookPhase
    let settings: HookSettings
    /// Whom it asks; nil where it is made of expressions.
    let run: HookRun?
    /// The folder of the file that it was read from: what its paths are relative to.
    let folder: String
    /// Which requests it is about, and its validations where it has any. Nil where it mutates by expressions.
    let checks: ValidatingPolicy?
    /// Its mutations.
    let mutations: MutatingPolicy?
    /// What tells requests apart for the cache.
    let cacheKey: Program?

    private static let fields = [
        "phase", "weight", "match", "mode", "rollout", "budget", "failurePolicy", "criticality", "objective", "retry",
        "breaker", "concurrency", "cache", "runOnError", "run",
    ]

    /// Reads and checks a document. Where anything is wrong `errors` says so, and the hook must not be used.
    init(_ root: Field, folder: String, _ errors: FieldErrors) {
        name = PolicyObject.name(root, errors)
        self.folder = folder
        HookAnnotations.refuse(root, errors)
        let spec = root["spec"]
        if !spec.isPresent { errors.required(spec) }
        spec.isObject(of: Self.fields, errors)
        phase = Self.phase(spec["phase"], errors)
        let sort = Self.sort(spec["run"], errors)
        run = sort.flatMap { HookRun($0, spec["run"][$0], errors) }
        var settings = Self.settings(spec, phase, sort, errors)
        settings.group = HookAnnotations.group(root, errors)
        self.settings = settings
        let expressions = sort == "cel" ? spec["run"]["cel"] : nil
        var compiler = ExpressionCompiler(
            hasParams: false, composes: expressions?["variables"].isPresent ?? false,
            patches: expressions != nil && phase == .mutate)
        let match = MatchResources(spec["match"], errors, mutates: phase == .mutate, more: ["matchConditions"])
        let conditions = ValidatingPolicy.conditions(spec["match"]["matchConditions"], &compiler, errors)
        let failurePolicy = settings.failurePolicy == .ignore ? FailurePolicy.ignore : .fail
        let rules = HookExpressions(expressions, phase, &compiler, errors)
        cacheKey = settings.cache.flatMap { cache in
            compiler.compile(cache.key, .full, .anything, spec["cache"]["key"], errors)
        }
        let parts = PolicyParts(
            name: name, failurePolicy: failurePolicy, match: match, conditions: conditions,
            variables: LazyFields(compiler.fields), slots: compiler.slots, compiler: compiler)
        let mutates = expressions != nil && phase == .mutate
        checks = mutates ? nil : ValidatingPolicy(parts, rules.validations)
        mutations = mutates ? MutatingPolicy(parts, rules.mutations) : nil
    }

    private static func phase(_ field: Field, _ errors: FieldErrors) -> HookPhase {
        if !field.isPresent { errors.required(field, "mutate, validate or after") }
        let phases: [(word: String, value: HookPhase)] = HookPhase.allCases.map { ("\($0)", $0) }
        return field.optionalChoice(phases, errors) ?? .validate
    }

    /// What `run` has: exactly one sort.
    private static func sort(_ field: Field, _ errors: FieldErrors) -> String? {
        guard field.isPresent else {
            errors.required(field, "one of \(HookRun.sorts.joined(separator: ", "))")
            return nil
        }
        guard field.isObject(of: HookRun.sorts, errors) else { return nil }
        let there = HookRun.sorts.filter { field[$0].isPresent }
        if there.count == 1 { return there[0] }
        errors.add("must have exactly one of \(HookRun.sorts.joined(separator: ", "))", field)
        return nil
    }
}

// MARK: settings

extension HookDocument {
    private static let knobsOfAsking = ["retry", "concurrency", "cache"]

    private static func settings(
        _ spec: Field, _ phase: HookPhase, _ sort: String?, _ errors: FieldErrors
    ) -> HookSettings {
        var settings = HookSettings()
        let asks = sort != "cel" && sort != "builtin"
        // Whom it takes a network or a process to ask may be gone: without a breaker every request would wait for that.
        if asks { settings.breaker = BreakerSettings() }
        // What a model says differs from one time to the next.
        if sort == "prompt" { settings.mode = .warn }
        for knob in fields { _ = settings.read(knob, spec[knob], errors) }
        if !asks {
            for knob in knobsOfAsking where spec[knob].isPresent {
                errors.forbidden(spec[knob], "it is for hooks that ask somebody outside of the server")
            }
        }
        check(settings, spec, phase, sort, errors)
        return settings
    }

    private static func check(
        _ settings: HookSettings, _ spec: Field, _ phase: HookPhase, _ sort: String?, _ errors: FieldErrors
    ) {
        if settings.failurePolicy == .cached {
            if settings.cache == nil {
                errors.required(spec["cache"], "failurePolicy Cached counts on verdicts that were kept")
            } else if settings.cache?.staleFor == .zero {
                errors.required(
                    spec["cache"]["staleFor"], "how old a verdict may be that counts where there is no other")
            }
        }
        if phase == .after {
            for knob in ["failurePolicy", "cache"] where spec[knob].isPresent {
                errors.forbidden(spec[knob], "a hook that runs after the answer has no part in it")
            }
            if let sort, ["cel", "builtin", "webhook"].contains(sort) {
                errors.forbidden(spec["run"][sort], "\(sort) hooks do not run after the answer")
            }
        } else if spec["runOnError"].isPresent {
            errors.forbidden(spec["runOnError"], "it is for hooks that run after the answer")
        }
    }
}

/// What all policies are made of, and hooks with them.
struct PolicyParts {
    let name: String
    let failurePolicy: FailurePolicy
    let match: MatchResources
    let conditions: [MatchCondition]
    let variables: LazyFields
    let slots: VariableSlots
    let compiler: ExpressionCompiler
}

/// The expressions of a hook that is made of them.
private struct HookExpressions {
    private(set) var validations: [ValidationRule] = []
    private(set) var mutations: [MutationRule] = []

    init(_ field: Field?, _ phase: HookPhase, _ compiler: inout ExpressionCompiler, _ errors: FieldErrors) {
        guard let field else { return }
        field.isObject(of: ["variables", "validations", "mutations"], errors)
        let variables = field["variables"].elements(errors)
        for variable in variables { ValidatingPolicy.addVariable(variable, &compiler, errors) }
        let wanted = phase == .mutate ? "mutations" : "validations"
        let other = phase == .mutate ? "validations" : "mutations"
        if field[other].isPresent { errors.forbidden(field[other], "hooks of the phase \(phase) have none") }
        let rules = field[wanted].elements(errors)
        if rules.isEmpty { errors.required(field[wanted], "must contain at least one item") }
        if phase == .mutate {
            mutations = rules.compactMap { MutationRule($0, &compiler, errors) }
        } else {
            validations = rules.compactMap { ValidationRule($0, &compiler, errors) }
        }
        compiler.warnOfUnused(field, variables, errors)
    }
}
