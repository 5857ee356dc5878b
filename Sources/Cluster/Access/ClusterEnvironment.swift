internal import Glibc

/// What surrounds a process that looks for its cluster.
public struct ClusterEnvironment: Sendable {
    /// The value of an environment variable; nil where it is not set.
    public let variable: @Sendable (String) -> String?
    /// The folder where a pod finds the token of its service account.
    public let serviceAccount: String

    /// An environment of these variables.
    public init(serviceAccount: String, variable: @escaping @Sendable (String) -> String?) {
        self.serviceAccount = serviceAccount
        self.variable = variable
    }

    /// What this process has.
    public static let ofProcess = ClusterEnvironment(serviceAccount: "/var/run/secrets/kubernetes.io/serviceaccount") {
        guard let value = unsafe getenv($0) else { return nil }
        return unsafe String(cString: value)
    }
}
