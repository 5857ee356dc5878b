package import Admission

/// The operations that a rule is about.
package struct OperationSet: OptionSet, Hashable, Sendable {
    package let rawValue: UInt8

    package static let all = OperationSet(rawValue: 0xF)

    package init(rawValue: UInt8) { self.rawValue = rawValue }

    package init(_ operation: ReviewOperation) { rawValue = 1 << operation.rawValue }
}

/// What a rule is about: resources, operations, names.
package struct ResourceRule: Hashable, Sendable {
    package enum Scope: Sendable { case all, cluster, namespaced }

    /// A resource and a part of it; `*` stands for all.
    package struct Resource: Hashable, Sendable {
        package let name: String
        package let part: String

        /// As rules write it: `pods`, `pods/status`, `*/*`.
        package init(_ text: String) {
            let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            name = parts.first ?? ""
            part = parts.count == 2 ? parts[1] : ""
        }
    }

    package var names: [String] = []
    package var operations: OperationSet = []
    package var groups: [String] = []
    package var versions: [String] = []
    package var resources: [Resource] = []
    package var scope = Scope.all

    package init() {}
}

/// Which requests a policy or a binding is about.
package struct MatchResources: Sendable {
    package var namespaceSelector = LabelSelector.everything
    package var objectSelector = LabelSelector.everything
    package var rules: [ResourceRule] = []
    package var exclusions: [ResourceRule] = []
    /// Whether requests for other versions of a resource count as requests for the one that a rule names.
    package var isEquivalent = true

    package init() {}
}

// MARK: reading

extension MatchResources {
    private static let fields = [
        "namespaceSelector", "objectSelector", "resourceRules", "excludeResourceRules", "matchPolicy",
    ]

    /// Reads what is there and checks it; what is absent has the API's defaults.
    init(_ field: Field, _ errors: FieldErrors, mutates: Bool = false, more: [String] = []) {
        guard field.isObject(of: Self.fields + more, errors) else { return }
        if let policy = field["matchPolicy"].optionalText(errors) {
            isEquivalent = policy == "Equivalent"
            if policy != "Equivalent", policy != "Exact" {
                errors.notSupported(field["matchPolicy"], policy, ["Equivalent", "Exact"])
            }
        }
        namespaceSelector = LabelSelector(field["namespaceSelector"], errors)
        objectSelector = LabelSelector(field["objectSelector"], errors)
        rules = field["resourceRules"].elements(errors).map { ResourceRule($0, errors) }
        exclusions = field["excludeResourceRules"].elements(errors).map { ResourceRule($0, errors) }
        if mutates { Self.refuseDeletes(field["resourceRules"], errors) }
    }

    /// What a deletion is about cannot be changed.
    private static func refuseDeletes(_ rules: Field, _ errors: FieldErrors) {
        let place = rules.renamed("\(rules.path).operations")
        for rule in rules.elements(FieldErrors()) {
            for operation in rule["operations"].texts(FieldErrors())
            where !["*", "CONNECT", "CREATE", "UPDATE"].contains(operation) {
                errors.notSupported(place, operation, ["*", "CONNECT", "CREATE", "UPDATE"])
            }
        }
    }
}

extension ResourceRule {
    private static let fields = ["resourceNames", "operations", "apiGroups", "apiVersions", "resources", "scope"]
    private static let operationNames = ["*", "CONNECT", "CREATE", "DELETE", "UPDATE"]

    package init(_ field: Field, _ errors: FieldErrors) {
        guard field.isObject(of: Self.fields, errors) else { return }
        names = Self.names(field["resourceNames"], errors)
        operations = Self.operations(field["operations"], errors)
        groups = Self.wildcardList(field["apiGroups"], "API groups", errors)
        versions = Self.wildcardList(field["apiVersions"], "API versions", errors)
        for version in field["apiVersions"].elements(FieldErrors()) where version.text(FieldErrors()).isEmpty {
            errors.required(version)
        }
        resources = Self.resources(field["resources"], errors)
        switch field["scope"].optionalText(errors) {
        case nil, "*": scope = .all
        case "Cluster": scope = .cluster
        case "Namespaced": scope = .namespaced
        case let other?: errors.notSupported(field["scope"], other, ["*", "Cluster", "Namespaced"])
        }
    }

    private static func names(_ field: Field, _ errors: FieldErrors) -> [String] {
        var names: [String] = []
        for element in field.elements(errors) {
            let name = element.text(errors)
            for problem in NameRules.pathSegment(name) { errors.invalid(element, name, problem) }
            if names.contains(name) { errors.duplicate(element, name) }
            names.append(name)
        }
        return names
    }

    private static func operations(_ field: Field, _ errors: FieldErrors) -> OperationSet {
        let names = field.texts(errors)
        if names.isEmpty { errors.required(field) }
        if names.count > 1, names.contains("*") {
            errors.invalid(field, json: RuleText.list(names), "if '*' is present, must not specify other operations")
        }
        var operations: OperationSet = []
        for (name, element) in zip(names, field.elements(FieldErrors())) {
            switch name {
            case "*": operations = .all
            case "CREATE": operations.insert(OperationSet(.create))
            case "UPDATE": operations.insert(OperationSet(.update))
            case "DELETE": operations.insert(OperationSet(.delete))
            case "CONNECT": operations.insert(OperationSet(.connect))
            default: errors.notSupported(element, name, operationNames)
            }
        }
        return operations
    }

    private static func wildcardList(_ field: Field, _ what: String, _ errors: FieldErrors) -> [String] {
        let names = field.texts(errors)
        if names.isEmpty { errors.required(field) }
        if names.count > 1, names.contains("*") {
            errors.invalid(field, json: RuleText.list(names), "if '*' is present, must not specify other \(what)")
        }
        return names
    }

    private static func resources(_ field: Field, _ errors: FieldErrors) -> [Resource] {
        let names = field.texts(errors)
        if names.isEmpty { errors.required(field) }
        var withAllParts: Set<String> = []
        var partsOfAll: Set<String> = []
        var hasWhole = false
        for (name, element) in zip(names, field.elements(FieldErrors())) {
            if name.isEmpty {
                errors.required(element)
                continue
            }
            guard name.utf8.contains(UInt8(ascii: "/")) else {
                // The last one decides, as in the API server.
                hasWhole = name != "*"
                continue
            }
            let resource = Resource(name)
            if withAllParts.contains(resource.name) {
                errors.invalid(
                    element, name, "if '\(resource.name)/*' is present, must not specify \(name)")
            }
            if partsOfAll.contains(resource.part) {
                errors.invalid(
                    element, name, "if '*/\(resource.part)' is present, must not specify \(name)")
            }
            if resource.part == "*" { withAllParts.insert(resource.name) }
            if resource.name == "*" { partsOfAll.insert(resource.part) }
        }
        if names.count > 1, names.contains("*/*") {
            errors.invalid(field, json: RuleText.list(names), "if '*/*' is present, must not specify other resources")
        }
        if names.contains("*"), hasWhole {
            errors.invalid(
                field, json: RuleText.list(names),
                "if '*' is present, must not specify other resources without subresources")
        }
        return names.map(Resource.init)
    }
}
