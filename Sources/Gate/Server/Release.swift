/// What is being run.
public enum Release {
    /// The version, as `portcullis version` prints it.
    public static let version = "0.1.0"
}
