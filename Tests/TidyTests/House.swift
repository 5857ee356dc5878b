/// The house as the design draws it: which part may stand on which, from the bottom up.
enum House {
    /// An arrow points from a part to one of a lower floor; parts of the same floor do not know each other unless
    /// `neighbours` says so.
    static let floors: [[String]] = [
        ["COpenSSL", "CSystem"],
        ["JSON"],
        ["YAML", "LinearRegex", "Canary"],
        ["Reactor", "CEL"],
        ["TLS", "CELKubernetes"],
        ["HTTP"],
        ["Telemetry", "Cluster"],
        ["Admission"],
        ["Policies", "Load"],
        ["Hooks", "Registration"],
        ["Gate"],
        ["portcullis"],
    ]

    /// Parts that must know nothing of sockets, clocks or Kubernetes may stand on these alone.
    static let confined: [String: Set<String>] = [
        "JSON": [], "LinearRegex": [], "YAML": ["JSON"], "CEL": ["JSON", "LinearRegex"],
        "CELKubernetes": ["JSON", "LinearRegex", "CEL"],
    ]

    /// Programs that measure and prove stand beside the house and may look at all of it.
    static let outside: Set<String> = ["benchmark"]

    static func floor(of part: String) -> Int? { floors.firstIndex { $0.contains(part) } }

    /// What is wrong with `part` importing `other`; nil when nothing is.
    static func complaint(_ part: String, imports other: String) -> String? {
        guard let lower = floor(of: other), !outside.contains(part) else { return nil }
        guard let upper = floor(of: part) else { return "\(part) has no place in the house" }
        if lower >= upper { return "\(part) may not stand on \(other)" }
        if let allowed = confined[part], !allowed.contains(other) { return "\(part) may not know \(other)" }
        return nil
    }
}
