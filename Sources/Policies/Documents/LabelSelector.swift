import JSON

/// What labels must be like.
struct LabelSelector: Sendable {
    enum Operator: Sendable { case isIn, isNotIn, exists, doesNotExist }

    struct Requirement: Sendable {
        let key: String
        let operation: Operator
        let values: [String]
    }

    private(set) var requirements: [Requirement] = []

    /// A selector that everything fits.
    static let everything = LabelSelector()

    var isEmpty: Bool { requirements.isEmpty }
}

extension LabelSelector {
    /// Reads a selector, and checks it as the API server does.
    init(_ field: Field, _ errors: FieldErrors) {
        guard field.isObject(of: ["matchLabels", "matchExpressions"], errors) else { return }
        let labels = field["matchLabels"]
        for (key, value) in labels.table(errors) {
            for problem in NameRules.qualified(key) { errors.invalid(labels, key, problem) }
            for problem in NameRules.labelValue(value) { errors.invalid(labels, value, problem) }
            requirements.append(Requirement(key: key, operation: .isIn, values: [value]))
        }
        for expression in field["matchExpressions"].elements(errors) { add(expression, errors) }
    }

    private mutating func add(_ field: Field, _ errors: FieldErrors) {
        guard field.isObject(of: ["key", "operator", "values"], errors) else { return }
        let values = field["values"].texts(errors)
        let name = field["operator"].text(errors)
        let operation: Operator
        switch name {
        case "In": operation = .isIn
        case "NotIn": operation = .isNotIn
        case "Exists": operation = .exists
        case "DoesNotExist": operation = .doesNotExist
        default:
            errors.invalid(field["operator"], name, "not a valid selector operator")
            operation = .exists
        }
        switch name {
        case "In", "NotIn":
            if values.isEmpty {
                errors.required(field["values"], "must be specified when `operator` is 'In' or 'NotIn'")
            }
        case "Exists", "DoesNotExist":
            if !values.isEmpty {
                errors.forbidden(field["values"], "may not be specified when `operator` is 'Exists' or 'DoesNotExist'")
            }
        default: break
        }
        let key = field["key"].text(errors)
        for problem in NameRules.qualified(key) { errors.invalid(field["key"], key, problem) }
        for (value, place) in zip(values, field["values"].elements(errors)) {
            for problem in NameRules.labelValue(value) { errors.invalid(place, value, problem) }
        }
        requirements.append(Requirement(key: key, operation: operation, values: values))
    }
}

extension LabelSelector {
    /// The label that every namespace has, with its name as the value.
    static let namespaceNameKey = "kubernetes.io/metadata.name"

    /// Whether labels are as they must be.
    func matches(_ labels: JSONNode?) -> Bool {
        for index in requirements.indices where !Self.fits(requirements[index], labels) { return false }
        return true
    }

    private static func fits(_ requirement: Requirement, _ labels: JSONNode?) -> Bool {
        let value = labels?[requirement.key]
        switch requirement.operation {
        case .exists: return value != nil
        case .doesNotExist: return value == nil
        case .isIn: return value.map { isOne($0, of: requirement.values) } ?? false
        case .isNotIn: return value.map { !isOne($0, of: requirement.values) } ?? true
        }
    }

    private static func isOne(_ value: JSONNode, of values: [String]) -> Bool {
        for index in values.indices where value.equals(values[index].utf8.span) { return true }
        return false
    }
}
