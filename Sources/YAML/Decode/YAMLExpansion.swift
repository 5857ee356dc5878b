/// What following aliases has added to a document, and whether that is still within bounds.
///
/// Beside the limits this keeps the rule of Kubernetes' library, so that it refuses what that refuses: once a document
/// is not tiny, at most 99 in 100 of its values may come from aliases, and fewer the larger it grows.
struct YAMLExpansion {
    private var visited = 1
    private var expanded = 0
    private var bytes = 0
    private var depth = 0
    private let limits: YAMLLimits
    private let keepsRatio: Bool

    init(_ options: YAMLOptions) {
        limits = options.limits
        keepsRatio = options.schema == .kubernetes
    }

    /// An alias is being followed.
    mutating func enter() { depth += 1 }

    /// What the alias stands for is done.
    mutating func leave() { depth -= 1 }

    var isActive: Bool { depth > 0 }

    /// Counts one node with that much text; false when there have been too many.
    mutating func admits(bytes count: Int) -> Bool {
        visited += 1
        guard depth > 0 else { return true }
        expanded += 1
        bytes += count
        if expanded > limits.aliasNodesMax || bytes > limits.aliasBytesMax { return false }
        guard keepsRatio, expanded > 100, visited > 1000 else { return true }
        return Double(expanded) <= Double(visited) * Self.ratioMax(visited)
    }

    /// 99 % up to 400,000 values, 10 % from 4,000,000 on, and a straight line between.
    private static func ratioMax(_ visited: Int) -> Double {
        let low = 400_000.0
        let high = 4_000_000.0
        if Double(visited) <= low { return 0.99 }
        if Double(visited) >= high { return 0.10 }
        return 0.99 - 0.89 * (Double(visited) - low) / (high - low)
    }
}
