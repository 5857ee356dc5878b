internal import HTTP
internal import JSON

/// What an API server says instead of what it was asked for: a `Status` object, or something that is none.
struct APIStatus {
    let code: Int
    let reason: String
    let message: String
    /// What the details are about; empty where they do not say.
    let kind: String
    let name: String
    let retryAfterSeconds: Int?
    /// Whether it was a `Status` object at all.
    let isStatus: Bool

    init(_ response: HTTPResponse) {
        code = response.head.statusCode
        let document = try? JSONDocument(parsing: Array(response.body), options: .go())
        let root = document?.root
        defer { withExtendedLifetime(document) {} }
        isStatus = root?["kind"]?.string == "Status"
        reason = root?["reason"]?.string ?? ""
        let details = root?["details"]
        kind = details?["kind"]?.string ?? ""
        name = details?["name"]?.string ?? ""
        let inBody = details?["retryAfterSeconds"]?.int.map { Int($0) }
        retryAfterSeconds = response.head.retryAfterSeconds(in: response.bytes.span) ?? inBody
        // What is no Status comes from something before the API server; a line of it says what.
        let plain = String(decoding: response.body.prefix(200), as: UTF8.self).split(whereSeparator: \.isNewline).first
        message = root?["message"]?.string ?? plain.map(String.init) ?? ""
    }

    /// Whether it is worth another attempt: nothing was done, and the server says so.
    var isRetried: Bool { code == 429 || code == 503 || code >= 500 && retryAfterSeconds != nil }

    /// Whether the object that was asked for is what is missing, and not its kind or its namespace.
    func isAbout(_ call: ClusterCall) -> Bool { isStatus && code == 404 && !name.isEmpty && name == call.name }
}

extension APIStatus {
    /// The error, in words for whoever has to do something about it.
    func error(_ call: ClusterCall, _ access: ClusterAccess) -> ClusterError {
        let server = access.server.authority
        switch code {
        case 401:
            return ClusterError(
                .unauthorized,
                "the API server \(server) does not accept the credentials of \(access.source): they are wrong, or have "
                    + "expired; get new ones")
        case 403: return RefusedRight(self, call, access).error
        case 404: return notFound(call, server)
        case 409 where reason == "AlreadyExists": return ClusterError(.alreadyExists, "\(call.subject) exists already")
        case 409: return ClusterError(.conflict, "\(call.subject): \(message)")
        case 410: return ClusterError(.expired, "\(call.subject): \(message)")
        case 429, 503:
            return ClusterError(
                .overloaded, "the API server \(server) has too much to do (\(code)): \(message); try again later")
        case 504: return ClusterError(.timedOut, "the API server \(server) had no answer in time: \(message)")
        // What an apply has that its kind has not is an error of the API server's by its own account.
        case 500 where message.hasPrefix("failed to create typed patch object"):
            return ClusterError(.invalid, "the API server \(server) refuses \(call.subject): \(message)")
        case 500...: return ClusterError(.failed, "the API server \(server) failed (\(code)): \(message)")
        case 400..<500 where isStatus:
            return ClusterError(.invalid, "the API server \(server) refuses \(call.subject): \(message)")
        default:
            return ClusterError(
                .malformed,
                "\(server) answered with status \(code) as no API server does: is the address right? \(message)")
        }
    }

    private func notFound(_ call: ClusterCall, _ server: String) -> ClusterError {
        if isAbout(call) { return ClusterError(.notFound, "there is no \(call.subject)") }
        if isStatus, kind == "namespaces", !name.isEmpty {
            return ClusterError(
                .notFound, "there is no namespace \(name): create it first (kubectl create namespace \(name))")
        }
        return ClusterError(
            .unknownKind,
            "\(server) knows no \(call.resource.plural) of \(call.resource.apiVersion): is it the API server of a cluster, of "
                + "Kubernetes 1.28 or later?")
    }
}
