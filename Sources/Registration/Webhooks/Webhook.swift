import Admission
import JSON
package import Policies

/// Where an API server sends reviews.
package enum WebhookTarget: Hashable, Sendable {
    /// A Service of the cluster.
    case service(namespace: String, name: String, port: Int)
    /// An address; paths are added to it.
    case url(String)
}

/// One entry of a webhook configuration.
package struct Webhook: Sendable {
    package enum Phase: String, Sendable, CaseIterable {
        case mutate, validate

        /// The kind of the configurations that have such entries.
        package var kind: String {
            self == .mutate ? "MutatingWebhookConfiguration" : "ValidatingWebhookConfiguration"
        }
    }

    package var name: String
    package var phase: Phase
    /// What comes after the target's own address.
    package var path = ""
    package var isFailClosed = true
    package var rules: [ResourceRule] = []
    package var isEquivalent = true
    package var namespaceSelector = LabelSelector.everything
    package var objectSelector = LabelSelector.everything
    package var conditions: [ActiveRule.Condition] = []
    package var timeoutSeconds = 10
    package var reachesOutside = false
    package var isReinvoked = false
    /// The rules that it is there for.
    package var reasons: [ActiveRule] = []

    package init(_ name: String, _ phase: Phase) { (self.name, self.phase) = (name, phase) }
}

// MARK: as JSON

extension Webhook {
    /// Writes the entry with everything said that the API server would add, so that what it has can be compared.
    func write(to builder: inout JSONBuilder, _ target: WebhookTarget, caBundle: String) {
        builder.beginObject()
        builder.member("name", name)
        builder.key("admissionReviewVersions")
        builder.texts(["v1"])
        builder.key("clientConfig")
        write(target, caBundle: caBundle, to: &builder)
        builder.member("failurePolicy", isFailClosed ? "Fail" : "Ignore")
        if !conditions.isEmpty { writeConditions(&builder) }
        builder.member("matchPolicy", isEquivalent ? "Equivalent" : "Exact")
        builder.key("namespaceSelector")
        builder.selector(namespaceSelector)
        builder.key("objectSelector")
        builder.selector(objectSelector)
        if phase == .mutate { builder.member("reinvocationPolicy", isReinvoked ? "IfNeeded" : "Never") }
        builder.key("rules")
        builder.beginArray()
        for rule in rules { builder.rule(rule) }
        builder.endArray()
        builder.member("sideEffects", reachesOutside ? "NoneOnDryRun" : "None")
        builder.key("timeoutSeconds")
        builder.int(Int64(timeoutSeconds))
        builder.endObject()
    }

    private func write(_ target: WebhookTarget, caBundle: String, to builder: inout JSONBuilder) {
        builder.beginObject()
        if !caBundle.isEmpty { builder.member("caBundle", caBundle) }
        switch target {
        case .service(let namespace, let name, let port):
            builder.key("service")
            builder.beginObject()
            builder.member("name", name)
            builder.member("namespace", namespace)
            builder.member("path", path)
            builder.key("port")
            builder.int(Int64(port))
            builder.endObject()
        case .url(let url): builder.member("url", url + path)
        }
        builder.endObject()
    }

    private func writeConditions(_ builder: inout JSONBuilder) {
        builder.key("matchConditions")
        builder.beginArray()
        for condition in conditions {
            builder.beginObject()
            builder.member("name", condition.name)
            builder.member("expression", condition.expression)
            builder.endObject()
        }
        builder.endArray()
    }
}

extension JSONBuilder {
    mutating func member(_ name: StaticString, _ text: String) {
        key(name)
        string(text)
    }

    /// A kind or a resource, as reviews name it.
    mutating func triple(
        _ key: StaticString, _ group: String, _ version: String, _ last: StaticString, _ value: String
    ) {
        self.key(key)
        beginObject()
        member("group", group)
        member("version", version)
        member(last, value)
        endObject()
    }

    mutating func texts(_ texts: [String]) {
        beginArray()
        for text in texts { string(text) }
        endArray()
    }

    mutating func rule(_ rule: ResourceRule) {
        beginObject()
        key("apiGroups")
        texts(rule.groups)
        key("apiVersions")
        texts(rule.versions)
        key("operations")
        texts(rule.operations.names)
        key("resources")
        texts(rule.resources.map(\.text))
        member("scope", rule.scope == .all ? "*" : rule.scope == .cluster ? "Cluster" : "Namespaced")
        endObject()
    }

    mutating func selector(_ selector: LabelSelector) {
        beginObject()
        if !selector.isEmpty {
            key("matchExpressions")
            beginArray()
            for requirement in selector.requirements {
                beginObject()
                member("key", requirement.key)
                member("operator", requirement.operation.name)
                if !requirement.values.isEmpty {
                    key("values")
                    texts(requirement.values)
                }
                endObject()
            }
            endArray()
        }
        endObject()
    }
}

extension LabelSelector.Operator {
    /// The word for it in selectors.
    var name: String {
        switch self {
        case .isIn: "In"
        case .isNotIn: "NotIn"
        case .exists: "Exists"
        case .doesNotExist: "DoesNotExist"
        }
    }
}

extension OperationSet {
    package static let create = OperationSet(.create)
    package static let update = OperationSet(.update)
    package static let delete = OperationSet(.delete)
    package static let connect = OperationSet(.connect)

    /// The words for it in rules.
    package var names: [String] {
        if self == .all { return ["*"] }
        return ReviewOperation.allCases.filter { contains(OperationSet($0)) }.map(\.name.description)
    }
}
