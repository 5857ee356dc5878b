import Cluster
import JSON

/// `portcullis backup`: keeps the registration and the rules of now in a ConfigMap.
enum BackupCommand: Command {
    static let name = "backup"
    static let summary = "keep a cluster's registrations and rules, to be restored"
    static let help = """
        usage: portcullis backup --name NAME [OPTION…]

        Keeps every ValidatingWebhookConfiguration and MutatingWebhookConfiguration with the label
        \(ClusterLabels.registration), and the ConfigMap of the rules, in the ConfigMap NAME, in the place of what that kept
        before. What does not fit into a ConfigMap (1 MiB) is an error before anything is written.

          --name NAME             the ConfigMap that keeps the backup
          --namespace NAMESPACE   where it is, and the rules (default portcullis-system)
          --rules-configmap NAME  the ConfigMap of the rules (default portcullis-rules); there may be none
          --registrations-only    leave the rules out
          --registration NAME     only webhook configurations of this registration
          --remove                delete the backup, which is not needed any more; it is fine if there is none
          --dry-run               ask the API server whether it would do it, and do nothing
          -o, --output text|json
        \(ClusterFlags.help)

        Exit status: 0 it is kept, 2 wrong use, or it could not be kept.

        """

    static func run(_ words: [String]) throws(UsageError) -> ExitStatus {
        let arguments = try Arguments(
            words, flags: BackupFlags.flags.union(["--remove"]), values: BackupFlags.values.union(ClusterFlags.values),
            short: ["-o": "--output"])
        let flags = try BackupFlags(arguments)
        do throws(ClusterError) {
            let client = try ClusterFlags(arguments).client(for: name)
            let report = try arguments.has("--remove") ? remove(flags, client) : keep(flags, client)
            report.print(isJSON: flags.isJSON)
            return .fine
        } catch {
            Console.error("portcullis backup: \(error)\n")
            return .cannotRun
        }
    }

    private static func keep(_ flags: BackupFlags, _ client: ClusterClient) throws(ClusterError) -> BackupReport {
        var content = BackupContent()
        if let rules = flags.rules, let found = try client.find(rules) { try content.add(found) }
        for object in try flags.registrations(client) { try content.add(object) }
        let text = try content.text(for: flags.backup)
        try checkOwner(of: flags.backup, client)
        let body = DataObject.json(flags.backup, BackupContent.entry, text)
        _ = try client.apply(flags.backup, body, force: true, dryRun: flags.isDryRun)
        var report = BackupReport(isDryRun: flags.isDryRun)
        for item in content.items { report.note("kept", item.reference) }
        report.note("wrote", flags.backup)
        return report
    }

    private static func remove(_ flags: BackupFlags, _ client: ClusterClient) throws(ClusterError) -> BackupReport {
        var report = BackupReport(isDryRun: flags.isDryRun)
        let present = try checkOwner(of: flags.backup, client)
        if let present {
            let uid = present.withRoot { $0["metadata"]?["uid"]?.string }
            try client.delete(flags.backup, uid: uid, dryRun: flags.isDryRun)
        }
        report.note(present == nil ? "missing" : "deleted", flags.backup)
        return report
    }

    /// The backup that there is; a ConfigMap that somebody else made is neither written over nor deleted.
    @discardableResult
    private static func checkOwner(
        of backup: ObjectReference, _ client: ClusterClient
    ) throws(ClusterError) -> JSONDocument? {
        guard let present = try client.find(backup) else { return nil }
        let isOwn = present.withRoot { root in
            root["metadata"]?["labels"]?[ClusterLabels.name]?.string == ClusterLabels.portcullis
                && root["data"]?[BackupContent.entry] != nil
        }
        guard isOwn else {
            throw ClusterError(.alreadyExists, "\(backup) exists and is no backup: give another --name")
        }
        return present
    }
}
