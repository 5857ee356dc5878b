import Cluster

/// The flags by which every command finds the API server that it talks to.
struct ClusterFlags {
    static let values: Set<String> = ["--kubeconfig", "--kube-context"]
    static let help = """
          --kubeconfig FILE    how to reach the API server, and as whom. Without it and without --kube-context: the service
                               account of the pod that this runs in; else the files that KUBECONFIG names; else
                               ~/.kube/config
          --kube-context NAME  this context of the kubeconfig instead of its current one
        """

    private let kubeconfig: String?
    private let context: String?

    init(_ arguments: Arguments) {
        kubeconfig = arguments.value("--kubeconfig")
        context = arguments.value("--kube-context")
    }

    /// A client of the API server that is meant; what should not go unnoticed about it is said.
    func client(for command: String) throws(ClusterError) -> ClusterClient {
        let access = try ClusterAccess.find(kubeconfig: kubeconfig, context: context)
        if let warning = access.warning { Console.error("portcullis \(command): warning: \(warning)\n") }
        return try ClusterClient(access)
    }
}

/// `NAMESPACE/NAME` on a command line.
struct NamespacedName {
    let namespace: String
    let name: String

    /// The value of a flag; nil where the flag is absent.
    static func read(_ flag: String, _ arguments: Arguments) throws(UsageError) -> NamespacedName? {
        guard let text = arguments.value(flag) else { return nil }
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2, parts.allSatisfy({ isName($0) }) else {
            throw UsageError(message: "\(flag) must be NAMESPACE/NAME, not '\(text)'")
        }
        return NamespacedName(namespace: parts[0], name: parts[1])
    }

    /// RFC 1123: what a name in a cluster can be made of.
    static func isName(_ text: String) -> Bool {
        (1...253).contains(text.utf8.count)
            && text.utf8.allSatisfy {
                (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D || $0 == 0x2E
            }
    }
}
