import JSON
import YAML

/// Reads the documents of rule files one after the other, and keeps what is sound.
struct RuleLoader {
    private(set) var rules = RuleDocuments()
    private(set) var objects: [(kind: ParamKind, node: JSONNode)] = []
    private(set) var documents: [JSONDocument] = []
    private(set) var problems: [RuleProblem] = []

    /// Registrations among the documents, if somebody has use for them.
    private(set) var configurations: [PlacedDocument] = []
    /// Documents of the server's configuration, likewise.
    private(set) var servers: [PlacedDocument] = []
    private let keepsConfigurations: Bool

    /// `keepsConfigurations`: whether webhook configurations among the rules are kept, rather than warned of.
    init(keepsConfigurations: Bool = false) { self.keepsConfigurations = keepsConfigurations }

    private typealias Origin = PlacedDocument

    /// The documents by kind and name, which must be different.
    private var origins: [String: Origin] = [:]
    /// The files of rules that were kept from an earlier set, by kind and name.
    private var keptSources: [String: String] = [:]
    private var isContext = false

    private static let group = "admissionregistration.k8s.io"
    private static let versions: Set<String> = ["v1", "v1beta1", "v1alpha1"]
    /// Rules of no other group are called so: who writes another has mistaken it.
    private static let ruleKinds: Set<String> = [
        "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding", "MutatingAdmissionPolicy",
        "MutatingAdmissionPolicyBinding",
    ]
    private static let ownGroup = "portcullis.dev/"
    private static let ownVersion = "portcullis.dev/v1"
    /// A server's configuration and tests may lie beside rules.
    private static let ownKinds: Set<String> = ["Hook", "Server", "Test"]

    /// Reads a file. Of context only objects are taken.
    mutating func read(_ file: RuleFile, isContext: Bool = false) {
        self.isContext = isContext
        do throws(YAMLError) {
            var stream = try KubernetesStream(file.bytes)
            while let document = nextDocument(&stream, file) { read(document, file) }
        } catch {
            add(error, file)
        }
    }

    /// The next document that can be read; an error in one does not hide those after it.
    private mutating func nextDocument(_ stream: inout KubernetesStream, _ file: RuleFile) -> YAMLDocument? {
        while true {
            do throws(YAMLError) {
                return try stream.next()
            } catch {
                add(error, file)
            }
        }
    }

    private mutating func add(_ error: YAMLError, _ file: RuleFile) {
        problems.append(
            RuleProblem(
                file: file.name, line: error.line, column: error.column, severity: .error, message: error.message,
                path: "", document: ""))
    }

    private mutating func read(_ document: YAMLDocument, _ file: RuleFile) {
        documents.append(document.json)
        let root = document.json.root
        if root.isNull { return }
        read(root, document, file, depth: 0)
    }

    private static let listDepthMax = 4

    private mutating func read(_ root: JSONNode, _ document: YAMLDocument, _ file: RuleFile, depth: Int) {
        let apiVersion = root["apiVersion"]?.string ?? ""
        let kind = root["kind"]?.string ?? ""
        let name = root["metadata"]?["name"]?.string ?? ""
        let title = name.isEmpty ? kind : "\(kind) \(name)"
        let origin = Origin(file: file.name, document: document, root: root, title: title, kind: kind)
        guard root.isObject else { return add("must be an object with apiVersion and kind", origin) }
        if apiVersion.isEmpty { return add("Required value", origin, path: "apiVersion") }
        if kind.isEmpty { return add("Required value", origin, path: "kind") }
        if kind.hasSuffix("List"), let items = root["items"], items.isArray, depth < Self.listDepthMax {
            for item in items.elements { read(item, document, file, depth: depth + 1) }
            return
        }
        read(origin, apiVersion: apiVersion, name: name)
    }

    private mutating func read(_ origin: Origin, apiVersion: String, name: String) {
        let parts = apiVersion.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        if parts.count == 2, parts[0] == Self.group, !isContext {
            guard Self.versions.contains(parts[1]), readRule(origin, name) else {
                return add("no matches for kind \"\(origin.kind)\" in version \"\(apiVersion)\"", origin, path: "kind")
            }
            return
        }
        if apiVersion.hasPrefix(Self.ownGroup) { return readOwn(origin, apiVersion, name) }
        if Self.ruleKinds.contains(origin.kind), !isContext {
            return add(
                "no matches for kind \"\(origin.kind)\" in version \"\(apiVersion)\"", origin, path: "apiVersion")
        }
        guard claim(origin, "\(apiVersion) \(origin.kind)", "\(Self.namespace(origin.root))/\(name)") else { return }
        objects.append((ParamKind(apiVersion: apiVersion, kind: origin.kind), origin.root))
    }

    /// Reads a document of this project's own kinds; those that are for others are passed over.
    private mutating func readOwn(_ origin: Origin, _ apiVersion: String, _ name: String) {
        if isContext { return }
        guard apiVersion == Self.ownVersion, Self.ownKinds.contains(origin.kind) else {
            return add("no matches for kind \"\(origin.kind)\" in version \"\(apiVersion)\"", origin, path: "kind")
        }
        if origin.kind == "Server", keepsConfigurations { servers.append(origin) }
        guard origin.kind == "Hook" else { return }
        let errors = FieldErrors()
        let hook = HookDocument(Field(root: origin.root), folder: Self.folder(of: origin.file), errors)
        if accept(origin, name, errors) { rules.hooks.append(hook) }
    }

    private static func folder(of file: String) -> String {
        guard let slash = file.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
        return slash == file.startIndex ? "/" : String(file[..<slash])
    }

    private static func namespace(_ root: JSONNode) -> String { root["metadata"]?["namespace"]?.string ?? "" }

    /// Reads a rule; false where there is no such kind.
    private mutating func readRule(_ origin: Origin, _ name: String) -> Bool {
        let errors = FieldErrors()
        let root = Field(root: origin.root)
        switch origin.kind {
        case "ValidatingAdmissionPolicy":
            let policy = ValidatingPolicy(root, errors)
            if accept(origin, name, errors) { rules.policies.append(policy) }
        case "ValidatingAdmissionPolicyBinding":
            let binding = PolicyBinding(root, errors)
            if accept(origin, name, errors) { rules.bindings.append(binding) }
        case "MutatingAdmissionPolicy":
            let policy = MutatingPolicy(root, errors)
            if accept(origin, name, errors) { rules.mutatingPolicies.append(policy) }
        case "MutatingAdmissionPolicyBinding":
            let binding = PolicyBinding(root, errors, mutates: true)
            if accept(origin, name, errors) { rules.mutatingBindings.append(binding) }
        case "ValidatingWebhookConfiguration", "MutatingWebhookConfiguration":
            if keepsConfigurations {
                configurations.append(origin)
            } else {
                add("webhook configurations are not rules; this document is not used", origin, severity: .warning)
            }
        default: return false
        }
        return true
    }

    /// Whether a rule may be used: nothing is wrong with it, and there is no other of its kind and name.
    private mutating func accept(_ origin: Origin, _ name: String, _ errors: FieldErrors) -> Bool {
        for entry in errors.entries { add(entry.message, origin, at: entry.node, path: entry.path) }
        for entry in errors.warnings {
            add(entry.message, origin, at: entry.node, path: entry.path, severity: .warning)
        }
        return errors.isEmpty && claim(origin, origin.kind, name)
    }

    private mutating func claim(_ origin: Origin, _ kind: String, _ name: String) -> Bool {
        let key = "\(kind) \(name)"
        if let earlier = origins[key] {
            let position = earlier.document.position(of: earlier.root)
            add(
                "duplicate: \(origin.title) is already defined at \(earlier.file):\(position.line)", origin,
                path: "metadata.name")
            return false
        }
        origins[key] = origin
        return true
    }

    private mutating func add(
        _ message: String, _ origin: Origin, at node: JSONNode? = nil, path: String = "",
        severity: RuleProblem.Severity = .error
    ) {
        problems.append(
            origin.problem(message, at: node ?? Self.node(path, in: origin.root), path: path, severity: severity))
    }

    /// What to point at for a field of names and dots: the value, or what of the way to it is there.
    private static func node(_ path: String, in root: JSONNode) -> JSONNode {
        var node = root
        for name in path.split(separator: ".") {
            guard let next = node[String(name)] else { return node }
            node = next
        }
        return node
    }
}

// MARK: what was there before

extension RuleLoader {
    /// The files of the rules, by kind and name.
    var sources: [String: String] { keptSources.merging(origins.mapValues(\.file)) { $1 } }

    /// Takes from an earlier set the rules of those files in which something is wrong now, unless they are there.
    mutating func keep(_ previous: PolicySet) {
        let broken = Set(problems.lazy.filter { $0.severity == .error }.map(\.file))
        guard !broken.isEmpty else { return }
        let old = previous.documents
        rules.policies += old.policies.filter { keeps("ValidatingAdmissionPolicy", $0.name, previous, broken) }
        rules.bindings += old.bindings.filter { keeps("ValidatingAdmissionPolicyBinding", $0.name, previous, broken) }
        rules.mutatingPolicies += old.mutatingPolicies
            .filter { keeps("MutatingAdmissionPolicy", $0.name, previous, broken) }
        rules.mutatingBindings += old.mutatingBindings
            .filter { keeps("MutatingAdmissionPolicyBinding", $0.name, previous, broken) }
        rules.hooks += old.hooks.filter { keeps("Hook", $0.name, previous, broken) }
    }

    private mutating func keeps(_ kind: String, _ name: String, _ previous: PolicySet, _ broken: Set<String>) -> Bool {
        let key = "\(kind) \(name)"
        guard origins[key] == nil, let file = previous.sources[key], broken.contains(file) else { return false }
        keptSources[key] = file
        return true
    }
}

// MARK: what refers to what

extension RuleLoader {
    /// Tells of policies that nothing binds, and of bindings whose policies are not there.
    mutating func checkReferences() {
        checkBindings(
            "ValidatingAdmissionPolicy", rules.policies.map { ($0.name, $0.paramKind != nil) }, rules.bindings)
        checkBindings(
            "MutatingAdmissionPolicy", rules.mutatingPolicies.map { ($0.name, $0.paramKind != nil) },
            rules.mutatingBindings)
    }

    private mutating func checkBindings(
        _ kind: String, _ policies: [(name: String, hasParams: Bool)], _ bindings: [PolicyBinding]
    ) {
        let bound = Set(bindings.map(\.policyName))
        for policy in policies where !bound.contains(policy.name) {
            warn("\(kind) \(policy.name)", "no binding refers to this policy: it is inactive", "metadata.name")
        }
        let known = Dictionary(policies.map { ($0.name, $0.hasParams) }) { first, _ in first }
        for binding in bindings {
            let title = "\(kind)Binding \(binding.name)"
            guard let hasParams = known[binding.policyName] else {
                warn(title, "there is no \(kind) \"\(binding.policyName)\"", "spec.policyName")
                continue
            }
            if binding.reference != nil, !hasParams {
                warn(title, "the policy has no paramKind: paramRef has no effect", "spec.paramRef")
            } else if binding.reference == nil, hasParams {
                warn(title, "the policy has a paramKind but paramRef is missing: params is null", "spec")
            }
        }
    }

    /// The document of a rule, by its kind and name; nil for one that was kept from an earlier set.
    func document(_ key: String) -> PlacedDocument? { origins[key] }

    /// A rule as it was read, to look at it again; nil for one that was kept from an earlier set.
    func place(_ key: String) -> (file: String, root: JSONNode, line: (JSONNode) -> Int)? {
        origins[key].map { origin in (origin.file, origin.root, { origin.document.position(of: $0).line }) }
    }

    /// Adds the warnings that somebody has of a rule, unless it was kept from an earlier set.
    mutating func inspect(_ key: String, _ look: (JSONNode) -> FieldErrors) {
        guard let origin = origins[key] else { return }
        for entry in look(origin.root).warnings {
            add(entry.message, origin, at: entry.node, path: entry.path, severity: .warning)
        }
    }

    private mutating func warn(_ key: String, _ message: String, _ path: String) {
        guard let origin = origins[key] else { return }
        add(message, origin, path: path, severity: .warning)
    }
}
