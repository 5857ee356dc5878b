import Foundation
import JSON
import Policies
import TestSupport
import Testing
import YAML

/// Documents that one change has made invalid: each is refused, and the refusal names the place.
@Suite struct PolicyMutationConformance {
    typealias Case = [String: Any]

    /// A change to a document and the field that the refusal must name.
    struct Mutation {
        let path: [Any]
        let change: (Any) -> Any?
        let names: String
    }

    @Test(arguments: [1, 2, 3] as [UInt64]) func oneChangeIsFound(seed: UInt64) throws {
        guard let folder = try Corpus.need("policies") else { return }
        var random = SeededRandom(seed: seed)
        var failures: [String] = []
        var count = 0
        for url in try PolicyConformance.folders(folder) {
            for name in ["policy.yaml", "binding.yaml"] {
                guard let data = try? Data(contentsOf: url.appendingPathComponent(name)) else { continue }
                for object in try Self.documents([UInt8](data)) {
                    guard let mutation = Self.mutation(object, &random) else { continue }
                    count += 1
                    let changed = Self.apply(mutation.change, mutation.path[...], object) as? Case ?? [:]
                    if let failure = try Self.failure(changed, mutation.names) {
                        failures.append("\(url.lastPathComponent)/\(name): \(mutation.path) \(failure)")
                    }
                }
            }
        }
        print("mutations, seed \(seed): \(count - failures.count) of \(count) are refused")
        #expect(count > 500)
        #expect(failures.isEmpty, "seed \(seed), \(failures.count):\n\(failures.prefix(30).joined(separator: "\n"))")
    }

    private static func documents(_ bytes: [UInt8]) throws -> [Case] {
        var stream = try KubernetesStream(bytes)
        var objects: [Case] = []
        while let document = try stream.next() {
            let text = document.json.withRoot { Data($0.bytes()) }
            let object = try JSONSerialization.jsonObject(with: text, options: .fragmentsAllowed)
            if let object = object as? Case, object["kind"] != nil { objects.append(object) }
        }
        return objects
    }

    /// Nil where the document is refused, and the place is named.
    private static func failure(_ object: Case, _ name: String) throws -> String? {
        let bytes = [UInt8](try JSONSerialization.data(withJSONObject: object))
        let (_, problems) = PolicySet.load([RuleFile(name: "rules.json", bytes: bytes)])
        let errors = problems.filter { $0.severity == .error }
        if errors.isEmpty { return "is accepted" }
        return errors.contains { $0.path.contains(name) } ? nil : "is refused without naming \(name): \(errors)"
    }

    // MARK: changes

    /// Keys of objects whose keys are the author's own, and of metadata, which may be anything.
    private static let open: Set<String> = ["matchLabels", "labels", "annotations", "metadata", "status"]
    private static let enums: Set<String> = [
        "failurePolicy", "matchPolicy", "scope", "reason", "operator", "reinvocationPolicy", "patchType",
        "parameterNotFoundAction",
    ]
    private static let expressions: Set<String> = ["expression", "messageExpression", "valueExpression"]
    private static let needed: Set<String> = [
        "matchConstraints", "resourceRules", "apiGroups", "apiVersions", "operations", "resources", "expression",
        "policyName", "validationActions", "valueExpression", "mutations", "patchType",
    ]

    private static func mutation(_ object: Case, _ random: inout SeededRandom) -> Mutation? {
        var all: [Mutation] = []
        collect(object["spec"] ?? [:], ["spec"], &all)
        return all.isEmpty ? nil : random.pick(all)
    }

    private static func collect(_ value: Any, _ path: [Any], _ all: inout [Mutation]) {
        if let list = value as? [Any] {
            for (index, element) in list.enumerated() { collect(element, path + [index], &all) }
        }
        guard let object = value as? Case, !open.contains(path.last as? String ?? "") else { return }
        for (key, value) in object.sorted(by: { $0.key < $1.key }) {
            let place = path + [key]
            all.append(
                Mutation(
                    path: path,
                    change: { old in
                        var object = old as? Case ?? [:]
                        object["\(key)x"] = object.removeValue(forKey: key)
                        return object
                    }, names: "\(key)x"))
            if enums.contains(key) { all.append(Mutation(path: place, change: { _ in "Nonsense" }, names: key)) }
            if expressions.contains(key), value is String {
                all.append(Mutation(path: place, change: { "\($0) +" }, names: key))
                all.append(Mutation(path: place, change: { _ in "undeclared.field == 1" }, names: key))
            }
            if needed.contains(key) { all.append(Mutation(path: place, change: { _ in nil }, names: key)) }
            collect(value, place, &all)
        }
    }

    private static func apply(_ change: (Any) -> Any?, _ path: ArraySlice<Any>, _ value: Any) -> Any? {
        guard let first = path.first else { return change(value) }
        if let index = first as? Int, var list = value as? [Any] {
            list[index] = apply(change, path.dropFirst(), list[index]) ?? NSNull()
            return list
        }
        guard let key = first as? String, var object = value as? Case else { return value }
        object[key] = apply(change, path.dropFirst(), object[key] ?? [:] as Case)
        return object
    }
}
