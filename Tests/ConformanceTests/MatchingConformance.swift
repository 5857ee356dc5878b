import Admission
import Foundation
import JSON
import TestSupport
import Testing

@testable import Policies

/// Which requests rules and selectors are about.
@Suite struct MatchingConformance {
    typealias Case = [String: Any]

    /// The resources that the upstream tests take to be the same.
    static let deployments: EquivalentResources = {
        let versions = [("extensions", "v1beta1"), ("apps", "v1beta1"), ("apps", "v1")]
        let whole = versions.map { VersionedResource($0.0, $0.1, "deployments", kind: "Deployment") }
        let scales = versions.map { group, version in
            VersionedResource(
                group, version, "deployments", kind: "Scale",
                kindGroup: group == "extensions"
                    ? "extensions" : group == "apps" && version == "v1" ? "autoscaling" : "apps",
                kindVersion: version)
        }
        return EquivalentResources([("", whole), ("scale", scales)])
    }()

    /// A case of the upstream test that the API never lets happen: a selector that was not defaulted matches nothing.
    static let exceptions: Set<String> = ["no rules (just write)"]

    static func document(_ value: Any) throws -> JSONDocument {
        try JSONDocument(
            parsing: [UInt8](try JSONSerialization.data(withJSONObject: value, options: .fragmentsAllowed)))
    }

    /// The review of a request that the corpus describes, whatever it leaves empty.
    static func review(_ request: Case) throws -> (JSONDocument, AdmissionReview) {
        var request = request
        func filled(_ key: String, _ last: String) -> Case {
            var triple = request[key] as? Case ?? [:]
            for name in ["version", last] where (triple[name] as? String ?? "").isEmpty { triple[name] = "none" }
            return triple
        }
        request["kind"] = filled("kind", "kind")
        request["resource"] = filled("resource", "resource")
        request["uid"] = "u"
        let document = try document([
            "kind": "AdmissionReview", "apiVersion": "admission.k8s.io/v1", "request": request,
        ])
        return (document, try AdmissionReview(decoding: document.root))
    }

    static func match(
        _ resources: MatchResources, _ review: AdmissionReview, _ equivalents: EquivalentResources,
        labels: JSONNode? = nil
    ) -> RuleHits.Match {
        let others = equivalents.others(
            group: JSONText(review.resource.group), version: JSONText(review.resource.version),
            resource: JSONText(review.resource.resource), part: JSONText(review.subResource))
        return RuleHits(resources, review, others).match(review, NamespaceFacts(labels: labels))
    }

    @Test func constraints() throws {
        guard let folder = try Corpus.need("k8s-cel/matching") else { return }
        let cases = try #require(try Corpus.json("k8s-cel/matching/criteria.json", in: folder) as? [Case])
        for test in cases {
            let name = test["name"] as? String ?? ""
            guard !Self.exceptions.contains(name) else { continue }
            var criteria = test["matchResources"] as? Case ?? [:]
            // The types that the upstream tests make are not defaulted: what says nothing is exact.
            if criteria["matchPolicy"] == nil { criteria["matchPolicy"] = "Exact" }
            let rules = try Self.document(criteria)
            let (document, review) = try Self.review(test["request"] as? Case ?? [:])
            let match = Self.match(MatchResources(Field(root: rules.root), FieldErrors()), review, Self.deployments)
            let expected = test["expect"] as? Case ?? [:]
            withExtendedLifetime((rules, document)) {
                switch match {
                case .nothing: #expect(expected["match"] as? Bool == false, "\(name)")
                case .something(let other):
                    #expect(expected["match"] as? Bool == true, "\(name)")
                    let resource = other.map { "\($0.group)/\($0.version), Resource=\($0.resource)" } ?? "/, Resource="
                    #expect(expected["resource"] as? String == resource, "\(name)")
                    guard let other, other.kind != "Scale" else { return }
                    let kind = "\(other.kindGroup)/\(other.kindVersion), Kind=\(other.kind)"
                    #expect(expected["kind"] as? String == kind, "\(name)")
                }
            }
        }
    }

    /// A rule of which only one side is looked at: the others match everything.
    @Test func rules() throws {
        guard let folder = try Corpus.need("k8s-cel/matching") else { return }
        let cases = try #require(try Corpus.json("k8s-cel/matching/rules.json", in: folder) as? [Case])
        for test in cases {
            var rule: Case = [
                "operations": ["*"], "apiGroups": ["*"], "apiVersions": ["*"], "resources": ["*", "*/*"],
            ]
            for (key, value) in test["rule"] as? Case ?? [:] { rule[key] = value }
            // The scope is judged on its own, whatever part of the resource is asked for.
            if test["facet"] as? String == "scope" { rule["resources"] = ["*", "*/*"] }
            let rules = try Self.document(["resourceRules": [rule]])
            let (document, review) = try Self.review(test["request"] as? Case ?? [:])
            let match = Self.match(
                MatchResources(Field(root: rules.root), FieldErrors()), review, EquivalentResources([]))
            let isMatch = if case .something = match { true } else { false }
            #expect(isMatch == test["expect_match"] as? Bool, "\(test["name"] ?? ""): \(test["rule"] ?? "")")
            withExtendedLifetime((rules, document)) {}
        }
    }

    @Test func objectSelectors() throws {
        guard let folder = try Corpus.need("k8s-cel/matching") else { return }
        let cases = try #require(try Corpus.json("k8s-cel/matching/object-selector.json", in: folder) as? [Case])
        for test in cases {
            let rules = try Self.document(["objectSelector": test["selector"] ?? [:]])
            let (document, review) = try Self.review(test["request"] as? Case ?? [:])
            let match = Self.match(
                MatchResources(Field(root: rules.root), FieldErrors()), review, EquivalentResources([]))
            let isMatch = if case .something = match { true } else { false }
            #expect(isMatch == test["expect_match"] as? Bool, "\(test["name"] ?? "")")
            withExtendedLifetime((rules, document)) {}
        }
    }

    /// Which labels count: a selector for exactly those expected must match, and one for others must not.
    @Test func namespaceLabels() throws {
        guard let folder = try Corpus.need("k8s-cel/matching") else { return }
        let cases = try #require(try Corpus.json("k8s-cel/matching/namespace-labels.json", in: folder) as? [Case])
        for test in cases {
            let (document, review) = try Self.review(test["request"] as? Case ?? [:])
            let spaces = try Self.document(test["namespaces"] ?? [:])
            let labels = spaces.root[review.namespace.string]?["metadata"]?["labels"]
            for (key, value) in test["expect_labels"] as? [String: String] ?? [:] {
                for (wanted, isMatch) in [(value, true), ("\(value)x", false)] {
                    let rules = try Self.document(["namespaceSelector": ["matchLabels": [key: wanted]]])
                    let resources = MatchResources(Field(root: rules.root), FieldErrors())
                    let match = Self.match(resources, review, EquivalentResources([]), labels: labels)
                    let isSomething = if case .something = match { true } else { false }
                    #expect(isSomething == isMatch, "\(test["name"] ?? "")")
                }
            }
            withExtendedLifetime((document, spaces)) {}
        }
    }
}
