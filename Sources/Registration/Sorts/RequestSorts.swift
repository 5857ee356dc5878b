import Policies

/// A set of requests, as the rules of a webhook can name it: sorts, each with the operations on it.
struct RequestSorts: Sendable {
    private(set) var operations: [RequestSort: OperationSet] = [:]

    init() {}

    /// What any of the rules is about; the names of objects, which the rules of webhooks do not have, are passed over.
    init(_ rules: [ResourceRule]) {
        for rule in rules { for sort in rule.sorts { insert(sort, rule.operations) } }
    }

    var isEmpty: Bool { operations.isEmpty }

    mutating func insert(_ sort: RequestSort, _ set: OperationSet) {
        if !set.isEmpty { operations[sort, default: []].formUnion(set) }
    }

    mutating func formUnion(_ other: RequestSorts) { for (sort, set) in other.operations { insert(sort, set) } }

    /// Takes out what the rules cover whole, operation by operation; what they cover in part stays.
    mutating func remove(coveredBy others: RequestSorts, unless keeps: (RequestSort) -> Bool = { _ in false }) {
        for (sort, set) in operations where !keeps(sort) {
            var left = set
            for (other, covered) in others.operations where other.covers(sort) { left.subtract(covered) }
            operations[sort] = left.isEmpty ? nil : left
        }
    }

    func filtered(_ keeps: (RequestSort) -> Bool) -> RequestSorts {
        var sorts = RequestSorts()
        for (sort, set) in operations where keeps(sort) { sorts.insert(sort, set) }
        return sorts
    }

    func limited(to limit: OperationSet) -> RequestSorts {
        var sorts = RequestSorts()
        for (sort, set) in operations { sorts.insert(sort, set.intersection(limit)) }
        return sorts
    }

    /// The requests that are in both.
    func intersection(_ other: RequestSorts) -> RequestSorts {
        var sorts = RequestSorts()
        for (one, set) in operations {
            for (two, otherSet) in other.operations {
                if let common = one.common(two) { sorts.insert(common, set.intersection(otherSet)) }
            }
        }
        return sorts
    }

    /// Whether a request might be in both if it is in one of them under another version, or another group's name.
    func mayShare(_ other: RequestSorts) -> Bool {
        operations.contains { one, set in
            other.operations.contains { two, otherSet in
                !set.isDisjoint(with: otherSet) && one.commonResource(two) != nil
            }
        }
    }

    /// Whether a request of that sort may be among them.
    func meets(_ sort: RequestSort, _ set: OperationSet) -> Bool {
        operations.contains { !$1.isDisjoint(with: set) && $0.common(sort) != nil }
    }
}

// MARK: as rules

extension RequestSorts {
    /// The fewest rules that a simple way of joining finds: they are about the same requests and no others, in an order
    /// that depends on nothing else.
    var rules: [ResourceRule] {
        var rules = reduced.map { sort, set in
            var rule = ResourceRule()
            rule.operations = set
            (rule.groups, rule.versions) = ([sort.group], [sort.version])
            (rule.resources, rule.scope) = ([sort.resource], sort.scope)
            return rule
        }
        rules.sort { $0.order.lexicographicallyPrecedes($1.order) }
        func blank(_ rule: ResourceRule, _ change: (inout ResourceRule) -> Void) -> ResourceRule {
            var rule = rule
            change(&rule)
            return rule
        }
        rules = Self.joined(rules, by: { blank($0) { $0.resources = [] } }) { $0.resources += $1.resources }
        rules = Self.joined(rules, by: { blank($0) { $0.versions = [] } }) { $0.versions += $1.versions }
        rules = Self.joined(rules, by: { blank($0) { $0.groups = [] } }) { $0.groups += $1.groups }
        return rules.sorted { $0.order.lexicographicallyPrecedes($1.order) }
    }

    /// Rules that differ in one thing only are one rule.
    private static func joined(
        _ rules: [ResourceRule], by key: (ResourceRule) -> ResourceRule,
        _ join: (inout ResourceRule, ResourceRule) -> Void
    ) -> [ResourceRule] {
        var places: [ResourceRule: Int] = [:]
        var result: [ResourceRule] = []
        for rule in rules {
            if let place = places[key(rule)] {
                join(&result[place], rule)
            } else {
                places[key(rule)] = result.count
                result.append(rule)
            }
        }
        return result
    }

    /// Without what is said twice.
    private var reduced: [RequestSort: OperationSet] {
        var sorts = operations
        for (sort, set) in operations where sort.scope == .cluster {
            var other = sort
            other.scope = .namespaced
            let both = set.intersection(operations[other] ?? [])
            guard !both.isEmpty else { continue }
            other.scope = .all
            sorts[other, default: []].formUnion(both)
        }
        var result: [RequestSort: OperationSet] = [:]
        for (sort, set) in sorts {
            var left = set
            for (other, covered) in sorts where other != sort && other.covers(sort) { left.subtract(covered) }
            if !left.isEmpty { result[sort] = left }
        }
        return result
    }
}

extension ResourceRule {
    /// What rules are put in order by.
    fileprivate var order: [String] {
        let scopeText = scope == .all ? "0" : scope == .cluster ? "1" : "2"
        return [groups.joined(separator: ","), resources.map(\.text).joined(separator: ",")]
            + [versions.joined(separator: ","), "\(operations.rawValue)", scopeText]
    }
}
