import Policies

/// Conditions of rules that a webhook can have in their place.
struct PushedConditions {
    /// The most that an API server takes.
    static let conditionsMax = 64

    private let reaches: [RuleReach]

    init(_ reaches: [RuleReach]) { self.reaches = reaches }

    /// What all rules ask for as it is; what some ask for, about the requests that they are about, where no other rule is
    /// about the same resource.
    func conditions(beside others: [ActiveRule.Condition]) -> [ActiveRule.Condition] {
        var conditions: [ActiveRule.Condition] = []
        var taken = Set(others.map(\.name))
        var seen: Set<String> = []
        // Another condition may have to be added: the one that keeps webhooks of a group apart.
        let room = Self.conditionsMax - 1 - others.count
        for need in reaches.flatMap(\.needs) where conditions.count < room && seen.insert(need.expression).inserted {
            guard let expression = pushed(need.expression) else { continue }
            var name = need.name
            var number = 2
            while !taken.insert(name).inserted || !NameRules.qualified(name).isEmpty {
                name = number < 100 ? "\(String(need.name.prefix(50)))-\(number)" : "condition-\(number)"
                number += 1
            }
            conditions.append(ActiveRule.Condition(name: name, expression: expression))
        }
        return conditions
    }

    private func pushed(_ expression: String) -> String? {
        let asking = reaches.filter { $0.needs.contains { $0.expression == expression } }
        if asking.count == reaches.count { return expression }
        let sorts = asking.reduce(into: RequestSorts()) { $0.formUnion($1.sorts) }
        let others = reaches.filter { reach in !reach.needs.contains { $0.expression == expression } }
        guard !others.contains(where: { $0.sorts.mayShare(sorts) }) else { return nil }
        // A version that no rule names may be the same resource under another name: it is asked about.
        return "\(SortCondition.isNotAmong(sorts.rules)) || (\(expression))"
    }
}
