import CELKubernetes
import JSON

/// The kinds whose objects' types are known, by the resources that rules name: those that are built in, and those that
/// definitions among the documents add.
///
/// A kind's types are made when they are first asked for, and kept.
final class KnownKinds {
    private struct Resource: Hashable {
        let version: String
        let name: String
    }

    private let schemas: KindSchemas
    private let custom: [Resource: [ObjectKind]]
    private var types: [ObjectKind: SchemaTypes?] = [:]
    private var paramTypes: [ObjectKind: SchemaTypes?] = [:]

    /// The kinds beside which `objects` define others, whose schemas are among `schemas`.
    init(_ schemas: KindSchemas?, definedBy objects: [(kind: ParamKind, node: JSONNode)]) {
        self.schemas = schemas ?? .builtIn
        custom = Self.custom(objects)
    }

    private static let builtIn = Dictionary(grouping: KindSchemas.builtIn.kinds) {
        Resource(version: $0.version, name: ResourceNames.plural(of: $0.kind))
    }

    private static func custom(_ objects: [(kind: ParamKind, node: JSONNode)]) -> [Resource: [ObjectKind]] {
        var kinds: [Resource: [ObjectKind]] = [:]
        for (kind, node) in objects where kind.kind == "CustomResourceDefinition" {
            guard let spec = node["spec"], let group = spec["group"]?.string,
                let name = spec["names"]?["kind"]?.string, let plural = spec["names"]?["plural"]?.string
            else { continue }
            for version in spec["versions"]?.elements.map({ $0 }) ?? [] {
                guard let version = version["name"]?.string else { continue }
                kinds[Resource(version: version, name: plural), default: []]
                    .append(ObjectKind(group: group, version: version, kind: name))
            }
        }
        return kinds
    }

    /// The kinds of a resource. As in the API server the group without a name stands for any.
    private func kinds(_ group: String, _ version: String, _ resource: String) -> [ObjectKind] {
        let key = Resource(version: version, name: resource)
        let all = (Self.builtIn[key] ?? []) + (custom[key] ?? [])
        return group.isEmpty ? all : all.filter { $0.group == group }
    }

    /// The API server checks an expression for no more kinds.
    private static let kindsMax = 10

    /// The kinds that rules name without wildcards, in order.
    func kinds(of match: MatchResources) -> [ObjectKind] {
        var found: Set<ObjectKind> = []
        for rule in match.rules where !(rule.groups + rule.versions).contains(where: { $0.contains("*") }) {
            var count = 0
            let names = rule.resources.filter { $0.part.isEmpty && !$0.name.contains("*") }.map(\.name).sorted()
            for group in rule.groups.sorted() {
                for version in rule.versions.sorted() {
                    for kind in names.flatMap({ kinds(group, version, $0) }) {
                        found.insert(kind)
                        count += 1
                        if count == Self.kindsMax { return found.sorted() }
                    }
                }
            }
        }
        return found.sorted()
    }

    /// The types of a kind's objects; nil where nothing is known of them.
    func types(of kind: ObjectKind) -> SchemaTypes? {
        if let known = types[kind] { return known }
        let made = try? schemas.types(of: kind)
        types[kind] = .some(made)
        return made
    }

    /// The types of parameters, under names of their own: objects and parameters may be of kinds of one name.
    func types(ofParams kind: ParamKind) -> SchemaTypes? {
        let parts = kind.apiVersion.split(separator: "/").map(String.init)
        let kind = ObjectKind(
            group: parts.count == 2 ? parts[0] : "", version: parts.last ?? "", kind: kind.kind)
        if let known = paramTypes[kind] { return known }
        let made = try? schemas.types(of: kind, named: "\(kind.kind)Params")
        paramTypes[kind] = .some(made)
        return made
    }
}

extension ObjectKind {
    /// The kind as warnings of the API server write it: `/v1, Kind=Pod`.
    var warningText: String { "\(group)/\(version), Kind=\(kind)" }
}
