import Admission
import JSON

/// A text of a request that is compared with texts of rules.
struct JSONText {
    let text: ReviewText

    init(_ text: ReviewText) { self.text = text }

    @inline(__always) func equals(_ other: String) -> Bool {
        guard let node = text.node else { return other.isEmpty }
        return node.equals(other.utf8.span)
    }

    /// Whether rules name it, or name everything.
    func isOne(of list: [String]) -> Bool {
        for index in list.indices where list[index] == "*" || equals(list[index]) { return true }
        return false
    }
}

/// A rule that is about what a request does to what, with the conditions that each request must still be held to.
struct RuleHit {
    let names: [String]
    let scope: ResourceRule.Scope
    /// The version that the rule names, where the request names another.
    let equivalent: VersionedResource?
    /// Whether the resource that the rule is about is the namespaces themselves.
    let isNamespaces: Bool

    func admits(_ review: AdmissionReview) -> Bool {
        switch scope {
        case .all: break
        case .cluster: if !isNamespaces, !review.namespace.isEmpty { return false }
        case .namespaced: if isNamespaces || review.namespace.isEmpty { return false }
        }
        if names.isEmpty { return true }
        let name = JSONText(review.name)
        for index in names.indices where name.equals(names[index]) { return true }
        return false
    }
}

/// The rules of one `matchResources` that are about what a request does to what.
struct RuleHits {
    let selectors: MatchResources
    /// Without rules everything matches.
    let hasRules: Bool
    let hits: [RuleHit]
    let exclusions: [RuleHit]

    init(_ match: MatchResources, _ review: AdmissionReview, _ equivalents: [VersionedResource]) {
        selectors = match
        hasRules = !match.rules.isEmpty
        let others = match.isEquivalent ? equivalents : []
        hits = Self.hits(match.rules, review, others)
        exclusions = Self.hits(match.exclusions, review, others)
    }

    /// Whether a request of this sort can match at all.
    var isPossible: Bool { !hasRules || !hits.isEmpty }

    /// First the rules that name what the request names; then, rule by rule, those that name an equivalent.
    private static func hits(
        _ rules: [ResourceRule], _ review: AdmissionReview, _ equivalents: [VersionedResource]
    ) -> [RuleHit] {
        var hits: [RuleHit] = []
        let fitting = rules.filter {
            $0.operations.contains(OperationSet(review.operation)) && hasResource($0, review, nil)
        }
        for rule in fitting
        where JSONText(review.resource.group).isOne(of: rule.groups)
            && JSONText(review.resource.version).isOne(of: rule.versions)
        {
            hits.append(hit(rule, review, nil))
        }
        for rule in rules where rule.operations.contains(OperationSet(review.operation)) {
            for other in equivalents
            where has(rule.groups, other.group) && has(rule.versions, other.version)
                && hasResource(rule, review, other)
            {
                hits.append(hit(rule, review, other))
            }
        }
        return hits
    }

    private static func has(_ list: [String], _ text: String) -> Bool { list.contains("*") || list.contains(text) }

    private static func hasResource(
        _ rule: ResourceRule, _ review: AdmissionReview, _ other: VersionedResource?
    ) -> Bool {
        let name = JSONText(review.resource.resource)
        let part = JSONText(review.subResource)
        return rule.resources.contains { resource in
            let isNamed =
                resource.name == "*" || (other.map { $0.resource == resource.name } ?? name.equals(resource.name))
            return isNamed && (resource.part == "*" || part.equals(resource.part))
        }
    }

    private static func hit(
        _ rule: ResourceRule, _ review: AdmissionReview, _ other: VersionedResource?
    ) -> RuleHit {
        let isNamespaces =
            other.map { $0.group.isEmpty && $0.version == "v1" && $0.resource == "namespaces" }
            ?? review.resource.isNamespaces
        return RuleHit(names: rule.names, scope: rule.scope, equivalent: other, isNamespaces: isNamespaces)
    }

    /// What a request matched.
    enum Match {
        case nothing
        /// A rule, or everything.
        case something(VersionedResource?)
    }

    /// Holds a request to the selectors, and to what the rules say of names and scopes.
    func match(_ review: AdmissionReview, _ namespace: NamespaceFacts) -> Match {
        guard namespace.fits(selectors.namespaceSelector, review) else { return .nothing }
        guard Self.fitsObject(selectors.objectSelector, review) else { return .nothing }
        for index in exclusions.indices where exclusions[index].admits(review) { return .nothing }
        if !hasRules { return .something(nil) }
        for index in hits.indices where hits[index].admits(review) { return .something(hits[index].equivalent) }
        return .nothing
    }

    static func fitsObject(_ selector: LabelSelector, _ review: AdmissionReview) -> Bool {
        selector.isEmpty || fits(selector, review.object) || fits(selector, review.oldObject)
    }

    /// What has no metadata has no labels to select by.
    private static func fits(_ selector: LabelSelector, _ object: JSONNode?) -> Bool {
        guard let metadata = object?["metadata"], metadata.isObject else { return false }
        return selector.matches(metadata["labels"])
    }
}

extension ReviewResource {
    /// Whether these are the namespaces of the core group.
    var isNamespaces: Bool { group.isEmpty && version.equals("v1") && resource.equals("namespaces") }
}

/// What is known of the namespace that a request is in.
struct NamespaceFacts {
    /// The namespace's labels, as they are kept.
    let labels: JSONNode?

    func fits(_ selector: LabelSelector, _ review: AdmissionReview) -> Bool {
        let isNamespace = review.resource.resource.equals("namespaces")
        if selector.isEmpty || (review.namespace.isEmpty && !isNamespace) { return true }
        let isWritten = review.operation == .create || review.operation == .update
        if isNamespace, review.subResource.isEmpty, isWritten {
            return selector.matches(review.object?["metadata"]?["labels"])
        }
        return selector.matches(labels)
    }
}

/// The policies that a sort of request can match, with their bindings that can: found once for each sort.
public final class MatchPlan {
    final class Candidate {
        let bound: BoundPolicy
        let hits: RuleHits
        let bindings: [Binding]

        init(_ bound: BoundPolicy, _ hits: RuleHits, _ bindings: [Binding]) {
            self.bound = bound
            self.hits = hits
            self.bindings = bindings
        }
    }

    final class Binding {
        let binding: PolicyBinding
        /// Nil where the binding is about everything that its policy is about.
        let hits: RuleHits?

        init(_ binding: PolicyBinding, _ hits: RuleHits?) {
            self.binding = binding
            self.hits = hits
        }
    }

    let candidates: [Candidate]

    /// How many there are.
    public var count: Int { candidates.count }

    /// The hook at a place.
    public func hook(_ index: Int) -> HookRule { candidates[index].bound.hook }

    /// Whether any of them asks somebody outside of this process.
    public let hasOthers: Bool

    init(_ list: [BoundPolicy], _ review: AdmissionReview, _ equivalents: EquivalentResources) {
        let others = equivalents.others(
            group: JSONText(review.resource.group), version: JSONText(review.resource.version),
            resource: JSONText(review.resource.resource), part: JSONText(review.subResource))
        candidates = list.compactMap { bound in
            let hits = RuleHits(bound.policy.match, review, others)
            guard hits.isPossible, !bound.bindings.isEmpty || !bound.isEvaluated else { return nil }
            let bindings = bound.bindings.compactMap { binding -> Binding? in
                guard let match = binding.match else { return Binding(binding, nil) }
                let hits = RuleHits(match, review, others)
                return hits.isPossible ? Binding(binding, hits) : nil
            }
            return Candidate(bound, hits, bindings)
        }
        hasOthers = candidates.contains { $0.bound.hook.asksOthers }
    }
}

/// The plans of the sorts of requests that were seen lately. A sort is an operation on a resource or a part of one.
struct MatchPlans<Plan> {
    private struct Entry {
        let operation: ReviewOperation
        let group: String
        let version: String
        let resource: String
        let part: String
        let hash: UInt64
        let plan: Plan
    }

    private static var entriesMax: Int { 4096 }
    /// By hash: entries that share one lie behind each other.
    private var entries: [UInt64: [Entry]] = [:]
    private var count = 0

    /// The plan for a request.
    mutating func plan(for review: AdmissionReview, _ make: () -> Plan) -> Plan {
        let hash = Self.hash(review)
        if let list = entries[hash] {
            for index in list.indices where Self.isSame(list[index], review) { return list[index].plan }
        }
        return keep(make(), review, hash)
    }

    @inline(never)
    private mutating func keep(_ plan: Plan, _ review: AdmissionReview, _ hash: UInt64) -> Plan {
        if count >= Self.entriesMax {
            entries.removeAll()
            count = 0
        }
        count += 1
        entries[hash, default: []].append(
            Entry(
                operation: review.operation, group: review.resource.group.string,
                version: review.resource.version.string, resource: review.resource.resource.string,
                part: review.subResource.string, hash: hash, plan: plan))
        return plan
    }

    private static func isSame(_ entry: Entry, _ review: AdmissionReview) -> Bool {
        entry.operation == review.operation && JSONText(review.resource.resource).equals(entry.resource)
            && JSONText(review.resource.group).equals(entry.group)
            && JSONText(review.resource.version).equals(entry.version)
            && JSONText(review.subResource).equals(entry.part)
    }

    private static func hash(_ review: AdmissionReview) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325 ^ UInt64(review.operation.rawValue)
        func add(_ text: ReviewText) {
            text.withUTF8 { bytes in
                for index in bytes.indices { hash = (hash ^ UInt64(bytes[index])) &* 0x100_0000_01B3 }
            }
            hash = (hash ^ 0xFF) &* 0x100_0000_01B3
        }
        add(review.resource.group)
        add(review.resource.version)
        add(review.resource.resource)
        add(review.subResource)
        return hash
    }
}

/// Requests that no policy is asked about.
enum ExemptRequests {
    /// Rules themselves, so that a bad one can be taken away, and questions about who somebody is and what he may do.
    static func isExempt(_ review: AdmissionReview) -> Bool {
        let group = review.requestKind.group
        if group.equals("admissionregistration.k8s.io") {
            return isOne(
                review.requestKind.kind,
                [
                    "ValidatingWebhookConfiguration", "MutatingWebhookConfiguration", "ValidatingAdmissionPolicy",
                    "ValidatingAdmissionPolicyBinding", "MutatingAdmissionPolicy", "MutatingAdmissionPolicyBinding",
                ])
        }
        let resource = review.requestResource
        if resource.group.equals("authentication.k8s.io") {
            return isOne(resource.resource, ["selfsubjectreviews", "tokenreviews"])
        }
        if resource.group.equals("authorization.k8s.io") {
            return isOne(
                resource.resource,
                [
                    "localsubjectaccessreviews", "selfsubjectaccessreviews", "selfsubjectrulesreviews",
                    "subjectaccessreviews",
                ])
        }
        return false
    }

    private static func isOne(_ text: ReviewText, _ names: [StaticString]) -> Bool {
        for index in names.indices where text.equals(names[index]) { return true }
        return false
    }
}
