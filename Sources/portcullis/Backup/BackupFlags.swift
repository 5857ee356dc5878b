import Cluster
import JSON

/// What `backup` and `restore` are told alike.
struct BackupFlags {
    static let values: Set<String> = ["--name", "--namespace", "--rules-configmap", "--registration", "--output"]
    static let flags: Set<String> = ["--registrations-only", "--dry-run"]

    /// The ConfigMap that holds the backup.
    let backup: ObjectReference
    /// The ConfigMap that holds the rules; nil where it is to be left alone.
    let rules: ObjectReference?
    /// The one registration that is meant; nil where all are.
    private let registration: String?
    let isDryRun: Bool
    let isJSON: Bool

    init(_ arguments: Arguments) throws(UsageError) {
        guard arguments.operands.isEmpty else {
            throw UsageError(message: "it takes no operands, but '\(arguments.operands[0])' is one")
        }
        guard let name = arguments.value("--name") else { throw UsageError(message: "--name is needed") }
        let namespace = arguments.value("--namespace") ?? "portcullis-system"
        let rules = arguments.value("--rules-configmap") ?? "portcullis-rules"
        registration = arguments.value("--registration")
        let names = [
            ("--name", name), ("--namespace", namespace), ("--rules-configmap", rules),
            ("--registration", registration ?? "all"),
        ]
        for (flag, text) in names
        where !NamespacedName.isName(text) {
            throw UsageError(message: "\(flag) must be a name in a cluster, not '\(text)'")
        }
        guard name != rules else { throw UsageError(message: "--name must not be that of the rules") }
        if arguments.has("--registrations-only"), arguments.value("--rules-configmap") != nil {
            throw UsageError(message: "--registrations-only and --rules-configmap contradict each other")
        }
        backup = ObjectReference(.configMaps, name, in: namespace)
        self.rules = arguments.has("--registrations-only") ? nil : ObjectReference(.configMaps, rules, in: namespace)
        isDryRun = arguments.has("--dry-run")
        isJSON = try arguments.choice("--output", [("text", false), ("json", true)]) ?? false
    }

    /// Every registration that is meant, by its label.
    func registrations(_ client: ClusterClient) throws(ClusterError) -> [JSONDocument] {
        let selector = ClusterLabels.registration + (registration.map { "=\($0)" } ?? "")
        return try client.list(.validatingWebhookConfigurations, labels: selector)
            + client.list(.mutatingWebhookConfigurations, labels: selector)
    }

    /// Whether a kept object is one of those that are meant.
    func includes(_ item: BackupContent.Item) -> Bool {
        if item.reference.resource == .configMaps { return item.reference == rules }
        let label = item.document.withRoot { $0["metadata"]?["labels"]?[ClusterLabels.registration]?.string }
        return registration == nil || label == registration
    }
}
