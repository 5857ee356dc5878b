import CEL
import JSON

/// A named condition that a request must fulfil for a policy to look at it.
struct MatchCondition: Sendable {
    let name: String
    let expression: String
    let program: Program
}

/// One check of a policy.
struct ValidationRule: Sendable {
    let expression: String
    let program: Program
    /// What a denial says without an expression of its own: never empty.
    let message: String
    let messageProgram: Program?
    /// Empty where there is no expression.
    let messageExpression: String
    let reason: DenialReason
}

/// Why a request is denied, as the API's statuses name it.
enum DenialReason: String, Sendable {
    case unauthorized = "Unauthorized"
    case forbidden = "Forbidden"
    case invalid = "Invalid"
    case tooLarge = "RequestEntityTooLarge"

    var code: Int {
        switch self {
        case .unauthorized: 401
        case .forbidden: 403
        case .invalid: 422
        case .tooLarge: 413
        }
    }

    var bytes: StaticString {
        switch self {
        case .unauthorized: "Unauthorized"
        case .forbidden: "Forbidden"
        case .invalid: "Invalid"
        case .tooLarge: "RequestEntityTooLarge"
        }
    }
}

/// A value that is written beside what was decided.
struct AuditAnnotationRule: Sendable {
    let key: String
    let expression: String
    let program: Program
}

/// A ValidatingAdmissionPolicy, its expressions compiled.
final class ValidatingPolicy: Sendable {
    let name: String
    let failurePolicy: FailurePolicy
    let paramKind: ParamKind?
    let match: MatchResources
    let conditions: [MatchCondition]
    let variables: LazyFields
    let validations: [ValidationRule]
    let annotations: [AuditAnnotationRule]
    let slots: VariableSlots
    /// What compiled the expressions: it takes them apart where they are explained.
    let compiler: ExpressionCompiler
    /// How it is run.
    let settings: HookSettings
    /// How many of the validations have expressions for their messages.
    let messageProgramCount: Int

    /// Reads and checks a document. Where anything is wrong `errors` says so, and the policy must not be used.
    init(_ root: Field, _ errors: FieldErrors) {
        name = PolicyObject.name(root, errors)
        let spec = root["spec"]
        spec.isObject(of: Self.fields, errors)
        failurePolicy = FailurePolicy(spec["failurePolicy"], errors)
        paramKind = ParamKind(spec["paramKind"], errors)
        match = Self.match(spec["matchConstraints"], errors)
        let variableFields = spec["variables"].elements(errors)
        var compiler = ExpressionCompiler(
            hasParams: spec["paramKind"].isPresent, composes: !variableFields.isEmpty)
        conditions = Self.conditions(spec["matchConditions"], &compiler, errors)
        for field in variableFields { Self.addVariable(field, &compiler, errors) }
        let validationFields = spec["validations"].elements(errors)
        let annotationFields = spec["auditAnnotations"].elements(errors)
        if validationFields.isEmpty, annotationFields.isEmpty {
            let detail = "validations or auditAnnotations must contain at least one item"
            errors.required(spec["validations"], detail)
            errors.required(spec["auditAnnotations"], detail)
        }
        validations = validationFields.compactMap { ValidationRule($0, &compiler, errors) }
        annotations = Self.annotations(spec["auditAnnotations"], annotationFields, name, &compiler, errors)
        variables = LazyFields(compiler.fields)
        slots = compiler.slots
        settings = HookAnnotations.settings(root, failurePolicy, errors)
        compiler.warnOfUnused(spec, variableFields, errors)
        self.compiler = compiler
        messageProgramCount = validations.count { $0.messageProgram != nil }
    }

    /// What a hook says of requests.
    init(_ parts: PolicyParts, _ validations: [ValidationRule]) {
        name = parts.name
        failurePolicy = parts.failurePolicy
        paramKind = nil
        match = parts.match
        conditions = parts.conditions
        variables = parts.variables
        self.validations = validations
        annotations = []
        slots = parts.slots
        compiler = parts.compiler
        settings = HookSettings()
        messageProgramCount = validations.count { $0.messageProgram != nil }
    }

    private static let fields = [
        "paramKind", "matchConstraints", "validations", "failurePolicy", "auditAnnotations", "matchConditions",
        "variables",
    ]

    /// The matchConstraints, which must be there and have a rule.
    static func match(_ field: Field, _ errors: FieldErrors, mutates: Bool = false) -> MatchResources {
        guard field.isPresent else {
            errors.required(field)
            return MatchResources()
        }
        let match = MatchResources(field, errors, mutates: mutates)
        if match.rules.isEmpty { errors.required(field["resourceRules"]) }
        return match
    }
}

// MARK: the parts with expressions

extension ValidatingPolicy {
    private static let conditionsMax = 64

    static func conditions(
        _ list: Field, _ compiler: inout ExpressionCompiler, _ errors: FieldErrors
    ) -> [MatchCondition] {
        let elements = list.elements(errors)
        if elements.count > conditionsMax { errors.tooMany(list, elements.count, conditionsMax) }
        var names: Set<String> = []
        return elements.compactMap { field in
            guard field.isObject(of: ["name", "expression"], errors) else { return nil }
            let expression = field["expression"].text(errors)
            let trimmed = RuleText.trimmed(expression)
            var program: Program?
            if trimmed.isEmpty {
                errors.required(field["expression"])
            } else {
                program = compiler.compile(trimmed, .matchCondition, .one(of: [.bool]), field["expression"], errors)
            }
            let name = field["name"].text(errors)
            if name.isEmpty {
                errors.required(field["name"])
            } else {
                for problem in NameRules.qualified(name) { errors.invalid(field["name"], name, problem) }
                if !names.insert(name).inserted { errors.duplicate(field["name"], name) }
            }
            return program.map { MatchCondition(name: name, expression: expression, program: $0) }
        }
    }

    static func addVariable(_ field: Field, _ compiler: inout ExpressionCompiler, _ errors: FieldErrors) {
        guard field.isObject(of: ["name", "expression"], errors) else { return }
        let name = field["name"].text(errors)
        if RuleText.trimmed(name).isEmpty {
            errors.required(field["name"], "name is not specified")
        } else if !NameRules.isIdentifier(name) {
            errors.invalid(field["name"], name, "must be a valid CEL identifier")
        }
        let expression = field["expression"].text(errors)
        if RuleText.trimmed(expression).isEmpty {
            errors.required(field["expression"], "expression is not specified")
        } else {
            compiler.add(variable: name, expression, field["expression"], errors)
        }
    }

    private static let annotationsMax = 20
    private static let annotationExpressionBytesMax = 5 * 1024

    private static func annotations(
        _ list: Field, _ elements: [Field], _ policy: String, _ compiler: inout ExpressionCompiler,
        _ errors: FieldErrors
    ) -> [AuditAnnotationRule] {
        if elements.count > annotationsMax {
            errors.invalid(
                list, json: list.node?.text() ?? "", "must not have more than \(annotationsMax) auditAnnotations")
        }
        var keys: Set<String> = []
        return elements.compactMap { field in
            guard field.isObject(of: ["key", "valueExpression"], errors) else { return nil }
            let key = field["key"].text(errors)
            let rule = annotation(field, key, policy, &compiler, errors)
            if !keys.insert(key).inserted { errors.duplicate(field["key"], key) }
            return rule
        }
    }

    private static func annotation(
        _ field: Field, _ key: String, _ policy: String, _ compiler: inout ExpressionCompiler, _ errors: FieldErrors
    ) -> AuditAnnotationRule? {
        if policy.isEmpty {
            errors.invalid(field["key"], key, "requires metadata.name be non-empty")
        } else {
            let name = "\(policy)/\(key)"
            for problem in NameRules.qualified(name) { errors.invalid(field["key"], name, problem) }
        }
        let place = field["valueExpression"]
        let expression = place.text(errors)
        let trimmed = RuleText.trimmed(expression)
        if trimmed.isEmpty {
            errors.required(place, "valueExpression is not specified")
        } else if trimmed.utf8.count > annotationExpressionBytesMax {
            errors.required(place, "must not exceed \(annotationExpressionBytesMax) bytes in length")
        } else if let program = compiler.compile(
            trimmed, .full, .one(of: [.string, .null]), place, errors, shown: expression)
        {
            return AuditAnnotationRule(key: key, expression: expression, program: program)
        }
        return nil
    }
}

extension ValidationRule {
    init?(_ field: Field, _ compiler: inout ExpressionCompiler, _ errors: FieldErrors) {
        let known = ["expression", "message", "reason", "messageExpression"]
        guard field.isObject(of: known, errors) else { return nil }
        expression = field["expression"].text(errors)
        var program: Program?
        if RuleText.trimmed(expression).isEmpty {
            errors.required(field["expression"], "expression is not specified")
        } else {
            program = compiler.compile(expression, .full, .one(of: [.bool]), field["expression"], errors)
        }
        messageExpression = field["messageExpression"].text(FieldErrors())
        messageProgram = Self.messageProgram(field["messageExpression"], &compiler, errors)
        let message = Self.message(field["message"], errors)
        self.message = message.isEmpty ? "failed expression: \(RuleText.trimmed(expression))" : message
        reason = Self.reason(field["reason"], errors)
        guard let program else { return nil }
        self.program = program
    }

    private static func messageProgram(
        _ field: Field, _ compiler: inout ExpressionCompiler, _ errors: FieldErrors
    ) -> Program? {
        let expression = field.text(errors)
        if expression.isEmpty { return nil }
        if RuleText.trimmed(expression).isEmpty {
            errors.invalid(field, expression, "must be non-empty if specified")
            return nil
        }
        return compiler.compile(expression, .message, .one(of: [.string]), field, errors)
    }

    private static func message(_ field: Field, _ errors: FieldErrors) -> String {
        let message = field.text(errors)
        let trimmed = RuleText.trimmed(message)
        if !message.isEmpty, trimmed.isEmpty {
            errors.invalid(field, message, "message must be non-empty if specified")
        } else if trimmed.utf8.contains(0x0A) || trimmed.utf8.contains(0x0D) {
            errors.invalid(field, message, "message must not contain line breaks")
        }
        return trimmed
    }

    private static func reason(_ field: Field, _ errors: FieldErrors) -> DenialReason {
        guard let text = field.optionalText(errors) else { return .invalid }
        if let reason = DenialReason(rawValue: text) { return reason }
        errors.notSupported(field, text, ["Forbidden", "Invalid", "RequestEntityTooLarge", "Unauthorized"])
        return .invalid
    }
}
