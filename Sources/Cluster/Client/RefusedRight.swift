internal import HTTP

/// A request that nobody has allowed: who asked, for what, and the rule of RBAC that would allow it.
struct RefusedRight {
    private let status: APIStatus
    private let call: ClusterCall
    private let access: ClusterAccess

    init(_ status: APIStatus, _ call: ClusterCall, _ access: ClusterAccess) {
        self.status = status
        self.call = call
        self.access = access
    }

    var error: ClusterError {
        // Admission, quotas and namespaces that are going away answer 403 too, and no rule would help against them.
        guard let verb else {
            return ClusterError(
                .forbidden, "the API server \(access.server.authority) refuses \(call.subject): \(status.message)")
        }
        if user == "system:anonymous" {
            return ClusterError(
                .unauthorized,
                "the API server \(access.server.authority) was shown no credentials: \(access.source) has none")
        }
        let who = user.map { "\"\($0)\"" } ?? "whoever \(access.source) stands for"
        let place = call.namespace.map { "a Role in the namespace \($0)" } ?? "a ClusterRole"
        return ClusterError(
            .forbidden,
            "\(who) may not \(verb) \(call.subject); add this rule to \(place) that is bound to it:\n\(rule(verb))")
    }

    /// What RBAC calls it. An apply that would create an object is refused without a word if `create` is what is missing.
    private var verb: String? {
        if let found = Self.word(after: " cannot ", in: status.message) { return found }
        return call.verb == "patch" && status.message.hasSuffix("is forbidden: ") ? "create" : nil
    }

    private var user: String? {
        guard let range = Self.range(of: "User \"", in: status.message) else { return nil }
        return status.message[range.upperBound...].split(separator: "\"", maxSplits: 1).first.map(String.init)
    }

    /// The rule as it stands in a Role; `create` cannot be allowed by name, and lists are not.
    private func rule(_ verb: String) -> String {
        var lines = ["- apiGroups: [\"\(call.resource.group)\"]", "  resources: [\(call.resource.plural)]"]
        if let name = call.name, verb != "create" { lines.append("  resourceNames: [\(name)]") }
        lines.append("  verbs: [\(verb)]")
        return lines.joined(separator: "\n")
    }

    private static func word(after mark: String, in text: String) -> String? {
        guard let range = range(of: mark, in: text) else { return nil }
        let rest = text[range.upperBound...]
        guard let word = rest.split(separator: " ").first, rest.dropFirst(word.count).hasPrefix(" resource ") else {
            return nil
        }
        return String(word)
    }

    private static func range(of mark: String, in text: String) -> Range<String.Index>? {
        var start = text.startIndex
        while start < text.endIndex {
            if text[start...].hasPrefix(mark) { return start..<text.index(start, offsetBy: mark.count) }
            start = text.index(after: start)
        }
        return nil
    }
}
