import JSON

/// What all objects have in common, read and checked as the API server does it.
enum PolicyObject {
    private static let metadataFields = [
        "name", "generateName", "namespace", "selfLink", "uid", "resourceVersion", "generation", "creationTimestamp",
        "deletionTimestamp", "deletionGracePeriodSeconds", "labels", "annotations", "ownerReferences", "finalizers",
        "managedFields",
    ]

    /// The name of an object without a namespace.
    static func name(_ root: Field, _ errors: FieldErrors) -> String {
        root.isObject(of: ["apiVersion", "kind", "metadata", "spec", "status"], errors)
        let metadata = root["metadata"]
        guard metadata.isObject(of: metadataFields, errors) else { return "" }
        let name = metadata["name"].text(errors)
        if let prefix = metadata["generateName"].optionalText(errors), !prefix.isEmpty {
            let start = prefix.hasSuffix("-") ? String(prefix.dropLast()) : prefix
            for problem in NameRules.subdomain(start) { errors.invalid(metadata["generateName"], prefix, problem) }
        }
        if name.isEmpty {
            // A name that the API server would make up is of no use in a file.
            errors.required(metadata["name"], "name or generateName is required")
        } else {
            for problem in NameRules.subdomain(name) { errors.invalid(metadata["name"], name, problem) }
        }
        if let namespace = metadata["namespace"].optionalText(errors), !namespace.isEmpty {
            errors.forbidden(metadata["namespace"], "not allowed on this type")
        }
        checkLabels(metadata, errors)
        return name
    }

    private static func checkLabels(_ metadata: Field, _ errors: FieldErrors) {
        for (key, value) in metadata["labels"].table(errors) {
            for problem in NameRules.qualified(key) { errors.invalid(metadata["labels"], key, problem) }
            for problem in NameRules.labelValue(value) { errors.invalid(metadata["labels"], value, problem) }
        }
        for (key, _) in metadata["annotations"].table(errors) {
            for problem in NameRules.qualified(key.lowercased()) {
                errors.invalid(metadata["annotations"], key, problem)
            }
        }
    }
}

/// What is done where a rule cannot be evaluated.
enum FailurePolicy: Sendable {
    case fail, ignore

    /// Reads the field; without it a failure denies.
    init(_ field: Field, _ errors: FieldErrors) {
        self = .fail
        guard let text = field.optionalText(errors) else { return }
        switch text {
        case "Fail": self = .fail
        case "Ignore": self = .ignore
        default: errors.notSupported(field, text, ["Fail", "Ignore"])
        }
    }
}

/// The kind of a policy's parameters.
struct ParamKind: Sendable, Hashable {
    let apiVersion: String
    let kind: String

    init(apiVersion: String, kind: String) {
        self.apiVersion = apiVersion
        self.kind = kind
    }

    /// Reads and checks the field; nil where it is absent.
    init?(_ field: Field, _ errors: FieldErrors) {
        guard field.isPresent, field.isObject(of: ["apiVersion", "kind"], errors) else { return nil }
        apiVersion = field["apiVersion"].text(errors)
        kind = field["kind"].text(errors)
        Self.check(apiVersion: apiVersion, field["apiVersion"], errors)
        if kind.isEmpty { errors.required(field["kind"]) }
        let problems = kind.isEmpty ? [] : NameRules.label1035(kind.lowercased())
        if !problems.isEmpty {
            let list = problems.joined(separator: ",")
            errors.invalid(field["kind"], kind, "may have mixed case, but should otherwise match: \(list)")
        }
    }

    private static func check(apiVersion: String, _ field: Field, _ errors: FieldErrors) {
        if apiVersion.isEmpty { return errors.required(field) }
        let parts = apiVersion.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        if parts.count > 2 {
            return errors.invalid(field, apiVersion, "unexpected GroupVersion string: \(apiVersion)")
        }
        let group = parts.count == 2 ? parts[0] : ""
        let version = apiVersion == "/" ? "" : parts[parts.count - 1]
        let groupProblems = group.isEmpty ? [] : NameRules.subdomain(group)
        if !groupProblems.isEmpty { errors.invalid(field, group, groupProblems.joined(separator: ",")) }
        if version.isEmpty { return errors.invalid(field, apiVersion, "version must be specified") }
        let problems = NameRules.label1035(version)
        if !problems.isEmpty { errors.invalid(field, version, problems.joined(separator: ",")) }
    }

    /// As the API server writes it.
    var text: String { "\(apiVersion), Kind=\(kind)" }
}

/// Which parameters a binding gives to its policy.
struct ParamReference: Sendable {
    let name: String
    let namespace: String
    let selector: LabelSelector?
    let deniesWhenMissing: Bool

    /// Reads and checks the field; nil where it is absent.
    init?(_ field: Field, _ errors: FieldErrors) {
        let known = ["name", "namespace", "selector", "parameterNotFoundAction"]
        guard field.isPresent, field.isObject(of: known, errors) else { return nil }
        name = field["name"].text(errors)
        namespace = field["namespace"].text(errors)
        let hasSelector = field["selector"].isPresent
        for problem in NameRules.pathSegment(name) where !name.isEmpty {
            errors.invalid(field["name"], name, problem)
        }
        if !name.isEmpty, hasSelector { errors.forbidden(field["name"], "name and selector are mutually exclusive") }
        selector = hasSelector ? LabelSelector(field["selector"], errors) : nil
        if !name.isEmpty, hasSelector {
            errors.forbidden(field["selector"], "name and selector are mutually exclusive")
        }
        if name.isEmpty, !hasSelector { errors.required(field, "one of name or selector must be specified") }
        let action = field["parameterNotFoundAction"].text(errors)
        deniesWhenMissing = action == "Deny"
        if action.isEmpty {
            errors.required(field["parameterNotFoundAction"])
        } else if action != "Deny", action != "Allow" {
            errors.notSupported(field["parameterNotFoundAction"], action, ["Deny", "Allow"])
        }
    }
}
