import Policies

/// Requests that differ in nothing that the rules of a webhook can tell apart, operations aside: a resource or a part of
/// one, in a version of a group, in namespaces or in none. `*` stands for all, as in rules.
struct RequestSort: Hashable, Sendable {
    var group: String
    var version: String
    var resource: ResourceRule.Resource
    var scope: ResourceRule.Scope

    /// Whether every request of the other sort is one of this sort.
    func covers(_ other: RequestSort) -> Bool {
        Self.covers(group, other.group) && Self.covers(version, other.version)
            && Self.covers(resource.name, other.resource.name) && Self.covers(resource.part, other.resource.part)
            && (scope == .all || scope == other.scope)
    }

    private static func covers(_ one: String, _ other: String) -> Bool { one == "*" || one == other }

    /// The requests that are of both sorts; nil where there are none.
    func common(_ other: RequestSort) -> RequestSort? {
        guard let group = Self.common(group, other.group), let version = Self.common(version, other.version),
            let resource = commonResource(other), scope == .all || other.scope == .all || scope == other.scope
        else { return nil }
        return RequestSort(
            group: group, version: version, resource: resource, scope: scope == .all ? other.scope : scope)
    }

    /// What both say of the resource's name and part.
    func commonResource(_ other: RequestSort) -> ResourceRule.Resource? {
        guard let name = Self.common(resource.name, other.resource.name),
            let part = Self.common(resource.part, other.resource.part)
        else { return nil }
        return ResourceRule.Resource(part.isEmpty ? name : "\(name)/\(part)")
    }

    private static func common(_ one: String, _ other: String) -> String? {
        if one == "*" { return other }
        return other == "*" || one == other ? one : nil
    }

    /// Whether a rule is about the resource by name.
    func names(_ other: RequestSort) -> Bool {
        resource.name == other.resource.name && Self.covers(group, other.group)
            && (other.resource.part == "*" || resource.part == other.resource.part)
    }
}

extension ResourceRule.Resource {
    /// As rules write it: `pods`, `pods/status`, `*/*`.
    package var text: String { part.isEmpty ? name : "\(name)/\(part)" }
}

extension ResourceRule {
    /// The sorts of requests that the rule names.
    var sorts: [RequestSort] {
        groups.flatMap { group in
            versions.flatMap { version in
                resources.map { RequestSort(group: group, version: version, resource: $0, scope: scope) }
            }
        }
    }

    /// A rule about everything.
    static let everything: ResourceRule = {
        var rule = ResourceRule()
        rule.operations = .all
        (rule.groups, rule.versions, rule.resources) = (["*"], ["*"], [Resource("*/*")])
        return rule
    }()
}
