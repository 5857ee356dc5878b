/// A request as the API server received it.
public struct RecordedRequest: Sendable {
    /// GET, POST, PUT, PATCH or DELETE.
    public let method: String
    /// The path, without the query, percent-encoding undone.
    public let path: String
    /// The query's pairs.
    public let query: [String: String]
    /// The fields, by their names in small letters.
    public let fields: [String: String]
    /// The body as it came.
    public let body: [UInt8]
    /// Whose credentials were shown; nil where they are nobody's.
    public let user: String?

    /// The body as JSON; `null` where there is none.
    public var json: Value { Value(body) ?? .null }

    /// What a test compares: `PATCH /api/v1/namespaces/a/secrets/b?dryRun=All&fieldManager=portcullis`
    public var line: String {
        let pairs = query.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: "&")
        return "\(method) \(path)\(pairs.isEmpty ? "" : "?" + pairs)"
    }

    var mediaType: String {
        (fields["content-type"] ?? "").split(separator: ";").first.map { String($0.filter { $0 != " " }) } ?? ""
    }

    /// Who the fields belong to: the API server takes the client's name where nothing is said.
    var manager: String {
        query["fieldManager"] ?? fields["user-agent"]?.split(separator: "/").first.map(String.init) ?? "unknown"
    }
}
