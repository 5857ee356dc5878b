import Cluster
import JSON

/// What `backup` and `restore` are told alike.
struct BackupFlags {
    static let values: Set<String> = ["--name", "--namespace", "--rules-configmap", "--output"]
    static let flags: Set<String> = ["--without-rules", "--dry-run"]

    /// The ConfigMap that holds the backup.
    let backup: ObjectReference
    /// The ConfigMap that holds the rules; nil where it is to be left alone.
    let rules: ObjectReference?
    let isDryRun: Bool
    let isJSON: Bool

    init(_ arguments: Arguments) throws(UsageError) {
        guard arguments.operands.isEmpty else {
            throw UsageError(message: "it takes no operands, but '\(arguments.operands[0])' is one")
        }
        guard let name = arguments.value("--name") else { throw UsageError(message: "--name is needed") }
        let namespace = arguments.value("--namespace") ?? "portcullis-system"
        let rules = arguments.value("--rules-configmap") ?? "portcullis-rules"
        for (flag, text) in [("--name", name), ("--namespace", namespace), ("--rules-configmap", rules)]
        where !NamespacedName.isName(text) {
            throw UsageError(message: "\(flag) must be a name in a cluster, not '\(text)'")
        }
        guard name != rules else { throw UsageError(message: "--name must not be that of the rules") }
        if arguments.has("--without-rules"), arguments.value("--rules-configmap") != nil {
            throw UsageError(message: "--without-rules and --rules-configmap contradict each other")
        }
        backup = ObjectReference(.configMaps, name, in: namespace)
        self.rules = arguments.has("--without-rules") ? nil : ObjectReference(.configMaps, rules, in: namespace)
        isDryRun = arguments.has("--dry-run")
        isJSON = try arguments.choice("--output", [("text", false), ("json", true)]) ?? false
    }

    /// Every registration that the label names.
    static func registrations(_ client: ClusterClient) throws(ClusterError) -> [JSONDocument] {
        try client.list(.validatingWebhookConfigurations, labels: ClusterLabels.registration)
            + client.list(.mutatingWebhookConfigurations, labels: ClusterLabels.registration)
    }
}
