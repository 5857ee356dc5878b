/// What the API server adds to objects, and what it refuses about them.
enum ObjectRules {
    private static let bytesMax = 1_048_576

    /// Fields that stand in every object of a kind although nobody wrote them.
    static func defaulted(_ value: Value, _ kind: KindTable.Entry) -> Value {
        var value = value
        if kind.plural == "secrets", value["type"] == .null { value["type"] = "Opaque" }
        guard kind.kind.hasSuffix("WebhookConfiguration"), value["webhooks"].isArray else { return value }
        value["webhooks"] = .array(value["webhooks"].elements.map { webhook($0, kind) })
        return value
    }

    private static func webhook(_ webhook: Value, _ kind: KindTable.Entry) -> Value {
        let usual: [String: Value] = [
            "failurePolicy": "Fail", "matchPolicy": "Equivalent", "namespaceSelector": [:], "objectSelector": [:],
            "timeoutSeconds": 10,
        ]
        var webhook = webhook
        for (key, value) in usual where webhook[key] == .null { webhook[key] = value }
        if kind.kind.hasPrefix("Mutating"), webhook["reinvocationPolicy"] == .null {
            webhook["reinvocationPolicy"] = "Never"
        }
        if webhook["clientConfig"]["service"].isObject, webhook["clientConfig"]["service"]["port"] == .null {
            webhook["clientConfig"]["service"]["port"] = 443
        }
        if webhook["rules"].isArray {
            webhook["rules"] = .array(
                webhook["rules"].elements.map { rule in
                    var rule = rule
                    if rule["scope"] == .null { rule["scope"] = "*" }
                    return rule
                })
        }
        return webhook
    }

    /// Complaints about an object; `old` is what it was before.
    static func problems(_ value: Value, _ old: Value?, _ kind: KindTable.Entry) -> [FieldProblem] {
        var problems: [FieldProblem] = []
        switch kind.kind {
        case "Secret":
            problems += data(value, kind)
            if let old, old["type"] != value["type"] {
                problems.append(.invalid("type", value["type"].json, "field is immutable"))
            }
            if value["type"] == "kubernetes.io/tls" {
                for name in ["tls.crt", "tls.key"] where value["data"][name] == .null {
                    problems.append(.required("data[\(name)]"))
                }
            }
        case "ConfigMap": problems += data(value, kind)
        case "ValidatingWebhookConfiguration", "MutatingWebhookConfiguration":
            for (index, webhook) in value["webhooks"].elements.enumerated() {
                problems += WebhookRules.problems(webhook, "webhooks[\(index)]", value["webhooks"].elements[..<index])
            }
        default: break
        }
        return problems
    }

    private static func data(_ value: Value, _ kind: KindTable.Entry) -> [FieldProblem] {
        let isEncoded = kind.kind == "Secret"
        var bytes = 0
        for (name, entry) in value["data"].members {
            let isKey = name.utf8.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20)
                    || [0x2D, 0x2E, 0x5F].contains(byte)
            }
            if !isKey || name.isEmpty {
                return [
                    .invalid(
                        "data[\(name)]", "\"\(name)\"",
                        "a valid config key must consist of alphanumeric characters, '-', '_' or '.'")
                ]
            }
            let count = entry.text?.utf8.count ?? 0
            bytes += isEncoded ? count / 4 * 3 : count + name.utf8.count
        }
        return bytes > bytesMax
            ? [.tooLong(isEncoded ? "data" : "[]", "may not be more than \(bytesMax) bytes")] : []
    }
}

/// What the API server refuses about webhooks.
private enum WebhookRules {
    static func problems(_ webhook: Value, _ path: String, _ before: ArraySlice<Value>) -> [FieldProblem] {
        var problems: [FieldProblem] = []
        let name = webhook["name"].text ?? ""
        if name.isEmpty { problems.append(.required("\(path).name")) }
        if !name.isEmpty, name.split(separator: ".", omittingEmptySubsequences: false).count < 3 {
            problems.append(
                .invalid(
                    "\(path).name", "\"\(name)\"", "should be a domain with at least three segments separated by dots"))
        }
        if before.contains(where: { $0["name"] == webhook["name"] }) {
            problems.append(
                FieldProblem(field: "\(path).name", type: "FieldValueDuplicate", body: "Duplicate value: \"\(name)\""))
        }
        problems += clientConfig(webhook["clientConfig"], "\(path).clientConfig")
        problems += choices(webhook, path)
        if webhook["admissionReviewVersions"].elements.isEmpty {
            problems.append(.required("\(path).admissionReviewVersions", "must specify one of v1, v1beta1"))
        }
        if case .int(let seconds) = webhook["timeoutSeconds"], !(1...30).contains(seconds) {
            problems.append(
                .invalid("\(path).timeoutSeconds", "\(seconds)", "the timeout value must be between 1 and 30 seconds"))
        }
        for (index, rule) in webhook["rules"].elements.enumerated() {
            for field in ["apiGroups", "apiVersions", "operations", "resources"] where rule[field].elements.isEmpty {
                problems.append(.required("\(path).rules[\(index)].\(field)"))
            }
        }
        for (index, condition) in webhook["matchConditions"].elements.enumerated() {
            for field in ["name", "expression"] where condition[field].text?.isEmpty != false {
                problems.append(.required("\(path).matchConditions[\(index)].\(field)"))
            }
        }
        return problems
    }

    private static func choices(_ webhook: Value, _ path: String) -> [FieldProblem] {
        let all: [(String, [String])] = [
            ("failurePolicy", ["Fail", "Ignore"]), ("matchPolicy", ["Equivalent", "Exact"]),
            ("sideEffects", ["None", "NoneOnDryRun"]),
        ]
        return all.compactMap { field, choices in
            guard let text = webhook[field].text else {
                return webhook[field] == .null ? .required("\(path).\(field)") : nil
            }
            return choices.contains(text) ? nil : .unsupported("\(path).\(field)", text, choices)
        }
    }

    private static func clientConfig(_ config: Value, _ path: String) -> [FieldProblem] {
        guard (config["url"] == .null) != (config["service"] == .null) else {
            return [.required(path, "exactly one of url or service is required")]
        }
        var problems: [FieldProblem] = []
        if let url = config["url"].text, !url.hasPrefix("https://") {
            problems.append(.invalid("\(path).url", "\"\(url)\"", "'https' is the only allowed URL scheme"))
        }
        for field in ["name", "namespace"]
        where config["service"].isObject && config["service"][field].text?.isEmpty != false {
            problems.append(.required("\(path).service.\(field)"))
        }
        return problems
    }
}
