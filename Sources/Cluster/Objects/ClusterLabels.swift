/// The labels of everything that Portcullis makes in a cluster.
public enum ClusterLabels {
    /// Whose it is: `portcullis`.
    public static let name = "app.kubernetes.io/name"
    /// What made it.
    public static let managedBy = "app.kubernetes.io/managed-by"
    /// The registration that a webhook configuration belongs to.
    public static let registration = "portcullis.dev/registration"
    /// What the first two say.
    public static let portcullis = "portcullis"
}
