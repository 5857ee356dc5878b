import Cluster
import JSON
import Reactor
import TLS

/// `portcullis restore`: puts back what `backup` has kept.
enum RestoreCommand: Command {
    static let name = "restore"
    static let summary = "put back the registrations and rules that backup has kept"
    static let help = """
        usage: portcullis restore --name NAME [OPTION…]

        Applies the objects that 'backup' has kept in the ConfigMap NAME, the rules first; what is as it was is not touched.

          --name NAME                  the ConfigMap that keeps the backup
          --namespace NAMESPACE        where it is, and the rules (default portcullis-system)
          --ca-secret NAMESPACE/NAME   registrations trust ca.crt of this Secret, not the authorities that they trusted
                                       when they were kept, which may have been replaced meanwhile
          --ca-file FILE               likewise the authorities (PEM) of this file
          --prune                      delete registrations (label \(ClusterLabels.registration)) that were not kept
          --delete                     delete the backup when all is restored
          --keep                       leave it, as is done without --delete
          --rules-configmap NAME       the ConfigMap of the rules (default portcullis-rules)
          --registrations-only         leave the rules as they are
          --registration NAME          only webhook configurations of this registration
          --if-present                 it is fine if there is no such backup
          --dry-run                    ask the API server whether it would do it, and do nothing
          -o, --output text|json
        \(ClusterFlags.help)

        Exit status: 0 all is as it was, 2 wrong use, or it could not be restored; then run it again.

        """

    static func run(_ words: [String]) throws(UsageError) -> ExitStatus {
        let arguments = try Arguments(
            words, flags: BackupFlags.flags.union(["--prune", "--delete", "--keep", "--if-present"]),
            values: BackupFlags.values.union(ClusterFlags.values).union(["--ca-secret", "--ca-file"]),
            short: ["-o": "--output"])
        let restoration = try Restoration(arguments)
        do throws(ClusterError) {
            let client = try ClusterFlags(arguments).client(for: name)
            try restoration.run(client).print(isJSON: restoration.flags.isJSON)
            return .fine
        } catch {
            Console.error("portcullis restore: \(error)\n")
            return .cannotRun
        }
    }
}

/// One restoration as the command line describes it.
private struct Restoration {
    let flags: BackupFlags
    private let secret: NamespacedName?
    private let file: String?
    private let prunes: Bool
    private let deletes: Bool
    private let mayBeMissing: Bool

    init(_ arguments: Arguments) throws(UsageError) {
        flags = try BackupFlags(arguments)
        secret = try NamespacedName.read("--ca-secret", arguments)
        file = arguments.value("--ca-file")
        prunes = arguments.has("--prune")
        deletes = arguments.has("--delete")
        mayBeMissing = arguments.has("--if-present")
        guard secret == nil || file == nil else {
            throw UsageError(message: "--ca-secret and --ca-file contradict each other")
        }
        guard !deletes || !arguments.has("--keep") else {
            throw UsageError(message: "--keep and --delete contradict each other")
        }
    }

    func run(_ client: ClusterClient) throws(ClusterError) -> BackupReport {
        var report = BackupReport(isDryRun: flags.isDryRun)
        guard let backup = try client.find(flags.backup) else {
            guard mayBeMissing else {
                throw ClusterError(.notFound, "there is no backup \(flags.backup): see portcullis backup")
            }
            report.note("missing", flags.backup)
            return report
        }
        var content = try BackupContent(reading: backup, flags.backup)
        if let authorities = try authorities(client) { content = try content.trusting(authorities) }
        for item in content.items where flags.includes(item) {
            report.note(try restore(item, client), item.reference)
        }
        for stranger in try strangers(content, client) {
            if prunes { try delete(stranger, client) }
            report.note(prunes ? "deleted" : "left, though it was not kept,", stranger.reference)
        }
        if deletes {
            try delete(BackupContent.Item(reference: flags.backup, document: backup), client)
            report.note("deleted", flags.backup)
        }
        return report
    }

    private func restore(_ item: BackupContent.Item, _ client: ClusterClient) throws(ClusterError) -> String {
        let present = try client.find(item.reference)
        // An apply would take the fields from their owner even where it changes nothing.
        if let present, try BackupContent.isSame(present, as: item) { return "unchanged" }
        let body = item.document.withRoot { $0.bytes() }
        let result = try client.apply(item.reference, body, force: true, dryRun: flags.isDryRun)
        return try BackupContent.isSame(result, as: item)
            ? "restored" : "restored, except for what another manager has added,"
    }

    /// Registrations that are there and were not kept.
    private func strangers(
        _ content: BackupContent, _ client: ClusterClient
    ) throws(ClusterError) -> [BackupContent.Item] {
        var present = BackupContent()
        var documents: [ObjectReference: JSONDocument] = [:]
        for object in try flags.registrations(client) {
            try present.add(object)
            if let last = present.items.last { documents[last.reference] = object }
        }
        let kept = Set(content.items.map(\.reference))
        return present.items.filter { !kept.contains($0.reference) }.compactMap { item in
            documents[item.reference].map { BackupContent.Item(reference: item.reference, document: $0) }
        }
    }

    /// Deletes the very object that was read.
    private func delete(_ item: BackupContent.Item, _ client: ClusterClient) throws(ClusterError) {
        let uid = item.document.withRoot { $0["metadata"]?["uid"]?.string }
        try client.delete(item.reference, uid: uid, dryRun: flags.isDryRun)
    }

    /// The authorities of now, as a webhook configuration has them; nil where those of the backup are meant.
    private func authorities(_ client: ClusterClient) throws(ClusterError) -> String? {
        let (pem, place) = try authorityText(client)
        guard let pem else { return nil }
        do throws(TLSError) { _ = try CertificateReport.read(pem) } catch {
            throw ClusterError(.configuration, "\(place): \(error)")
        }
        return Base64Text.encode(pem)
    }

    private func authorityText(_ client: ClusterClient) throws(ClusterError) -> (pem: [UInt8]?, place: String) {
        if let file {
            do throws(SystemError) { return (try WholeFile.read(file, bytesMax: 1 << 20), "--ca-file \(file)") } catch {
                throw ClusterError(.configuration, "--ca-file: \(error)")
            }
        }
        guard let secret else { return (nil, "") }
        let object = ObjectReference(.secrets, secret.name, in: secret.namespace)
        let text = try client.get(object).withRoot { $0["data"]?[PlacedCertificates.bundle]?.string }
        guard let text, let pem = Base64Text.decode(Array(text.utf8)) else {
            throw ClusterError(.invalid, "\(object) has no \(PlacedCertificates.bundle)")
        }
        return (pem, "\(PlacedCertificates.bundle) of \(object)")
    }
}
