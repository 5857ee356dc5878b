package import JSON

/// What labels must be like.
package struct LabelSelector: Hashable, Sendable {
    package enum Operator: Sendable { case isIn, isNotIn, exists, doesNotExist }

    package struct Requirement: Hashable, Sendable {
        package let key: String
        package let operation: Operator
        package let values: [String]

        package init(key: String, operation: Operator, values: [String] = []) {
            (self.key, self.operation, self.values) = (key, operation, values)
        }
    }

    package private(set) var requirements: [Requirement] = []

    package init(_ requirements: [Requirement] = []) { self.requirements = requirements }

    /// A selector that everything fits.
    package static let everything = LabelSelector()

    package var isEmpty: Bool { requirements.isEmpty }
}

extension LabelSelector {
    /// Reads a selector, and checks it as the API server does.
    package init(_ field: Field, _ errors: FieldErrors) {
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
    package static let namespaceNameKey = "kubernetes.io/metadata.name"

    /// Whether labels are as they must be.
    package func matches(_ labels: JSONNode?) -> Bool {
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
