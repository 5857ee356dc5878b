import Policies

/// What can be said of something without all the facts.
enum Certainty: Sendable {
    case no, unknown, yes

    func and(_ other: @autoclosure () -> Certainty) -> Certainty {
        if self == .no { return .no }
        let other = other()
        if other == .no { return .no }
        return self == .yes && other == .yes ? .yes : .unknown
    }

    func or(_ other: @autoclosure () -> Certainty) -> Certainty {
        if self == .yes { return .yes }
        let other = other()
        if other == .yes { return .yes }
        return self == .no && other == .no ? .no : .unknown
    }

    var opposite: Certainty { self == .yes ? .no : self == .no ? .yes : .unknown }

    init(_ fact: Bool) { self = fact ? .yes : .no }
}

/// What is known of labels.
struct KnownLabels: Sendable {
    let labels: [String: String]
    /// Whether there may be others of the keys that Kubernetes and its components use.
    let mayHaveOthers: Bool

    func fit(_ selector: LabelSelector) -> Certainty {
        selector.requirements.reduce(.yes) { $0.and(fit($1)) }
    }

    private func fit(_ requirement: LabelSelector.Requirement) -> Certainty {
        let isAbsent = labels[requirement.key] == nil
        if isAbsent, mayHaveOthers, Self.isOfTheSystem(requirement.key) { return .unknown }
        let value = labels[requirement.key]
        switch requirement.operation {
        case .exists: return Certainty(value != nil)
        case .doesNotExist: return Certainty(value == nil)
        case .isIn: return Certainty(value.map { requirement.values.contains($0) } ?? false)
        case .isNotIn: return Certainty(value.map { !requirement.values.contains($0) } ?? true)
        }
    }

    /// Components of a cluster bear labels of its own domains and a few short ones; nobody's own.
    private static func isOfTheSystem(_ key: String) -> Bool {
        let parts = key.split(separator: "/")
        guard parts.count == 2 else { return true }
        return ["kubernetes.io", "k8s.io"].contains { parts[0] == $0 || parts[0].hasSuffix(".\($0)") }
    }
}
