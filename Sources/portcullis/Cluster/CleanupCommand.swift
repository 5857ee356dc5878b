import Cluster
import JSON

/// `portcullis cleanup`: takes away what other commands have made in a cluster.
enum CleanupCommand: Command {
    static let name = "cleanup"
    static let summary = "take away Secrets and ConfigMaps that portcullis made in a cluster"
    static let help = """
        usage: portcullis cleanup [--secret NAME…] [--configmap NAME…] [--namespace NAMESPACE] [--apply | --dry-run]

        Prints which of these objects are there and were made by portcullis (certs ensure, backup); with --apply it deletes
        them. One that somebody else has made (without the label \(ClusterLabels.managedBy)=portcullis) is an error, and then
        nothing is deleted. One that is not there is fine.

          --secret NAME         a Secret, such as that of the certificates; may be repeated
          --configmap NAME      a ConfigMap, such as a backup; may be repeated
          --namespace NAMESPACE where they are (default portcullis-system)
          --apply               delete them
          --dry-run             have the API server check that, and delete nothing
        \(ClusterFlags.help)

        Exit status: 0 fine, 2 wrong use or cannot run.

        """

    static func run(_ words: [String]) throws(UsageError) -> ExitStatus {
        let arguments = try Arguments(
            words, flags: ["--apply", "--dry-run"],
            values: ClusterFlags.values.union(["--secret", "--configmap", "--namespace"]))
        if let extra = arguments.operands.first { throw UsageError(message: "what is '\(extra)'?") }
        let objects = try objects(arguments)
        do throws(ClusterError) {
            let client = try ClusterFlags(arguments).client(for: name)
            let present = try own(objects, client)
            if present.isEmpty { Console.print("nothing of it is there\n") }
            for object in present {
                try take(object, client, applies: arguments.has("--apply"), isDryRun: arguments.has("--dry-run"))
            }
            return .fine
        } catch {
            Console.error("portcullis cleanup: \(error)\n")
            return .cannotRun
        }
    }

    private static func objects(_ arguments: Arguments) throws(UsageError) -> [ObjectReference] {
        let namespace = arguments.value("--namespace") ?? "portcullis-system"
        var objects: [ObjectReference] = []
        for (flag, resource) in [("--secret", ClusterResource.secrets), ("--configmap", .configMaps)] {
            for name in arguments.all(flag) {
                guard NamespacedName.isName(name) else { throw UsageError(message: "\(flag): '\(name)' is no name") }
                objects.append(ObjectReference(resource, name, in: namespace))
            }
        }
        guard NamespacedName.isName(namespace) else {
            throw UsageError(message: "--namespace: '\(namespace)' is no name")
        }
        guard !objects.isEmpty else { throw UsageError(message: "say what: --secret or --configmap") }
        return objects
    }

    private struct Present {
        let reference: ObjectReference
        let uid: String?
    }

    /// Those that are there; all of them must be our own.
    private static func own(_ objects: [ObjectReference], _ client: ClusterClient) throws(ClusterError) -> [Present] {
        var present: [Present] = []
        for reference in objects {
            guard let found = try client.find(reference) else { continue }
            let (manager, uid) = found.withRoot { root in
                (
                    root["metadata"]?["labels"]?[ClusterLabels.managedBy]?.string,
                    root["metadata"]?["uid"]?.string
                )
            }
            guard manager == ClusterLabels.portcullis else {
                throw ClusterError(
                    .alreadyExists, "\(reference) was not made by portcullis and stays; nothing was deleted")
            }
            present.append(Present(reference: reference, uid: uid))
        }
        return present
    }

    private static func take(
        _ object: Present, _ client: ClusterClient, applies: Bool, isDryRun: Bool
    ) throws(ClusterError) {
        guard applies || isDryRun else {
            return Console.print("\(object.reference): would be deleted; --apply deletes it\n")
        }
        try client.delete(object.reference, uid: object.uid, dryRun: isDryRun)
        Console.print("\(object.reference): deleted\(isDryRun ? " (dry run)" : "")\n")
    }
}
