import Admission
import Policies

/// CEL texts that tell whether a request is among sorts, by what the client asked for.
enum SortCondition {
    private static let part = "(has(request.requestSubResource) ? request.requestSubResource : '')"
    private static let space = "(has(request.namespace) ? request.namespace : '')"

    /// True of the requests that any of the rules names, versions as they are written; other versions of the same
    /// resource are none of them.
    static func isAmong(_ rules: [ResourceRule]) -> String {
        let texts = rules.map(text)
        return texts.count == 1 ? texts[0] : texts.map { "(\($0))" }.joined(separator: " || ")
    }

    /// False of those requests alone.
    static func isNotAmong(_ rules: [ResourceRule]) -> String { "!(\(isAmong(rules)))" }

    private static func text(_ rule: ResourceRule) -> String {
        var clauses: [String] = []
        if rule.operations != .all {
            let names = ReviewOperation.allCases.filter { rule.operations.contains(OperationSet($0)) }
            clauses += one("request.operation", of: names.map(\.name.description))
        }
        clauses += one("request.requestResource.group", of: rule.groups)
        clauses += one("request.requestResource.version", of: rule.versions)
        clauses += resources(rule.resources)
        clauses += scope(rule.scope)
        return clauses.isEmpty ? "true" : clauses.joined(separator: " && ")
    }

    private static func one(_ field: String, of values: [String]) -> [String] {
        if values.contains("*") { return [] }
        let quoted = values.map(literal)
        return [quoted.count == 1 ? "\(field) == \(quoted[0])" : "\(field) in [\(quoted.joined(separator: ", "))]"]
    }

    /// The names with the same parts are told in one go.
    private static func resources(_ resources: [ResourceRule.Resource]) -> [String] {
        let parts = Dictionary(grouping: resources, by: \.name).mapValues { Set($0.map(\.part)).sorted() }
        let names = Dictionary(grouping: parts.keys.sorted()) { parts[$0] ?? [] }
        let keys = names.keys.sorted { $0.lexicographicallyPrecedes($1) }
        let texts = keys.map { key in
            (one("request.requestResource.resource", of: names[key] ?? []) + one(part, of: key))
                .joined(separator: " && ")
        }
        if texts.contains("") { return [] }
        return texts.count == 1 ? texts : ["(" + texts.map { "(\($0))" }.joined(separator: " || ") + ")"]
    }

    /// A namespace is in none, though its requests name one.
    private static func scope(_ scope: ResourceRule.Scope) -> [String] {
        let isNamespaces =
            "request.requestResource.group == '' && request.requestResource.resource == 'namespaces'"
        switch scope {
        case .all: return []
        case .cluster: return ["(\(space) == '' || (\(isNamespaces)))"]
        case .namespaced: return ["\(space) != ''", "!(\(isNamespaces))"]
        }
    }

    static func literal(_ text: String) -> String {
        "'" + text.replacing("\\", with: "\\\\").replacing("'", with: "\\'") + "'"
    }
}
