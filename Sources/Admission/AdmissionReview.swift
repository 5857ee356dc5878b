public import JSON

/// The versions of the AdmissionReview API; an answer has the version of its question.
public enum ReviewVersion: UInt8, BitwiseCopyable, Sendable {
    /// `admission.k8s.io/v1`.
    case v1
    /// `admission.k8s.io/v1beta1`.
    case v1beta1

    /// The version as `apiVersion` says it.
    public var apiVersion: StaticString {
        switch self {
        case .v1: "admission.k8s.io/v1"
        case .v1beta1: "admission.k8s.io/v1beta1"
        }
    }
}

/// What is done to the object.
public enum ReviewOperation: UInt8, BitwiseCopyable, Sendable, CaseIterable {
    /// The object is made.
    case create
    /// The object is changed.
    case update
    /// The object is deleted.
    case delete
    /// A connection to the object is opened: exec, attach, port-forward, proxy.
    case connect

    /// The operation as `request.operation` says it.
    public var name: StaticString {
        switch self {
        case .create: "CREATE"
        case .update: "UPDATE"
        case .delete: "DELETE"
        case .connect: "CONNECT"
        }
    }
}

/// A string of a review, which may be absent: that reads as the empty string, as in the API's Go types.
public struct ReviewText: BitwiseCopyable, Sendable {
    /// The string node, if there is one.
    public let node: JSONNode?

    @inline(__always) init(_ node: JSONNode?) { self.node = node }

    /// Whether there are no characters.
    @inline(__always) public var isEmpty: Bool { node.map { $0.utf8Count == 0 } ?? true }

    /// Whether these are exactly the bytes of a text.
    @inline(__always) public func equals(_ text: StaticString) -> Bool {
        node.map { $0.equals(text) } ?? (text.utf8CodeUnitCount == 0)
    }

    /// Gives the UTF-8 to `body`; without a copy unless the string has escapes.
    @inline(__always) public func withUTF8<R, E: Error>(_ body: (Span<UInt8>) throws(E) -> R) throws(E) -> R {
        guard let node else { return try body(Span()) }
        return try node.withUTF8(body)
    }

    /// The text as a string.
    public var string: String { node?.string ?? "" }
}

/// A group, a version and a kind.
public struct ReviewKind: BitwiseCopyable, Sendable {
    /// The API group; empty for the core group.
    public let group: ReviewText
    /// The version.
    public let version: ReviewText
    /// The kind.
    public let kind: ReviewText
}

/// A group, a version and a resource.
public struct ReviewResource: BitwiseCopyable, Sendable {
    /// The API group; empty for the core group.
    public let group: ReviewText
    /// The version.
    public let version: ReviewText
    /// The resource: a plural in small letters.
    public let resource: ReviewText
}

/// Who asks.
public struct ReviewUser: BitwiseCopyable, Sendable {
    /// The name.
    public let username: ReviewText
    /// An identifier that outlives renamings.
    public let uid: ReviewText
    /// An array of strings, if the user is in any groups.
    public let groups: JSONNode?
    /// An object whose values are arrays of strings, if there is more to know.
    public let extra: JSONNode?
}

/// One AdmissionReview's question: places in a parsed document, valid as long as that document is.
public struct AdmissionReview: BitwiseCopyable, Sendable {
    /// The version that the question has and the answer must have.
    public let version: ReviewVersion
    /// The whole `request`, for what CEL and executors are given.
    public let request: JSONNode
    /// What the answer repeats; never empty.
    public let uid: ReviewText
    /// The kind of the object as the webhook's rules name it.
    public let kind: ReviewKind
    /// The resource as the webhook's rules name it.
    public let resource: ReviewResource
    /// The subresource, empty for none.
    public let subResource: ReviewText
    /// The kind that the client asked for; `kind` when the API server did not say.
    public let requestKind: ReviewKind
    /// The resource that the client asked for; `resource` when the API server did not say.
    public let requestResource: ReviewResource
    /// The subresource that the client asked for.
    public let requestSubResource: ReviewText
    /// The object's name; empty on CREATE when the API server is to make one.
    public let name: ReviewText
    /// The object's namespace; empty for what has none.
    public let namespace: ReviewText
    /// What is done to the object.
    public let operation: ReviewOperation
    /// Who asks.
    public let userInfo: ReviewUser
    /// The new object, or the options of a connection; nil on DELETE.
    public internal(set) var object: JSONNode?
    /// The object as it was; nil on CREATE and CONNECT.
    public let oldObject: JSONNode?
    /// Whether nothing will be stored.
    public let isDryRun: Bool
    /// The options of the operation, such as CreateOptions.
    public let options: JSONNode?

    /// The same review of another object, which must outlive it: what earlier hooks made of the object.
    public func of(object: JSONNode) -> AdmissionReview {
        var review = self
        review.object = object
        return review
    }
}
