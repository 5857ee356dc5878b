import CEL
import CELKubernetes
import HTTP
import JSON
package import Policies

/// A webhook configuration as a document has it, held to everything that an API server of version 1.36 refuses.
package struct WebhookDocument: Sendable {
    /// An entry, and the number that it has in the list.
    package struct Entry: Sendable {
        package let webhook: Webhook
        package let index: Int
    }

    package let place: PlacedDocument
    package let phase: Webhook.Phase
    package private(set) var entries: [Entry] = []
    /// Why an API server would refuse it; then the entries say little.
    package private(set) var problems: [RuleProblem] = []

    package init(_ place: PlacedDocument) {
        self.place = place
        phase = place.kind == Webhook.Phase.mutate.kind ? .mutate : .validate
        let errors = FieldErrors()
        let root = Field(root: place.root)
        root.isObject(of: ["apiVersion", "kind", "metadata", "webhooks"], errors)
        let version = root["apiVersion"].text(errors)
        if version != WebhookRegistration.apiVersion {
            errors.add(
                "no matches for kind \(RuleText.quoted(place.kind)) in version \(RuleText.quoted(version))",
                root["apiVersion"])
        }
        let name = root["metadata"]["name"]
        for problem in NameRules.subdomain(name.text(errors)) { errors.invalid(name, name.text(errors), problem) }
        var names: Set<String> = []
        for (index, field) in root["webhooks"].elements(errors).enumerated() {
            let reader = WebhookReader(field, phase, errors)
            entries.append(Entry(webhook: reader.webhook, index: index))
            let name = reader.webhook.name
            if !name.isEmpty, !names.insert(name).inserted { errors.duplicate(field["name"], name) }
        }
        problems = errors.entries.map { place.problem($0.message, at: $0.node, path: $0.path, severity: .error) }
    }

    /// The field of an entry's rule of that number.
    func rule(_ entry: Entry, _ index: Int) -> Field? {
        let list = entry.field(in: place)?["rules"].elements(FieldErrors()) ?? []
        return list.indices.contains(index) ? list[index] : nil
    }
}

extension WebhookDocument.Entry {
    func field(in place: PlacedDocument) -> Field? {
        let list = Field(root: place.root)["webhooks"].elements(FieldErrors())
        return list.indices.contains(index) ? list[index] : nil
    }
}

/// Reads one entry.
private struct WebhookReader {
    private(set) var webhook: Webhook
    private static let fields = [
        "name", "clientConfig", "rules", "failurePolicy", "matchPolicy", "namespaceSelector", "objectSelector",
        "sideEffects", "timeoutSeconds", "admissionReviewVersions", "matchConditions",
    ]

    init(_ field: Field, _ phase: Webhook.Phase, _ errors: FieldErrors) {
        webhook = Webhook(field["name"].text(errors), phase)
        field.isObject(of: Self.fields + (phase == .mutate ? ["reinvocationPolicy"] : []), errors)
        Self.checkName(field["name"], errors)
        webhook.rules = field["rules"].elements(errors).map { rule in
            if rule["resourceNames"].isPresent {
                errors.add("unknown field \"\(rule.path).resourceNames\"", rule["resourceNames"])
            }
            return ResourceRule(rule, errors)
        }
        webhook.isFailClosed = Self.choice(field["failurePolicy"], ["Fail", "Ignore"], errors) != "Ignore"
        webhook.isEquivalent = Self.choice(field["matchPolicy"], ["Equivalent", "Exact"], errors) != "Exact"
        let effects = Self.choice(field["sideEffects"], ["None", "NoneOnDryRun"], errors)
        if effects == nil { errors.required(field["sideEffects"], "must specify one of None, NoneOnDryRun") }
        webhook.reachesOutside = effects == "NoneOnDryRun"
        webhook.isReinvoked =
            Self.choice(field["reinvocationPolicy"], ["IfNeeded", "Never"], errors) == "IfNeeded"
        readTimeout(field["timeoutSeconds"], errors)
        webhook.namespaceSelector = LabelSelector(field["namespaceSelector"], errors)
        webhook.objectSelector = LabelSelector(field["objectSelector"], errors)
        Self.checkClient(field["clientConfig"], errors)
        webhook.conditions = Self.conditions(field["matchConditions"], errors)
        Self.checkVersions(field["admissionReviewVersions"], errors)
    }

    private static func choice(_ field: Field, _ choices: [String], _ errors: FieldErrors) -> String? {
        guard let text = field.optionalText(errors) else { return nil }
        if !choices.contains(text) { errors.notSupported(field, text, choices) }
        return text
    }

    private static func checkName(_ field: Field, _ errors: FieldErrors) {
        let name = field.text(errors)
        if name.isEmpty { return errors.required(field) }
        for problem in NameRules.subdomain(name) { errors.invalid(field, name, problem) }
        if name.split(separator: ".", omittingEmptySubsequences: false).count < 3 {
            errors.invalid(field, name, "should be a domain with at least three segments separated by dots")
        }
    }

    private mutating func readTimeout(_ field: Field, _ errors: FieldErrors) {
        guard let node = field.node else { return }
        guard let seconds = node.int, (1...30).contains(seconds) else {
            return errors.invalid(
                field, json: node.text(), "the timeout value must be between 1 and 30 seconds")
        }
        webhook.timeoutSeconds = Int(seconds)
    }

    // MARK: whom it asks

    private static func checkClient(_ field: Field, _ errors: FieldErrors) {
        field.isObject(of: ["url", "service", "caBundle"], errors)
        let (url, service, bundle) = (field["url"], field["service"], field["caBundle"])
        if url.isPresent == service.isPresent {
            errors.required(field, "exactly one of url or service is required")
        } else if url.isPresent {
            checkURL(url, errors)
        } else {
            checkService(service, errors)
        }
        if let text = bundle.optionalText(errors), !text.isEmpty, let problem = AuthorityBundle.problem(base64: text) {
            errors.add("Invalid value: \(problem)", bundle)
        }
    }

    private static func checkURL(_ field: Field, _ errors: FieldErrors) {
        if let problem = WebhookAddress.problem(field.text(errors)) {
            errors.invalid(field, field.text(errors), problem)
        }
    }

    private static func checkService(_ field: Field, _ errors: FieldErrors) {
        field.isObject(of: ["namespace", "name", "path", "port"], errors)
        for name in ["name", "namespace"] where field[name].text(errors).isEmpty {
            errors.required(field[name], "service \(name) is required")
        }
        if let node = field["port"].node, !(node.int.map { (1...65535).contains($0) } ?? false) {
            errors.invalid(
                field["port"], json: node.text(), "port is not valid: must be between 1 and 65535, inclusive")
        }
        guard let path = field["path"].optionalText(errors), !path.isEmpty, path != "/" else { return }
        guard path.hasPrefix("/") else { return errors.invalid(field["path"], path, "must start with a '/'") }
        var segments = path.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
        if segments.last?.isEmpty == true { segments.removeLast() }
        for (index, segment) in segments.enumerated() {
            if segment.isEmpty { errors.invalid(field["path"], path, "segment[\(index)] may not be empty") }
            for problem in segment.isEmpty ? [] : NameRules.subdomain(String(segment)) {
                errors.invalid(field["path"], path, "segment[\(index)]: \(problem)")
            }
        }
    }

    private static func checkVersions(_ field: Field, _ errors: FieldErrors) {
        let versions = field.texts(errors)
        if versions.isEmpty { return errors.required(field, "must specify one of v1, v1beta1") }
        var seen: Set<String> = []
        for (version, place) in zip(versions, field.elements(FieldErrors())) {
            if !seen.insert(version).inserted { errors.invalid(place, version, "duplicate version") }
            for problem in NameRules.label1035(version) { errors.invalid(place, version, problem) }
        }
        if seen.isDisjoint(with: ["v1", "v1beta1"]) {
            errors.add("Invalid value: must include at least one of v1, v1beta1", field)
        }
    }

    // MARK: conditions

    private static func conditions(_ list: Field, _ errors: FieldErrors) -> [ActiveRule.Condition] {
        let elements = list.elements(errors)
        if elements.count > PushedConditions.conditionsMax {
            errors.tooMany(list, elements.count, PushedConditions.conditionsMax)
        }
        var names: Set<String> = []
        let environment = Environment.admission(AdmissionVariables(hasAuthorizer: true))
        return elements.map { field in
            field.isObject(of: ["name", "expression"], errors)
            let (name, text) = (field["name"].text(errors), field["expression"].text(errors))
            if name.isEmpty { errors.required(field["name"]) }
            for problem in name.isEmpty ? [] : NameRules.qualified(name) {
                errors.invalid(field["name"], name, problem)
            }
            if !name.isEmpty, !names.insert(name).inserted { errors.duplicate(field["name"], name) }
            if text.isEmpty {
                errors.required(field["expression"])
            } else {
                check(text, environment, field["expression"], errors)
            }
            return ActiveRule.Condition(name: name, expression: text)
        }
    }

    private static func check(
        _ text: String, _ environment: Environment, _ field: Field, _ errors: FieldErrors
    ) {
        switch environment.compile(text) {
        case .success(let checked):
            if checked.resultType != .bool { errors.invalid(field, text, "must evaluate to bool") }
        case .failure(let failure): errors.invalid(field, text, "compilation failed: \(failure)")
        }
    }
}

/// The address of a webhook, as an API server takes it.
package enum WebhookAddress {
    /// What is wrong with it; nil when nothing is.
    package static func problem(_ text: String) -> String? {
        let form = "; desired format: https://host[/path]"
        do throws(HTTPURL.Problem) {
            let url = try HTTPURL(text)
            if !url.isSecure { return "'https' is the only allowed URL scheme" + form }
            return text.contains("?") ? "query parameters are not permitted in the URL" : nil
        } catch .userInfo {
            return "user information is not permitted in the URL"
        } catch .fragment {
            return "fragments are not permitted in the URL"
        } catch {
            return "\(error.sentence)" + form
        }
    }
}
